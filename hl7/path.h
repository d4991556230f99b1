/* Inside hl7/ only: which segment a path means. */
#pragma once

#include "hl7/hl7.h"

/* The first segment that the path means, and where its group stops; false when there is none. */
bool hl7_path_segment(
    const struct hl7_message *m, const struct hl7_path *p, uint32_t *ret, uint32_t *ret_stop);
