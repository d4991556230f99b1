/* Inside claims/field.c only: the generated search indexes. */
#pragma once

#include <stddef.h>

#include "claims/field.h"

extern const uint16_t claim_fields_sorted[CLAIM_FIELDS];

struct claim_catalogue {
	const char *name;
	uint16_t first, count;
	bool certain; /* every code is verified against an official text */
};
extern const struct claim_code_info claim_codes[];
extern const struct claim_catalogue claim_catalogues[];
extern const size_t claim_catalogue_count;
