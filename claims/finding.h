/*
 * Findings: what the reader and the structural check have to say about a document. Codes, severities and
 * wordings are rows of claims/findings.tsv (generated to claims/findings_gen.h).
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "claims/field.h"
#include "claims/findings_gen.h" /* enum claim_finding_code, CLAIM_FINDING_CODES */

#define CLAIM_FINDINGS_MAX 1000u /* kept in one list; more are only counted */

enum claim_severity { CLAIM_INFO, CLAIM_WARNING, CLAIM_ERROR };

struct claim_finding_info {
	const char *name; /* stable code, e.g. "element-unknown" */
	enum claim_severity severity;
	const char *vi, *en; /* one sentence; {} stands for the finding's detail */
};
extern const struct claim_finding_info claim_finding_infos[CLAIM_FINDING_CODES];

struct claim_finding {
	uint16_t code;      /* enum claim_finding_code */
	uint8_t severity;   /* enum claim_severity */
	int8_t table;       /* enum claim_table, -1 = the file */
	int16_t field;      /* enum claim_field, -1 = none */
	uint32_t row;       /* from 1; 0 = the whole table */
	uint32_t line;      /* of the file (of the decoded table when base64); 0 = unknown */
	uint32_t claim;     /* number of the HOSO in the file, from 1; 0 = none */
	const char *path;   /* element names for people, "" when table, row and field say it all */
	const char *detail; /* fills {}; "" */
};

struct claim_findings {
	struct arena *arena;
	struct claim_finding *at;
	size_t count, capacity;
	size_t total;          /* counted also beyond CLAIM_FINDINGS_MAX */
	size_t by_severity[3]; /* of total, by enum claim_severity */
	uint32_t claim;        /* put into each new finding */
};

void claim_findings_init(struct claim_findings *l, struct arena *a);
/* Adds a finding; detail is formatted into the arena. The returned record (never NULL) may be completed at
 * once. */
struct claim_finding *claim_finding_add(struct claim_findings *l, enum claim_finding_code code, int table,
    uint32_t row, int field, const char *detail, ...) __attribute__((format(printf, 6, 7)));
/* Changes the severity of a finding just added, keeping the list's counts true. */
void claim_finding_lower(struct claim_findings *l, struct claim_finding *f, enum claim_severity severity);
/* "XML3[5].SO_LUONG", "GIAMDINHHS/THONGTINHOSO" … */
void claim_finding_place(const struct claim_finding *f, struct buf *out);
/* The sentence in Vietnamese or English. */
void claim_finding_message(const struct claim_finding *f, bool vietnamese, struct buf *out);
const char *claim_severity_name(enum claim_severity s); /* "info", "warning", "error" */
