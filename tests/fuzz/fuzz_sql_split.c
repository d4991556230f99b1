/*
 * Promises of schema/sql_split.h: any bytes are cut into statements that follow each other, none empty, none
 * starting with a blank; nothing is read outside the script; lines never go down.
 */
#include <assert.h>

#include "schema/sql_split.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice script = slice_from((const char *)data, size), rest = script, statement;
	const char *end = script.at;
	size_t line = 1, start = 0, last = 1;

	while (sql_next_statement(&rest, &line, &statement, &start)) {
		assert(statement.at >= end && statement.len > 0);
		assert(statement.at + statement.len <= script.at + script.len);
		assert(statement.at[0] != ' ' && statement.at[0] != '\n' && statement.at[0] != ';');
		assert(start >= last && line >= start);
		end = statement.at + statement.len;
		last = start;
	}
	assert(rest.len == 0);
	return 0;
}
