/* Inside hl7/ only: the form of primitive data types (v2.5.1 chapter 2.A). */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

/*
 * Whether raw text has the form of NM, SI, DT, TM, DTM (TS before 2.5: its first component) or TS; true for
 * all other types. Blanks around a number are tolerated, as analyzers pad them.
 */
bool hl7_value_fits(const char *type, struct slice raw);
