/* The jobs role: claims, check-ins, coverage checks, reconciliation in the background. */
#pragma once

#include "server/loop/proc.h"

int jobs_check(const struct config *c, struct err *e);
