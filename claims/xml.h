/*
 * Claim files: writing and reading. Two kinds (letter 1245/BHXH-CNTT): the envelope GIAMDINHHS with one or
 * more HOSO, each table base64 inside (loaiHoSo 130), and the stand-alone check-in file of XML0 (loaiHoSo 0).
 */
#pragma once

#include "claims/document.h"
#include "claims/finding.h"

/* ---- writing ---- */

struct claim_write_options {
	bool cdata; /* free text as CDATA instead of escaped; the same content */
	bool xmlns; /* declare xsi and xsd on the root, as letter 1245's template does */
};

struct claim_envelope {
	struct slice ma_cskcb; /* facility code, 5 characters */
	int32_t ngay_lap;      /* date of making, days since 1970-01-01 */
	size_t count;          /* number of HOSO that follow, ≥ 1 */
};

struct claim_writer;

/*
 * A writer into out. The same documents and options give the same bytes. Envelope: begin, add × count, end;
 * between adds the caller may send and buf_reset out (constant memory). options may be NULL.
 */
struct claim_writer *claim_writer_new(struct buf *out, const struct claim_write_options *options);
void claim_writer_free(struct claim_writer *w); /* NULL is allowed */
/* Each: 0, ERR_LIMIT when out is full, ERR_INPUT when a value or the header cannot be written (e->field names
 * it). */
int claim_write_begin(struct claim_writer *w, const struct claim_envelope *h, struct err *e);
int claim_write_add(struct claim_writer *w, const struct claim_document *d, struct err *e);
int claim_write_end(struct claim_writer *w, struct err *e);

/* A whole envelope of one claim. The document needs exactly one XML1 row. */
int claim_write(
    struct claim_writer *w, const struct claim_envelope *h, const struct claim_document *d, struct err *e);
/* The stand-alone check-in file from the XML0 rows (≥ 1). */
int claim_write_checkin(struct claim_writer *w, const struct claim_document *d, struct err *e);
/* One table as its inner document (no declaration). Tables with a wrapper only. */
int claim_write_table(
    struct claim_writer *w, const struct claim_document *d, enum claim_table t, struct err *e);

/* ---- reading ---- */

#define CLAIM_READ_DEPTH_MAX 16u                     /* element nesting of a file or a table */
#define CLAIM_READ_VALUE_MAX (8u * 1024u * 1024u)    /* bytes of one element's text, base64 included */
#define CLAIM_READ_CLAIMS_MAX 1000000u               /* HOSO of one file */
#define CLAIM_READ_ROWS_MAX CLAIM_ROWS_MAX           /* rows of one table */
#define CLAIM_READ_MEMORY_MAX (256u * 1024u * 1024u) /* of the arena, for one claim */

enum claim_file_kind { CLAIM_FILE_ENVELOPE, CLAIM_FILE_CHECKIN };

struct claim_file {
	enum claim_file_kind kind;
	struct slice ma_cskcb; /* of the envelope; empty for a check-in file */
	int32_t ngay_lap;      /* 0 = missing or unusable */
	size_t declared;       /* SOLUONGHOSO */
	size_t count;          /* HOSO found */
	bool is_signed;        /* CHUKYDONVI is not empty */
	bool xmlns;            /* the root declares namespaces */
};

/*
 * Called once per HOSO (once for a check-in file) with the document and the findings made while reading it.
 * Both live in a scratch arena that is reset after the call. Return 0 to go on, else reading stops with that
 * code.
 */
typedef int (*claim_read_fn)(
    void *context, struct claim_document *d, struct claim_findings *findings, struct err *e);

/*
 * Reads a file in constant memory (one HOSO at a time). Findings of the envelope itself go to file_findings;
 * those of a HOSO go to each. ret_file is filled at the end (slices in file_findings->arena).
 * 0 when the file could be read (perhaps with findings); ERR_INPUT when it is not one of the two kinds, not
 * well-formed, or has a DOCTYPE; ERR_LIMIT beyond a limit above; ERR_IO; or what `each` returned.
 */
int claim_read_bytes(struct slice file, struct claim_findings *file_findings, claim_read_fn each,
    void *context, struct claim_file *ret_file, struct err *e);
/* The same from an open file descriptor, not closed. */
int claim_read_fd(int fd, struct claim_findings *file_findings, claim_read_fn each, void *context,
    struct claim_file *ret_file, struct err *e);
/* A file of exactly one claim, kept in a (which must allow CLAIM_READ_MEMORY_MAX and as much again):
 * ERR_INPUT when there are none or several. */
int claim_read_one(struct slice file, struct arena *a, struct claim_findings *findings,
    struct claim_document **ret, struct claim_file *ret_file, struct err *e);
