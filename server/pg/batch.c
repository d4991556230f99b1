#include <assert.h>
#include <libpq-fe.h>

#include "server/pg/pg.h"

#define OID_BYTEA 17

struct pg_batch *
pg_batch_new(struct arena *a, enum pg_kind kind, pg_done *done, void *context)
{
	struct pg_batch *b = ARENA_NEW(a, struct pg_batch);
	list_init(&b->node);
	b->arena = a;
	b->kind = kind;
	b->done = done;
	b->context = context;
	b->retries_left = 1;
	return b;
}

void
pg_batch_add(
    struct pg_batch *b, const struct pg_statement *statement, const struct slice *value, unsigned count)
{
	assert(b->step_count < PG_STEPS_MAX);
	assert(count == statement->param_count && count <= PG_PARAMS_MAX);
	struct pg_step *step = &b->step[b->step_count++];
	step->statement = statement;
	for (unsigned i = 0; i < count; i++) {
		if (!value[i].at)
			continue;
		assert(value[i].len <= INT32_MAX);
		step->length[i] = (int)value[i].len;
		step->value[i] =
		    statement->param_type[i] == OID_BYTEA ? value[i].at : arena_text(b->arena, value[i]);
	}
}

void
pg_batch_continue(struct pg_batch *b, const struct pg_statement *later, pg_more *more)
{
	assert(b->kind == PG_WRITE && b->step_count > 0 && b->step_count < PG_STEPS_MAX);
	b->first_count = b->step_count;
	b->later = later;
	b->more = more;
}

static const PGresult *
batch_result(const struct pg_batch *b, unsigned step)
{
	assert(step < b->step_count);
	return (const PGresult *)b->step[step].result;
}

size_t
pg_rows(const struct pg_batch *b, unsigned step)
{
	return (size_t)PQntuples(batch_result(b, step));
}

unsigned
pg_columns(const struct pg_batch *b, unsigned step)
{
	return (unsigned)PQnfields(batch_result(b, step));
}

const char *
pg_column_name(const struct pg_batch *b, unsigned step, unsigned column)
{
	return PQfname(batch_result(b, step), (int)column);
}

struct slice
pg_cell(const struct pg_batch *b, unsigned step, size_t row, unsigned column)
{
	const PGresult *r = batch_result(b, step);
	int i = (int)row, k = (int)column;
	if (row >= (size_t)PQntuples(r) || column >= (unsigned)PQnfields(r) || PQgetisnull(r, i, k))
		return (struct slice){ NULL, 0 };
	return slice_from(PQgetvalue(r, i, k), (size_t)PQgetlength(r, i, k));
}

struct slice
pg_field(const struct pg_batch *b, unsigned step, size_t row, const char *column)
{
	int k = PQfnumber(batch_result(b, step), column);
	return k < 0 ? (struct slice){ NULL, 0 } : pg_cell(b, step, row, (unsigned)k);
}
