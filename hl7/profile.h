/* Inside hl7/ only: a peer's profile, and where a finding is. */
#pragma once

#include "hl7/validate.h"

struct hl7_place {
	uint32_t segment;
	struct slice name;
	unsigned nth, field, repetition, component; /* 0 = not that deep */
};
/* Appends a finding; severity OFF stands for the code's own. */
void hl7_finding_add(struct hl7_findings *l, const struct hl7_place *p, enum hl7_finding_code code,
    enum hl7_severity severity, const char *detail);

/* True when the profile says "ignore" of this place or what is above it. profile may be NULL. */
bool hl7_profile_ignores(const struct hl7_profile *profile, const struct hl7_place *p);
/* Appends what the profile's own rules find. profile may be NULL. */
void hl7_profile_judge(const struct hl7_profile *profile, const struct hl7_message *m, enum hl7_charset c,
    struct hl7_findings *l);
