/* The jobs role: claims, check-ins, coverage checks, reconciliation in the background. */
#pragma once

#include "server/loop/proc.h"

/* Judges what the role needs of the configuration; ERR_INPUT names the key. */
int jobs_check(const struct config *c, struct err *e);
