/* Tokens of the rule language. */
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "claims/rules/internal.h"

void
lex_init(struct lexer *l, struct arena *a, const char *file, struct slice source)
{
	*l = (struct lexer){ .arena = a, .file = file, .source = source, .line = 1, .column = 1 };
}

static int
fail_at(const struct lexer *l, const struct token *t, struct err *e, enum err_code code, const char *fmt,
    va_list args)
{
	char place[128], detail[320];
	snprintf(place, sizeof(place), "%.90s:%u:%u", l->file, t->line, t->column);
	vsnprintf(detail, sizeof(detail), fmt, args);
	return err_set(e, code, place, "%s", detail);
}

int
lex_fail(const struct lexer *l, struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	fail_at(l, &l->token, e, code, fmt, args);
	va_end(args);
	return code;
}

int
token_fail(
    const struct lexer *l, const struct token *t, struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	fail_at(l, t, e, code, fmt, args);
	va_end(args);
	return code;
}

static char
peek(const struct lexer *l, size_t ahead)
{
	return l->at + ahead < l->source.len ? l->source.at[l->at + ahead] : '\0';
}

static void
step(struct lexer *l)
{
	if (l->source.at[l->at] == '\n') {
		l->line++;
		l->column = 1;
	} else if ((l->source.at[l->at] & 0xC0) != 0x80) {
		l->column++;
	}
	l->at++;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

static void
skip_blanks(struct lexer *l)
{
	while (l->at < l->source.len) {
		char c = l->source.at[l->at];
		if (c == '#') {
			while (l->at < l->source.len && l->source.at[l->at] != '\n')
				step(l);
		} else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			step(l);
		} else {
			return;
		}
	}
}

/* A text in quotes: \" and \\ are the only escapes, so that a pattern's other backslashes stay. */
static int
lex_text(struct lexer *l, struct err *e)
{
	struct token *t = &l->token;
	size_t start = l->at + 1, end;
	t->kind = TOKEN_TEXT;
	step(l);
	for (;;) {
		char c = peek(l, 0);
		if (l->at >= l->source.len || c == '\n')
			return lex_fail(
			    l, e, ERR_INPUT, "the text that begins here has no closing quote on its line");
		if (c == '"')
			break;
		if (c == '\\' && (peek(l, 1) == '"' || peek(l, 1) == '\\'))
			step(l);
		step(l);
	}
	end = l->at;
	step(l);
	if (end - start > RULE_TEXT_MAX)
		return lex_fail(l, e, ERR_LIMIT, "a text may have %u bytes", RULE_TEXT_MAX);
	char *copy = arena_alloc(l->arena, end - start + 1);
	size_t len = 0;
	for (size_t i = start; i < end; i++) {
		char c = l->source.at[i], next = i + 1 < end ? l->source.at[i + 1] : '\0';
		if (c == '\\' && (next == '"' || next == '\\'))
			c = l->source.at[++i];
		copy[len++] = c;
	}
	t->text = slice_from(copy, len);
	return 0;
}

static void
lex_number(struct lexer *l)
{
	struct token *t = &l->token;
	size_t start = l->at;
	t->kind = TOKEN_NUMBER;
	while (is_digit(peek(l, 0)))
		step(l);
	bool year = l->at - start == 4;
	if (year && peek(l, 0) == '-' && is_digit(peek(l, 1)) && is_digit(peek(l, 2)) && peek(l, 3) == '-' &&
	    is_digit(peek(l, 4)) && is_digit(peek(l, 5))) {
		t->kind = TOKEN_DATE;
		for (int i = 0; i < 6; i++)
			step(l);
	} else if (peek(l, 0) == '.' && is_digit(peek(l, 1))) {
		step(l);
		while (is_digit(peek(l, 0)))
			step(l);
	}
	t->text = slice_from(l->source.at + start, l->at - start);
}

static int
lex_mark(struct lexer *l, struct err *e)
{
	static const char *const two[] = { "<>", "<=", ">=", NULL };
	struct token *t = &l->token;
	size_t start = l->at;
	char c = peek(l, 0);
	t->kind = TOKEN_MARK;
	if (!strchr("(),.:=<>+-*/[]", c)) {
		size_t n = utf8_decode(slice_skip(l->source, l->at), &(uint32_t){ 0 });
		return lex_fail(
		    l, e, ERR_INPUT, "unexpected character \"%.*s\"", (int)n, l->source.at + l->at);
	}
	step(l);
	for (size_t i = 0; two[i]; i++) {
		if (c == two[i][0] && peek(l, 0) == two[i][1]) {
			step(l);
			break;
		}
	}
	t->text = slice_from(l->source.at + start, l->at - start);
	return 0;
}

int
lex_next(struct lexer *l, struct err *e)
{
	skip_blanks(l);
	struct token *t = &l->token;
	*t = (struct token){ .line = l->line, .column = l->column, .at = l->at, .text = SLICE("") };
	char c = peek(l, 0);
	if (l->at >= l->source.len) {
		t->kind = TOKEN_END;
		return 0;
	}
	if (c == '"')
		return lex_text(l, e);
	if (is_digit(c)) {
		lex_number(l);
		return 0;
	}
	if (!is_word(c) || c == '_')
		return lex_mark(l, e);
	size_t start = l->at;
	t->kind = c >= 'a' && c <= 'z' ? TOKEN_NAME : TOKEN_FIELD;
	while (is_word(peek(l, 0)))
		step(l);
	t->text = slice_from(l->source.at + start, l->at - start);
	return 0;
}

int
lex_word(struct lexer *l, struct slice *ret, struct err *e)
{
	/* the current token was read already: go back to its first byte */
	l->at = l->token.at;
	l->line = l->token.line;
	l->column = l->token.column;
	size_t start = l->at;
	while (is_word(peek(l, 0)) || peek(l, 0) == '-')
		step(l);
	*ret = slice_from(l->source.at + start, l->at - start);
	if (ret->len == 0)
		return lex_fail(l, e, ERR_INPUT, "a name is expected here");
	return lex_next(l, e);
}

bool
lex_is(const struct lexer *l, const char *text)
{
	enum token_kind kind = l->token.kind;
	return (kind == TOKEN_NAME || kind == TOKEN_MARK || kind == TOKEN_FIELD) &&
	       is_slice(l->token.text, text);
}
