/*
 * The field catalogue of the insurance claim (decision 130/QĐ-BYT with 4750, 3176 and 1931): all 479
 * fields of XML0–XML15. claims/fields.tsv is the only place where a field is described; the enums and
 * tables here are generated from it at build time (claims/gen_fields.py).
 *
 * A field is named TABLE_NAME: XML1_MA_LK, XML2_SO_LUONG, XML3_T_BHTT … (enum claim_field).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "claims/fields_gen.h" /* enum claim_field, CLAIM_FIELDS, CLAIM_<TABLE>_FIELDS */

enum claim_table {
	CLAIM_XML0,  /* check-in state: a file of its own */
	CLAIM_XML1,  /* visit totals; exactly one row in a claim */
	CLAIM_XML2,  /* drugs */
	CLAIM_XML3,  /* services and supplies */
	CLAIM_XML4,  /* diagnostic results */
	CLAIM_XML5,  /* progress notes */
	CLAIM_XML6,  /* HIV record */
	CLAIM_XML7,  /* discharge paper */
	CLAIM_XML8,  /* record summary */
	CLAIM_XML9,  /* birth certificate */
	CLAIM_XML10, /* pregnancy leave */
	CLAIM_XML11, /* sick leave */
	CLAIM_XML12, /* medical assessment: never sent by a facility, no wrapper known */
	CLAIM_XML13, /* referral */
	CLAIM_XML14, /* re-examination appointment */
	CLAIM_XML15, /* tuberculosis treatment */
	CLAIM_TABLES
};

#define CLAIM_ROW_FIELDS_MAX 66 /* of XML1, the widest table */

/* How a value is held in memory and printed; see claims/document.h. */
enum claim_type {
	CLAIM_STRING,  /* free text, UTF-8 NFC */
	CLAIM_CODE,    /* text from a catalogue; leading zeros count */
	CLAIM_FLAG,    /* code of "0", "1" */
	CLAIM_LIST,    /* values joined by ';' without blanks */
	CLAIM_INT,     /* int64 */
	CLAIM_DECIMAL, /* int64 in 10^-scale */
	CLAIM_DATE8,   /* int64 yyyyMMdd */
	CLAIM_DATE12,  /* int64 yyyyMMddHHmm; a birth date may have unknown parts as zeros */
	CLAIM_DATE     /* yyyyMMdd or yyyyMMddHHmm */
};

enum claim_required { CLAIM_OPTIONAL, CLAIM_CONDITIONAL, CLAIM_REQUIRED };

struct claim_field_info {
	const char *name;    /* standard name, the XML element */
	const char *element; /* "<NAME></NAME>": what an absent value is written as */
	const char *about;   /* one English sentence */
	const char *when;    /* condition of a conditional field; "" */
	const char *codes;   /* catalogue in claims/codes.tsv, or NULL */
	uint8_t name_len;    /* bytes of name */
	uint8_t table;       /* enum claim_table */
	uint8_t index;       /* position in its row, from 0 */
	uint8_t type;        /* enum claim_type */
	uint8_t item_type;   /* of a list's items: STRING, CODE, DECIMAL, DATE8, DATE12 */
	uint8_t scale;       /* decimals of CLAIM_DECIMAL */
	bool fixed;          /* printed with exactly `scale` decimals */
	uint8_t required;    /* enum claim_required */
	bool cdata;          /* free text that may be written as CDATA */
	bool is_birth;       /* a birth date: parts may be zeros */
	uint16_t since;      /* decision that brought it: 130, 4750, 3176 */
	uint16_t write_max;  /* longest value we write, characters; 0 = no limit */
	uint16_t read_max;   /* longest value we accept; ≥ write_max, 0 = no limit */
	uint16_t before_max; /* write_max of visits before before_on; meaningless without it */
	int32_t before_on;   /* date (days since 1970-01-01) of that change, 0 = none */
};

struct claim_table_info {
	const char *name;  /* "XML3", the value of LOAIHOSO */
	const char *root;  /* root element; NULL when no wrapper exists (XML12) */
	const char *list;  /* list element, or NULL when the fields are the root's children */
	const char *row;   /* row element, or NULL */
	const char *about; /* English title */
	uint16_t first;    /* enum claim_field of its first field; the rest follow in order */
	uint16_t count;    /* number of fields */
};

/* Indexed by enum claim_field and enum claim_table. */
extern const struct claim_field_info claim_fields[CLAIM_FIELDS];
extern const struct claim_table_info claim_tables[CLAIM_TABLES];

/* The field called name in table, or -1. */
int claim_field_find(enum claim_table table, struct slice name);
/* "XML2.SO_LUONG" → enum claim_field, or -1. */
int claim_field_parse(struct slice path);
/* "XML3" → enum claim_table, or -1. */
int claim_table_find(struct slice name);
/* The field of the same name in another table, or -1: claim_field_of(CLAIM_XML3, "MA_NHOM"). */
int claim_field_of(enum claim_table table, const char *name);
/* The longest value to write for a visit of date (days since 1970-01-01; 0 = today's rules); 0 = no limit. */
unsigned claim_field_write_max(enum claim_field field, int32_t date);

/* One code of a small catalogue (claims/codes.tsv). */
struct claim_code_info {
	const char *code;
	const char *name_vi;
	const char *name_en;
	const char *status; /* verified, secondary, unverified, historical */
};
/* True when the catalogue is known and closed: a value outside it is wrong. */
bool claim_codes_closed(const char *catalogue);
/* The code's row, or NULL when it is not in the catalogue. */
const struct claim_code_info *claim_code_find(const char *catalogue, struct slice code);
