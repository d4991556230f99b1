/*
 * Catalogues that rules look things up in: "icd10(MA_BENH_CHINH, NGAY_RA).sex_limit". Their names, keys and
 * attributes are rows of catalogs.tsv; a rule naming anything else is refused when it is loaded. Some are
 * built in (from schema/seed), the others (a facility's drugs, services, staff …) come from whoever judges;
 * rules whose catalogue is absent are not evaluated and are reported as needing it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define RULE_CATALOG_KEYS_MAX 3
#define RULE_CATALOG_EXISTS (-1) /* in place of an attribute: is there such a row? */

enum rule_type { RULE_BOOL, RULE_NUMBER, RULE_TEXT, RULE_DATE, RULE_TIME };

/*
 * A value inside a rule. A number is an integer in 10^-scale, the scale being known from the rule or the
 * catalogue; a date is yyyyMMdd, a time yyyyMMddHHmm (business time).
 */
struct rule_value {
	union {
		__int128 number;
		const char *at;
	};
	uint32_t len; /* of a text */
	bool missing;
};

struct rule_attribute {
	const char *name;
	uint8_t type;  /* enum rule_type */
	uint8_t scale; /* of a number */
};
struct rule_catalog_info {
	const char *name;
	uint8_t keys; /* number of text keys; a date may follow them in a rule */
	uint8_t
	    disease_key; /* the key (from 1) that is a disease code, dots in it are passed over; 0 = none */
	bool is_builtin; /* rule_catalog_builtin has it */
	const struct rule_attribute *attribute;
	size_t attributes;
	const char *about; /* one English sentence */
};
extern const struct rule_catalog_info rule_catalogs[];
extern const size_t rule_catalog_count;

/* Position of a catalogue or of one of its attributes, or -1. */
int rule_catalog_find(struct slice name);
int rule_attribute_find(unsigned catalog, struct slice name);

/*
 * A source of catalogues. has: is the catalogue of that number here at all. get: the attribute (or
 * RULE_CATALOG_EXISTS) of the row with these keys that is valid on date (yyyyMMdd; 0 = any): 1 with *ret
 * filled (missing when the cell is empty), 0 when there is no such row, negative when it could not be looked
 * up (the finding is then "not evaluated"). Texts in *ret live as long as the source. get must not allocate
 * or block.
 */
struct rule_catalog {
	void *context;
	bool (*has)(void *context, unsigned catalog);
	int (*get)(void *context, unsigned catalog, const struct slice *key, int32_t date, int attribute,
	    struct rule_value *ret);
};

/* The catalogues that come with the program; no memory, no state. */
extern const struct rule_catalog rule_catalog_builtin;
