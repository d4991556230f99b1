/* Cuts an SQL script into statements, so that a fault can be told with its line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/*
 * Takes the next statement off *rest: without leading blanks and comments, without its semicolon. Knows
 * quoted texts and names, E'' escapes, dollar quotes, nested comments, parentheses and `begin atomic`
 * bodies. *line (start with 1) becomes the line of *rest; *ret_line is the line the statement starts on.
 * False when nothing but blanks and comments is left. An unfinished quote runs to the end of the script:
 * the server will say so.
 */
bool sql_next_statement(struct slice *rest, size_t *line, struct slice *ret_statement, size_t *ret_line);
