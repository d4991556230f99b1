/* Inside hl7/ only: the index of bytes whose delimiters are known. */
#pragma once

#include "hl7/hl7.h"

/* A character that may delimit: printable ASCII that is neither letter, digit, blank nor quotation mark. */
bool hl7_may_delimit(char c);
/* Starts anew on bytes: passes over mark, white space and frame. ERR_LIMIT, or ERR_INPUT when nothing is
 * left. */
int hl7_parse_begin(
    struct hl7_message *m, struct slice bytes, const struct hl7_limits *limits, struct err *e);
/* Indexes m->begin … m->end with m->delimiters. */
int hl7_parse_index(struct hl7_message *m, const struct hl7_limits *limits, struct err *e);
/* Reports a fault at a byte of the message. */
int hl7_fault(struct err *e, enum err_code code, size_t byte, const char *detail);
