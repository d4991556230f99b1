/* The signer role; see signer_protocol.h for what it is asked. */
#pragma once

#include "server/loop/proc.h"

/* Judges what the role needs of the configuration; ERR_INPUT names the key. */
int signer_check(const struct config *c, struct err *e);
