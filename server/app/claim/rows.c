#include "server/app/claim/rows.h"

#include "server/app/statements.h"

const struct pg_statement *const claim_rows_statements[CLAIM_ROWS_TABLES] = { STMT(claim_xml1),
	STMT(claim_xml2), STMT(claim_xml3), STMT(claim_xml4), STMT(claim_xml5) };

int
claim_rows_add(
    struct claim_chunk *k, const struct pg_batch *b, unsigned step, enum claim_table table, struct err *e)
{
	const char *name[CLAIM_SOURCE_COLUMNS_MAX];
	struct slice cell[CLAIM_SOURCE_COLUMNS_MAX];
	unsigned columns = pg_columns(b, step);
	struct claim_source s;

	if (columns > CLAIM_SOURCE_COLUMNS_MAX)
		return err_set(e, ERR_LIMIT, claim_tables[table].name, "too many columns");
	if (pg_rows(b, step) == 0)
		return 0;
	for (unsigned i = 0; i < columns; i++)
		name[i] = pg_column_name(b, step, i);
	if (claim_source_make(k->arena, table, name, columns, &s, e) < 0)
		return e->code;
	for (size_t row = 0; row < pg_rows(b, step); row++) {
		for (unsigned i = 0; i < columns; i++)
			cell[i] = pg_cell(b, step, row, i);
		claim_chunk_add(k, &s, cell);
	}
	return 0;
}
