/* Promises of base/tsv.h: every row has as many cells as the header, cells lie in the text, hold no tab or
 * line end. */
#include <assert.h>

#include "base/tsv.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_from((const char *)data, size);
	struct err e;
	static struct tsv t;

	if (tsv_open(&t, "input", text, &e) < 0)
		return 0;
	assert(t.column_count >= 1 && t.column_count <= TSV_COLUMNS_MAX);
	for (int more; (more = tsv_next(&t, &e)) != 0;) {
		for (size_t i = 0; more > 0 && i < t.column_count; i++) {
			assert(t.cell[i].at >= text.at && t.cell[i].at + t.cell[i].len <= text.at + text.len);
			assert(slice_find(t.cell[i], '\t') == t.cell[i].len);
			assert(slice_find(t.cell[i], '\n') == t.cell[i].len);
		}
	}
	return 0;
}
