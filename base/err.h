/*
 * Error values: every function that can fail returns 0 or a negative enum err_code
 * and fills the caller's struct err. Bad input, a limit, a busy resource and a broken
 * environment are told apart; bugs are assertions, never errors.
 */
#pragma once

enum err_code {
	ERR_NONE = 0,
	ERR_INPUT = -1,      /* the data is wrong: fix it, do not retry */
	ERR_LIMIT = -2,      /* a stated limit was exceeded */
	ERR_OVERFLOW = -3,   /* a number does not fit */
	ERR_NOT_FOUND = -4,  /* no such thing, or not visible to the caller */
	ERR_CONFLICT = -5,   /* the state of the thing forbids it */
	ERR_BUSY = -6,       /* try again later */
	ERR_DENIED = -7,     /* not allowed */
	ERR_IO = -8,         /* file, socket or database failed; see detail */
	ERR_UNSUPPORTED = -9 /* well-formed, but not something we do */
};

struct err {
	enum err_code code;
	int http;         /* HTTP status that fits, 0 = derive it from code */
	char field[128];  /* JSON pointer, XML path or TSV column; "" when none */
	char detail[384]; /* one English sentence; no personal data */
};

/*
 * Fills *e (which may be NULL) and returns code, so that a caller can write
 * `return err_set(e, ERR_INPUT, "/quantity", "not a number");`.
 * field may be NULL. Over-long texts are cut at a UTF-8 character border.
 */
int err_set(struct err *e, enum err_code code, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Puts prefix before e->field, for callers that know the path of what a callee judged. */
void err_prefix_field(struct err *e, const char *prefix);

/* Stable lower-case name of a code, e.g. "input"; never NULL. */
const char *err_code_name(enum err_code code);

/* HTTP status that fits e: e->http when set, else by code (input 422, limit 413, busy 503 …). */
int err_http_status(const struct err *e);

/* Ends the process after one log line: for conditions that only a bug or a dead machine makes. */
_Noreturn void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
