/* Rows with named columns become rows of a claim document. */
#include <ctype.h>
#include <stdio.h>

#include "base/time.h"
#include "claims/assemble/assemble.h"

#define COLUMN_NAME_MAX 64

int
claim_mapping_make(struct arena *a, enum claim_table table, const char *const *column, size_t count,
    struct claim_mapping *ret, struct err *e)
{
	struct claim_mapping m = { table, count, ARENA_ARRAY(a, count, int) };

	for (size_t i = 0; i < count; i++) {
		char name[COLUMN_NAME_MAX];
		size_t len = strlen(column[i]);

		m.field[i] = -1;
		if (column[i][0] == '_')
			continue;
		if (len >= sizeof(name))
			return err_set(e, ERR_INPUT, column[i], "not a field of the table");
		for (size_t k = 0; k <= len; k++)
			name[k] = (char)toupper((unsigned char)column[i][k]);
		m.field[i] = claim_field_find(table, slice_from(name, len));
		if (m.field[i] < 0)
			return err_set(
			    e, ERR_INPUT, column[i], "not a field of %s", claim_tables[table].name);
	}
	*ret = m;
	return 0;
}

static int
two_digits(const char *at)
{
	return (at[0] - '0') * 10 + (at[1] - '0');
}

static bool
digits_at(struct slice s, size_t from, size_t count)
{
	return s.len >= from + count && slice_is_digits(slice_from(s.at + from, count));
}

/* "yyyy-MM-dd" → yyyyMMdd, or −1. */
static int64_t
iso_date(struct slice s)
{
	if (s.len != 10 || !digits_at(s, 0, 4) || !digits_at(s, 5, 2) || !digits_at(s, 8, 2))
		return -1;
	return (int64_t)(two_digits(s.at) * 100 + two_digits(s.at + 2)) * 10000 + two_digits(s.at + 5) * 100 +
	       two_digits(s.at + 8);
}

/* PostgreSQL's "yyyy-MM-dd HH:mm:ss[.ffffff]±HH[:mm]" → yyyyMMddHHmm in business time, or −1. */
static int64_t
iso_time(struct slice s)
{
	int64_t date = s.len >= 22 ? iso_date(slice_from(s.at, 10)) : -1;
	size_t zone = s.len;
	struct civil c;
	int64_t instant;
	int shift;

	while (zone > 19 && s.at[zone - 1] != '+' && s.at[zone - 1] != '-')
		zone--;
	if (date < 0 || !digits_at(s, 11, 2) || !digits_at(s, 14, 2) || !digits_at(s, 17, 2) || zone <= 19 ||
	    !digits_at(s, zone, 2))
		return -1;
	shift = two_digits(s.at + zone) * 3600;
	if (s.len == zone + 5 && digits_at(s, zone + 3, 2))
		shift += two_digits(s.at + zone + 3) * 60;
	if (s.at[zone - 1] == '-')
		shift = -shift;
	c = (struct civil){ (int)(date / 10000), (int)(date / 100 % 100), (int)(date % 100),
		two_digits(s.at + 11), two_digits(s.at + 14), two_digits(s.at + 17) };
	if (shift != BUSINESS_OFFSET_SECONDS) {
		instant = time_from_civil(&c) + BUSINESS_OFFSET_SECONDS - shift;
		time_to_civil(instant, &c);
	}
	return (((int64_t)c.year * 100 + c.month) * 100 + c.day) * 10000 + c.hour * 100 + c.minute;
}

/* True when the cell was in PostgreSQL's form and has been set. */
static bool
set_iso(struct claim_row *row, enum claim_field field, struct slice cell)
{
	int64_t value = -1;

	switch (claim_fields[field].type) {
	case CLAIM_DATE8:
		value = iso_date(slice_from(cell.at, cell.len > 10 ? 10 : cell.len));
		break;
	case CLAIM_DATE12:
		value = iso_time(cell);
		break;
	case CLAIM_DATE:
		value = cell.len == 10 ? iso_date(cell) : iso_time(cell);
		break;
	default:
		return false;
	}
	if (value < 0)
		return false;
	claim_set_number(row, field, value);
	return true;
}

int
claim_mapping_add(
    const struct claim_mapping *m, struct claim_document *d, const struct slice *cell, struct err *e)
{
	struct claim_row *row = claim_row_add(d, m->table);

	for (size_t i = 0; i < m->count; i++) {
		enum claim_field field = (enum claim_field)m->field[i];

		if (m->field[i] < 0 || cell[i].len == 0)
			continue;
		if (cell[i].len > 8 && cell[i].at[4] == '-' && set_iso(row, field, cell[i]))
			continue;
		if (claim_set(d, row, field, cell[i], e) < 0)
			return e ? (int)e->code : ERR_INPUT;
	}
	return 0;
}
