/* Where in a request's body a value stands that the database could not take. */
#pragma once

#include "base/arena.h"
#include "base/slice.h"

/*
 * The value in double quotes at the end of a message such as `invalid input syntax for type date: "x"`;
 * at == NULL when there is none.
 */
struct slice locate_quoted(struct slice message);
/*
 * JSON pointer (RFC 6901, in a) of the only string or number of json whose text is value; NULL when there is
 * none or more than one, or json has too many values to look.
 */
const char *locate_value(struct arena *a, struct slice json, struct slice value);
