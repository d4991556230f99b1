/* Inside claims/rules/ only: tokens and patterns. */
#pragma once

#include "claims/rules/rules.h"

/* ---- tokens ---- */

enum token_kind {
	TOKEN_END,
	TOKEN_NAME,   /* starts with a small letter */
	TOKEN_FIELD,  /* starts with a capital */
	TOKEN_NUMBER, /* 15, 0.15 */
	TOKEN_DATE,   /* 2025-07-01 */
	TOKEN_TEXT,   /* "…": text holds what stands between the quotes, escapes resolved */
	TOKEN_MARK    /* ( ) , . : = <> < <= > >= + - * / [ ] */
};

struct token {
	enum token_kind kind;
	struct slice text;
	uint32_t line, column;
	size_t at; /* offset of its first byte */
};

struct lexer {
	struct arena *arena;
	const char *file;
	struct slice source;
	size_t at;
	uint32_t line, column;
	struct token token; /* the current one */
};

void lex_init(struct lexer *l, struct arena *a, const char *file, struct slice source);
/* Moves to the next token: 0, ERR_INPUT or ERR_LIMIT. */
int lex_next(struct lexer *l, struct err *e);
/* Takes the bytes up to white space as one word, for ids such as X1-054; the token after it becomes current.
 */
int lex_word(struct lexer *l, struct slice *ret, struct err *e);
bool lex_is(const struct lexer *l, const char *text); /* the current token is this name or mark */
/* Fills e with "file:line:column" of the current token (or of t) and returns code. */
int lex_fail(const struct lexer *l, struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int token_fail(const struct lexer *l, const struct token *t, struct err *e, enum err_code code,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* ---- patterns ---- */

struct pattern;
/*
 * Compiles a pattern for whole texts: literals, . [a-z] [^…] \d \u (a byte of a letter outside ASCII) ( ) | ?
 * * + {m} {m,n}. ERR_INPUT or ERR_LIMIT with the position in e->detail.
 */
int pattern_compile(struct arena *a, struct slice text, const struct pattern **ret, struct err *e);
/* Time: text.len × states / 64. */
bool pattern_match(const struct pattern *p, struct slice text);
