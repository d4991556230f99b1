/*
 * What the versions 2.3 to 2.8 of the standard say about segments, fields, data types and codes, as data:
 * segments.tsv, types.tsv, codes.tsv.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum hl7_version {
	HL7_V2_3,
	HL7_V2_3_1,
	HL7_V2_4,
	HL7_V2_5,
	HL7_V2_5_1,
	HL7_V2_6,
	HL7_V2_7,
	HL7_V2_8,
	HL7_VERSION_COUNT
};
/*
 * By MSH-12.1; 2.1 and 2.2 count as 2.3, 2.3.2 as 2.3.1, 2.7.1 as 2.7, 2.8.1 and 2.8.2 as 2.8.
 * HL7_VERSION_COUNT when it is none of these.
 */
enum hl7_version hl7_version_of(struct slice text);
const char *hl7_version_name(enum hl7_version v); /* "2.5.1" */

struct hl7_field_row {
	char segment[4];
	uint8_t field, from, to; /* versions, both inclusive */
	char type[16];           /* "CX"; "varies"; "-": no longer used */
	uint8_t min;             /* 1: required */
	uint16_t max;            /* repetitions; UINT16_MAX: any number; 0: not to be used */
	uint16_t table;          /* 0: none */
	const char *name;
};
struct hl7_type_row {
	char type[16];
	uint8_t component, from, to;
	char of[16];
	uint8_t min;
	uint16_t table;
	const char *name;
};
struct hl7_code_row {
	uint16_t table;
	bool is_fixed; /* HL7's own; false: a site may add codes */
	const char *code;
};
extern const struct hl7_field_row hl7_field_rows[];
extern const size_t hl7_field_row_count;
extern const struct hl7_type_row hl7_type_rows[];
extern const size_t hl7_type_row_count;
extern const struct hl7_code_row hl7_code_rows[];
extern const size_t hl7_code_row_count;

/* The first row of a segment, of any version; NULL when no version has it. */
const struct hl7_field_row *hl7_table_segment(struct slice name);
/* A field of a segment in a version, NULL when it has no such field. */
const struct hl7_field_row *hl7_table_field(enum hl7_version v, struct slice segment, unsigned field);
/* How many fields the segment has in a version; 0: the version does not have it. */
unsigned hl7_table_field_count(enum hl7_version v, struct slice segment);
/* A component of a data type in a version, NULL when it has no such component. */
const struct hl7_type_row *hl7_table_component(enum hl7_version v, const char *type, unsigned component);

enum hl7_code_answer { HL7_CODE_KNOWN, HL7_CODE_ADDED, HL7_CODE_WRONG, HL7_CODE_NO_TABLE };
/* ADDED: not in the standard's list, but a site may add; NO_TABLE: we do not have that table. */
enum hl7_code_answer hl7_table_code(unsigned table, struct slice code);
