/* Inside hl7/ only: the tables that gen_charset.py makes of charsets.tsv. */
#pragma once

#include "hl7/charset.h"

#define HL7_NO_CODE 0xffffu

struct hl7_charset_pair { /* two bytes that are one character */
	uint8_t first, second;
	uint16_t code;
};
struct hl7_charset_code {
	uint16_t code;
	uint8_t bytes[2];
	uint8_t count;
};
struct hl7_charset_table {
	const uint16_t *decode;               /* 256; NULL for sets without a table */
	const struct hl7_charset_pair *pairs; /* ascending */
	size_t pair_count;
	const struct hl7_charset_code *encode; /* ascending by code */
	size_t encode_count;
};
struct hl7_letter {                  /* a Latin letter with marks */
	uint16_t code, shaped, tone; /* code = shaped + tone; 0 when it has no such form */
	char plain;
};

extern const struct hl7_charset_table hl7_charset_tables[HL7_CHARSET_COUNT];
extern const struct hl7_letter hl7_letters[];
extern const size_t hl7_letter_count;
