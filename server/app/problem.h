/*
 * Problems (RFC 9457). Codes, HTTP status and titles are rows of problems.tsv files; what PostgreSQL
 * reports becomes one of them through a single table of SQLSTATEs.
 *
 * SQL of ours raises SQLSTATE 'HM' + three digits (= HTTP status), MESSAGE = problem code,
 * DETAIL = JSON array of {"pointer", "code", "detail"} or empty.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"
#include "server/pg/pg.h"

/* One row of problems.tsv: code, http, title_vi, title_en, constraint ("" or a constraint's name that
 * means this problem). */
struct problem_row {
	const char *code;
	int http;
	const char *title_vi, *title_en;
	const char *constraint;
};
/* Generated from all problems.tsv, sorted by code. */
extern const struct problem_row problem_rows[];
extern const size_t problem_row_count;

/* NULL when there is no such code. */
const struct problem_row *problem_find(struct slice code);
const struct problem_row *problem_find_constraint(struct slice constraint);

struct problem {
	int http;
	const char *code;
	const char *title_vi, *title_en;
	const char *detail;  /* one sentence or NULL */
	const char *errors;  /* JSON array or NULL */
	const char *verdict; /* JSON of an extension member "verdict", or NULL */
	int retry_after_s;   /* 0 = no header */
};

/* From a code of the table; an unknown code gets the general titles of `http` (or 500). */
void problem_from_code(struct problem *ret, const char *code, int http);
/*
 * What went wrong in the database. errors[] names the field: from the constraint or column, or the member of
 * the request's body (may be empty) whose value the server quotes as unusable. Texts in a.
 */
void problem_from_pg(struct problem *ret, struct arena *a, const struct pg_error *e, struct slice body);
/* Adds one element to p->errors (made in a). pointer is a JSON pointer, or "?name" for a parameter. */
void problem_add(
    struct problem *p, struct arena *a, const char *pointer, const char *code, const char *detail);
/* The JSON body. `title` is Vietnamese unless accept_language prefers English. */
void problem_write(
    const struct problem *p, struct slice accept_language, struct slice request_id, struct buf *out);
#define PROBLEM_CONTENT_TYPE "application/problem+json"
