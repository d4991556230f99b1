/*
 * Orders and results as one model, whether they came as HL7 (ORU, OUL, ORM, OML …) or as ASTM records. Texts
 * are UTF-8, NFC, without escapes; nothing is judged or mapped here: codes stay the peer's, times stay as
 * written.
 */
#pragma once

#include "base/arena.h"
#include "hl7/charset.h"
#include "hl7/hl7.h"

#define RESULT_TEXT_MAX ((size_t)64 << 20)

/* A text with HL7's third state: is_null when the sender said "" (delete). */
struct result_text {
	struct slice text;
	bool is_null;
};
struct result_code { /* local codes as the peer uses them; raw is the whole field, for mapping */
	struct slice code, name, system, raw;
};
struct result_note {
	struct slice text;
	struct result_note *next;
};

struct result_item { /* OBX, or ASTM R */
	struct slice set_id, sub_id;
	struct slice type; /* OBX-2; ASTM: empty */
	struct result_code test;
	struct result_text value;        /* one repetition after the other, separated by LF */
	struct result_code coded;        /* the value of CE, CWE, CNE */
	struct slice unit, range, flags; /* flags: all of OBX-8, separated by commas */
	struct slice status;             /* P, F, C, D, X … */
	struct slice observed_at, started_at;
	struct slice instrument, operator_id;
	size_t undecodable; /* bytes of the value that its character set does not know */
	uint32_t segment;   /* which segment or record it is, from 0 */
	struct result_note *notes;
	struct result_item *next;
};
struct result_order {         /* ORC and OBR with the SPM that belongs to it, or ASTM O */
	struct slice control; /* ORC-1, ASTM O-12 */
	struct slice placer, filler, specimen, group;
	struct result_code service; /* ASTM: the first of O-5 */
	struct slice priority, requested_at, collected_at, reported_at, specimen_type, status;
	uint32_t segment;
	struct result_note *notes;
	struct result_item *items;
	size_t item_count;
	struct result_order *next;
};
struct result_patient {      /* PID and PV1, or ASTM P */
	struct slice id;     /* PID-3.1 of the first repetition, ASTM P-3 */
	struct slice lab_id; /* ASTM P-4 */
	struct slice visit;  /* PV1-19.1 */
	struct slice family, given, middle, birth, sex;
	struct result_note *notes;
	struct result_order *orders;
	struct result_patient *next;
};
struct result_query { /* ASTM Q: what is there to do for this specimen? */
	struct slice patient, specimen, test;
	struct result_query *next;
};
struct result_message {
	struct slice sender, facility, control_id, type, event, sent_at, processing;
	struct result_patient *patients; /* at least one when there are orders; empty when nobody is named */
	struct result_query *queries;
	size_t order_count, item_count;
	size_t undecodable;
	bool ended; /* ASTM: an L record came; HL7: always */
};

/*
 * Reads any message with OBR or OBX; others give a patient at most. c: of the message's bytes (UTF-8 when
 * they were decoded before parsing). The result lives in the arena. An OBX without an OBR before it gets an
 * order of its own. ERR_LIMIT when a text is larger than RESULT_TEXT_MAX.
 */
int result_read_hl7(const struct hl7_message *m, enum hl7_charset c, struct arena *arena,
    struct result_message **ret, struct err *e);
/* The same of records that astm_parse read. */
int result_read_astm(const struct hl7_message *m, enum hl7_charset c, struct arena *arena,
    struct result_message **ret, struct err *e);
