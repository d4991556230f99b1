/* Inside hl7/ only: finding delimiters, 64 bytes at a time. */
#pragma once

#include "hl7/hl7.h"

#define HL7_SCAN_BLOCKS 64 /* blocks of one call: 4 KiB of text */

/* The bytes to look for. Unused ones repeat a byte that is there. */
struct hl7_alphabet {
	uint8_t field;
	uint8_t inner[4];
	uint8_t line[2];
};

/*
 * Classifies len (1..64 × HL7_SCAN_BLOCKS) bytes from p, the last block of which need not be whole: out[]
 * gets the field and inner bits, line[] the bits of segment terminators; bits behind the end are zero.
 */
typedef void hl7_scan(
    const uint8_t *p, size_t len, const struct hl7_alphabet *a, struct hl7_block *out, uint64_t *line);

/* The function of a usable tokeniser. */
hl7_scan *hl7_scan_of(enum hl7_tokeniser t);
