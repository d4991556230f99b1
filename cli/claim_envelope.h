/* Inside cli/ only: what hmis claim check --envelope knows of the file that brings the claims. */
#pragma once

#include "base/arena.h"
#include "claims/rules/catalog.h"
#include "claims/signature.h"

/* Answers the catalogue "file" for one file and passes everything else on. */
struct claim_envelope_facts {
	const struct rule_catalog *behind;
	unsigned catalog;    /* position of "file" */
	struct slice sender; /* facility whose account is to send it; empty = not known */
	struct slice facility;
	uint32_t claim; /* set before each claim is judged */
	int64_t bytes;
	enum claim_signature_fault signature;
	int32_t certificate_to; /* yyyyMMdd, 0 = no certificate */
};

/* behind is borrowed. */
void claim_envelope_facts_init(
    struct claim_envelope_facts *f, const struct rule_catalog *behind, struct slice sender);
/* Looks at a file (not standard input), read twice: ERR_INPUT, ERR_IO. Texts are kept in a. */
int claim_envelope_facts_read(
    struct claim_envelope_facts *f, const char *file, struct arena *a, struct err *e);
/* The source; it borrows f. */
struct rule_catalog claim_envelope_facts_source(struct claim_envelope_facts *f);
