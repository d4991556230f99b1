/*
 * A claim document in memory: rows of the tables XML0–XML15, in an arena. A row has one 8-byte slot per
 * field; an absent value is a clear bit. Numbers and dates are integers, texts point into a pool, so that
 * a claim of 20 lines takes about 10 KB and is built without an allocation per value.
 *
 *     struct claim_document *d = claim_document_new(arena);
 *     struct claim_row *line = claim_row_add(d, CLAIM_XML3);
 *     claim_set_number(line, XML3_SO_LUONG, 1000);            // 1.000: thousandths
 *     claim_set_text(d, line, XML3_TEN_DICH_VU, name, e);
 *     claim_set(d, line, XML3_DON_GIA_BV, SLICE("39100"), e);  // from the standard's text form
 */
#pragma once

#include <assert.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "claims/field.h"

#define CLAIM_ROWS_MAX 100000u              /* rows of one table */
#define CLAIM_TEXT_MAX (8u * 1024u * 1024u) /* bytes of one value */

struct claim_text {
	uint32_t len;
	char at[];
};

union claim_slot {
	int64_t number;
	const struct claim_text *text;
};

struct claim_row {
	uint8_t table;       /* enum claim_table */
	uint32_t line;       /* line of the file it was read from, 0 = not read */
	uint64_t present[2]; /* bit per field */
	uint64_t raw[2];     /* the value is kept as the text that was read: it did not fit its type */
	union claim_slot slot[];
};

struct claim_rows {
	struct claim_row **at;
	size_t count;
	size_t capacity;
};

struct claim_document {
	struct arena *arena;
	struct claim_rows rows[CLAIM_TABLES];
	char *pool; /* free part of the current text block */
	size_t pool_left;
};

/* A new empty document; everything in it is owned by a. Never NULL. */
struct claim_document *claim_document_new(struct arena *a);

/* Appends an empty row (never NULL). More than CLAIM_ROWS_MAX rows is a caller's bug; readers check before.
 */
struct claim_row *claim_row_add(struct claim_document *d, enum claim_table table);

static inline size_t
claim_row_count(const struct claim_document *d, enum claim_table table)
{
	return d->rows[table].count;
}

/* Row i of a table, from 0; i must be below the count. */
static inline struct claim_row *
claim_row_at(const struct claim_document *d, enum claim_table table, size_t i)
{
	assert(i < d->rows[table].count);
	return d->rows[table].at[i];
}

/* Slot number of a field; the field must belong to the row's table. */
static inline unsigned
claim_slot_of(const struct claim_row *r, enum claim_field f)
{
	assert(claim_fields[f].table == r->table);
	return claim_fields[f].index;
}

static inline bool
claim_has(const struct claim_row *r, enum claim_field f)
{
	unsigned i = claim_slot_of(r, f);
	return r->present[i / 64] >> i % 64 & 1;
}

/* True when the value is a text kept as read because it did not fit the field's type. */
static inline bool
claim_is_raw(const struct claim_row *r, enum claim_field f)
{
	unsigned i = claim_slot_of(r, f);
	return r->raw[i / 64] >> i % 64 & 1;
}

/* True for types held as integers: INT, DECIMAL and the dates. */
static inline bool
claim_is_number(enum claim_field f)
{
	return claim_fields[f].type >= CLAIM_INT;
}

/*
 * The integer of an INT, DECIMAL (× 10^scale) or date field; 0 when absent or raw. Money fields have scale 2
 * (struct money's unit), quantities and unit prices scale 3, MUC_HUONG scale 2 (struct percent's unit).
 */
int64_t claim_number(const struct claim_row *r, enum claim_field f);
/* The text of a STRING, CODE, FLAG or LIST field, or of any raw value; empty when absent. */
struct slice claim_text(const struct claim_row *r, enum claim_field f);

/* Sets an integer field. The value must be in range for its type (bug otherwise): not negative. */
void claim_set_number(struct claim_row *r, enum claim_field f, int64_t value);
/*
 * Sets a text field to a copy of s, checked and NFC-normalised; an empty s clears it. ERR_INPUT for bytes
 * that are not UTF-8 or characters that XML 1.0 forbids, ERR_LIMIT beyond CLAIM_TEXT_MAX;
 * e->field is "XML3.TEN_DICH_VU".
 */
int claim_set_text(
    struct claim_document *d, struct claim_row *r, enum claim_field f, struct slice s, struct err *e);
/* Gives to's text field f the text of from's field g, without a copy; absent when that is. Same document. */
void claim_share_text(
    struct claim_row *to, enum claim_field f, const struct claim_row *from, enum claim_field g);
/* Sets any field from the standard's text form ("1.000", "20250702"); empty clears. ERR_INPUT as well for a
 * wrong type. */
int claim_set(
    struct claim_document *d, struct claim_row *r, enum claim_field f, struct slice s, struct err *e);
/* The form claim_set takes for a field, the same in every language: "yyyyMMdd", "123.456"; "text" for texts.
 */
const char *claim_type_expected(enum claim_field f);
const char *claim_item_expected(enum claim_field f); /* the same for an item of a list */
/* True when item may stand in the list field f: dates and numbers by their form, anything else not empty. */
bool claim_item_fits(enum claim_field f, struct slice item);
/* Keeps s (already clean UTF-8) as a raw value, for readers that report and do not lose. */
void claim_set_raw(struct claim_document *d, struct claim_row *r, enum claim_field f, struct slice s);
void claim_clear(struct claim_row *r, enum claim_field f);

/* Appends the value's canonical text, not escaped; nothing when absent. */
void claim_print(const struct claim_row *r, enum claim_field f, struct buf *out);

/*
 * Date parts of a DATE8/DATE12 integer as yyyyMMddHHmm (a date alone has 0000), so that any two can be
 * compared. 0 stays 0.
 */
int64_t claim_date12(int64_t value);
/* Days since 1970-01-01 of a date integer with known day, else 0. */
int32_t claim_date_days(int64_t value);

/* The date that picks dated rules: XML1.NGAY_VAO, else XML0.NGAY_VAO, in days; 0 when unknown. */
int32_t claim_document_date(const struct claim_document *d);
/* XML1.MA_LK, else XML0's first; empty when there is none. */
struct slice claim_document_ma_lk(const struct claim_document *d);
