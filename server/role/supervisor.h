/* The supervisor: reads the configuration, opens the sockets, keeps the processes of the role table running.
 */
#pragma once

#include "server/loop/proc.h"

/* Loads and judges the configuration, the roles' checks included; *ret is the caller's. ERR_INPUT or ERR_IO.
 */
int supervisor_check(
    const char *config_file, const struct proc_role *roles, struct config **ret, struct err *e);

/*
 * Runs until SIGTERM or SIGINT (graceful: what was accepted is finished; a second one or SIGQUIT cuts).
 * SIGHUP: reload. Rows end with .name == NULL; they start in the table's order. Returns the exit code: 0
 * after a stop, 1 when sockets could not be opened, 2 for an unusable configuration.
 */
int supervisor_run(const char *config_file, const struct proc_role *roles);
