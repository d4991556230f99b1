/*
 * Who holds the lease of a job: a process, named so that another process of the same machine can tell for
 * sure that it is dead. A lease whose holder cannot be judged (another machine) just runs out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define OWNER_NAME_MAX 128

/*
 * "host:boot:space:start:pid" of this process: host name, the kernel's boot id (8 digits), the pid name space
 * and the process's start in clock ticks since boot. A part that /proc does not tell is 0, and then nobody is
 * judged.
 */
void owner_name(char out[OWNER_NAME_MAX]);
/*
 * True only when the owner ran on this machine, since this boot and in this pid name space, and its process
 * is gone or is another one by now. False for anything that is not such a name.
 */
bool owner_is_dead(struct slice owner);
