/*
 * Acknowledgements (HL7 v2.5.1 2.9 and 2.15): which one a message asks for, and its text. Pure: the caller
 * gives time and control id, and sends AA only after its COMMIT.
 */
#pragma once

#include "hl7/charset.h"
#include "hl7/hl7.h"

enum hl7_outcome {
	HL7_OUTCOME_DONE,     /* understood and stored */
	HL7_OUTCOME_ERROR,    /* understood, but it could not be done: AE, CE */
	HL7_OUTCOME_REJECTED, /* not HL7, not for us, too large: AR, CR */
};
/* What a sender wants to hear: original mode (MSH-15 and MSH-16 empty), else the accept and application
 * level. */
struct hl7_ack_plan {
	bool enhanced;
	bool accept, application; /* to be sent; in original mode only application is */
};
/* Reads MSH-15 and MSH-16 (AL, NE, ER, SU; table 0155). An unknown code counts as AL; m NULL as original
 * mode. */
struct hl7_ack_plan hl7_ack_decide(const struct hl7_message *m, enum hl7_outcome outcome);
/* "AA" … "AR", or with accept level "CA" … "CR". */
const char *hl7_ack_code(enum hl7_outcome outcome, bool accept);

/* Codes of table 0357 that we send. */
enum hl7_error_code {
	HL7_ERROR_NONE = 0,
	HL7_ERROR_SEQUENCE = 100,
	HL7_ERROR_REQUIRED = 101,
	HL7_ERROR_TYPE = 102,
	HL7_ERROR_TABLE = 103,
	HL7_ERROR_MESSAGE_TYPE = 200,
	HL7_ERROR_EVENT = 201,
	HL7_ERROR_PROCESSING = 202,
	HL7_ERROR_VERSION = 203,
	HL7_ERROR_UNKNOWN_KEY = 204,
	HL7_ERROR_DUPLICATE_KEY = 205,
	HL7_ERROR_LOCKED = 206,
	HL7_ERROR_INTERNAL = 207
};
/* The table's English name and our Vietnamese one; never NULL. */
const char *hl7_error_name(enum hl7_error_code code);
const char *hl7_error_name_vi(enum hl7_error_code code);

struct hl7_ack_error { /* one ERR segment */
	enum hl7_error_code code;
	char severity;                                       /* E, W or I (table 0516) */
	const char *segment;                                 /* "PID", or NULL when the fault has no place */
	unsigned nth;                                        /* which PID, from 1 */
	unsigned field, repetition, component, subcomponent; /* 0 = not said */
	const char *text; /* UTF-8, Vietnamese, for the person at the other end; NULL = the code's name */
};

struct hl7_ack {
	enum hl7_outcome outcome;
	bool accept;            /* accept level (CA, CE, CR) */
	const char *control_id; /* MSH-10 of the answer */
	const char *time;       /* MSH-7, e.g. "20260716103000+0700" */
	const char
	    *application; /* MSH-3, MSH-4 of the answer when the message names no receiver; may be NULL */
	const char *facility;
	enum hl7_charset charset; /* of the answer: the sender's; MSH-18 says so unless it is ASCII */
	const struct hl7_ack_error *errors;
	size_t error_count;
};
/*
 * Appends the acknowledgement of m: its delimiters, its MSH-11 and MSH-12, sender and receiver exchanged,
 * MSA-2 from MSH-10; version 2.5 and later get ERR-2 … ERR-8, older ones ERR-1 and MSA-3. With m NULL (no HL7
 * at all) the usual delimiters, version 2.5.1 and an empty MSA-2. Letters that the character set lacks are
 * written without their marks, then as "?". m is parsed from bytes in ack->charset, or from UTF-8 when that
 * set cannot be parsed. ERR_LIMIT when out is full.
 */
int hl7_ack_write(const struct hl7_message *m, const struct hl7_ack *ack, struct buf *out, struct err *e);
/*
 * What every receiver checks: MSH-9, MSH-10, MSH-11 (P, T or D) and MSH-12 (2.1 … 2.8.2). HL7_OUTCOME_DONE,
 * or HL7_OUTCOME_REJECTED with *ret filled.
 */
enum hl7_outcome hl7_ack_check_header(const struct hl7_message *m, struct hl7_ack_error *ret);
/* The error a message that hl7_parse refused with e is answered with. */
struct hl7_ack_error hl7_ack_error_of(const struct err *e);
