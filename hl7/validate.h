/*
 * What a message says against what the standard's tables and a peer's profile say: a list of findings, never
 * a refusal. Whoever receives decides by severity what to do; our listener stores the message in any case.
 */
#pragma once

#include "base/arena.h"
#include "hl7/ack.h"
#include "hl7/hl7.h"

enum hl7_severity { HL7_SEVERITY_OFF, HL7_SEVERITY_INFO, HL7_SEVERITY_WARNING, HL7_SEVERITY_ERROR };

enum hl7_finding_code {              /* texts, severities and acknowledgement codes: table in validate.c */
	HL7_FINDING_TOLERATED,       /* line ends, mark, blank lines … of the message as a whole */
	HL7_FINDING_VERSION,         /* MSH-12 missing or not 2.1 … 2.8.2 */
	HL7_FINDING_SEGMENT_NAME,    /* not three capitals or digits */
	HL7_FINDING_SEGMENT_UNKNOWN, /* not in this version, and no Z segment */
	HL7_FINDING_FIELD_BEYOND,    /* more fields than the version has */
	HL7_FINDING_REQUIRED,
	HL7_FINDING_REPEATED, /* more repetitions than allowed */
	HL7_FINDING_COMPONENT_BEYOND,
	HL7_FINDING_TYPE,        /* not a number, date, time … */
	HL7_FINDING_CODE,        /* not in HL7's own table */
	HL7_FINDING_CODE_ADDED,  /* not in the suggested table of a site's codes */
	HL7_FINDING_UNDECODABLE, /* bytes without meaning in the message's character set */
	HL7_FINDING_PROFILE_REQUIRED,
	HL7_FINDING_PROFILE_FORBIDDEN,
	HL7_FINDING_PROFILE_LENGTH,
	HL7_FINDING_PROFILE_VALUES,
	HL7_FINDING_MORE, /* the list is full; this is the last one */
	HL7_FINDING_COUNT
};
struct hl7_finding {
	enum hl7_finding_code code;
	enum hl7_severity severity;
	const char *path;   /* "OBX(3)-5(2).1", accepted by hl7_path_compile; "" for the whole message */
	const char *detail; /* what was expected or found: a type, table, name; no patient data; may be "" */
	uint32_t segment;   /* from 0 */
	unsigned nth, field, repetition, component; /* for ERR-2; 0 = not said */
};
#define HL7_FINDINGS_MAX 1000 /* the last one then says that there are more */
struct hl7_findings {
	struct arena *arena;
	struct hl7_finding *item;
	size_t count, capacity;
	enum hl7_severity worst;
};

/*
 * A peer's profile, TSV: path, rule, value, severity, note.
 *     required | forbidden   (value empty)
 *     length                 at most value characters
 *     values                 one of the comma-separated values
 *     ignore                 what the standard's tables find below that path is not reported
 * A path may have (*); severity is error, warning or info.
 */
struct hl7_profile;
/* name stands for the file in messages. The profile lives in the arena. ERR_INPUT names line and column. */
int hl7_profile_read(
    struct arena *arena, const char *name, struct slice text, struct hl7_profile **ret, struct err *e);

/* Starts an empty list in an arena. */
void hl7_findings_init(struct hl7_findings *l, struct arena *arena);
/* Appends what is to be said about m (in c); profile may be NULL. */
void hl7_validate(const struct hl7_message *m, enum hl7_charset c, const struct hl7_profile *profile,
    struct hl7_findings *l);
/* One sentence, Vietnamese or English. */
void hl7_finding_print(const struct hl7_finding *f, bool english, struct buf *out);
const char *hl7_severity_name(enum hl7_severity s);       /* "error", "warning", "info", "off" */
const char *hl7_finding_name(enum hl7_finding_code code); /* stable, "required-missing" */
/* The finding as an ERR segment of an acknowledgement; texts live as long as the finding's arena. */
struct hl7_ack_error hl7_finding_error(
    const struct hl7_message *m, const struct hl7_finding *f, struct arena *arena);
