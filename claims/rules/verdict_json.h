/* A verdict as JSON. */
#pragma once

#include "base/json.h"
#include "claims/rules/rules.h"

/*
 * Writes one object: rule_set, critical, warning, pending, shadow, not_evaluated, hidden, at_risk (đồng),
 * needs_catalogs, and findings [{rule, severity, pending, shadow, outcome, table, row, field, message,
 * message_en, fix, fix_en, citation, certainty, at_risk}].
 */
void rule_verdict_write(struct json_writer *w, const struct rule_set *set, const struct rule_verdict *v,
    const struct claim_document *d);
/* Its members without the findings, and those of one finding, into an object that the caller opened. */
void rule_verdict_write_head(struct json_writer *w, const struct rule_set *set, const struct rule_verdict *v);
void rule_finding_write(struct json_writer *w, const struct rule_set *set, const struct rule_finding *f,
    const struct claim_document *d);
