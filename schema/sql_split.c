#include "schema/sql_split.h"

#include <strings.h>

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static size_t
skip_line_comment(struct slice s, size_t at)
{
	while (at < s.len && s.at[at] != '\n')
		at++;
	return at;
}

static size_t
skip_block_comment(struct slice s, size_t at)
{
	size_t depth = 1;

	for (at += 2; at < s.len && depth > 0; at++) {
		char next = at + 1 < s.len ? s.at[at + 1] : '\0';
		if (s.at[at] == '/' && next == '*') {
			depth++;
			at++;
		} else if (s.at[at] == '*' && next == '/') {
			depth--;
			at++;
		}
	}
	return at;
}

/* at is on the opening quote; a doubled quote reopens at once, which is the same as going on. */
static size_t
skip_quoted(struct slice s, size_t at, bool escapes)
{
	char quote = s.at[at];

	for (at++; at < s.len && s.at[at] != quote; at++) {
		if (escapes && s.at[at] == '\\' && at + 1 < s.len)
			at++;
	}
	return at < s.len ? at + 1 : at;
}

/* at is on a '$'; when a dollar quote starts there, the position after its end, else at + 1. */
static size_t
skip_dollar_quoted(struct slice s, size_t at)
{
	size_t tag_end = at + 1;

	while (tag_end < s.len && is_word_char(s.at[tag_end]))
		tag_end++;
	bool is_parameter = tag_end > at + 1 && s.at[at + 1] >= '0' && s.at[at + 1] <= '9';
	if (tag_end >= s.len || s.at[tag_end] != '$' || is_parameter)
		return at + 1;
	struct slice tag = slice_from(s.at + at, tag_end + 1 - at);
	for (size_t i = tag_end + 1; i + tag.len <= s.len; i++) {
		if (memcmp(s.at + i, tag.at, tag.len) == 0)
			return i + tag.len;
	}
	return s.len;
}

struct scan {
	struct slice text;
	size_t parentheses;
	size_t atomic; /* open begin atomic / case … end inside a function body */
};

/* A word changes the nesting of a standard SQL function body. */
static size_t
skip_word(struct scan *scan, size_t at)
{
	struct slice s = scan->text;
	size_t end = at;

	while (end < s.len && (is_word_char(s.at[end]) || s.at[end] == '$'))
		end++;
	size_t len = end - at;
	const char *word = s.at + at;
	if (len == 6 && strncasecmp(word, "atomic", len) == 0)
		scan->atomic++;
	else if (scan->atomic > 0 && len == 4 && strncasecmp(word, "case", len) == 0)
		scan->atomic++;
	else if (scan->atomic > 0 && len == 3 && strncasecmp(word, "end", len) == 0)
		scan->atomic--;
	if (len == 1 && (*word == 'e' || *word == 'E') && end < s.len && s.at[end] == '\'')
		return skip_quoted(s, end, true);
	return end;
}

/* The position after the token at `at`. */
static size_t
skip_token(struct scan *scan, size_t at)
{
	struct slice s = scan->text;
	char c = s.at[at];
	char next = at + 1 < s.len ? s.at[at + 1] : '\0';

	if (c == '-' && next == '-')
		return skip_line_comment(s, at);
	if (c == '/' && next == '*')
		return skip_block_comment(s, at);
	if (c == '\'' || c == '"')
		return skip_quoted(s, at, false);
	if (c == '$')
		return skip_dollar_quoted(s, at);
	if (is_word_char(c))
		return skip_word(scan, at);
	if (c == '(')
		scan->parentheses++;
	if (c == ')' && scan->parentheses > 0)
		scan->parentheses--;
	return at + 1;
}

static size_t
count_lines(struct slice s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.len; i++)
		count += s.at[i] == '\n';
	return count;
}

/* Blanks, comments and empty statements before the next statement. */
static size_t
skip_between(struct slice s)
{
	struct scan scan = { .text = s };
	size_t at = 0;

	while (at < s.len) {
		bool is_comment = at + 1 < s.len && ((s.at[at] == '-' && s.at[at + 1] == '-') ||
							(s.at[at] == '/' && s.at[at + 1] == '*'));
		if (is_comment)
			at = skip_token(&scan, at);
		else if (is_blank(s.at[at]) || s.at[at] == ';')
			at++;
		else
			break;
	}
	return at;
}

bool
sql_next_statement(struct slice *rest, size_t *line, struct slice *ret_statement, size_t *ret_line)
{
	size_t start = skip_between(*rest);
	*line += count_lines(slice_from(rest->at, start));
	*rest = slice_skip(*rest, start);
	if (rest->len == 0)
		return false;

	struct scan scan = { .text = *rest };
	size_t at = 0;
	while (at < rest->len) {
		if (rest->at[at] == ';' && scan.parentheses == 0 && scan.atomic == 0)
			break;
		at = skip_token(&scan, at);
	}
	*ret_statement = slice_from(rest->at, at);
	*ret_line = *line;
	*line += count_lines(*ret_statement);
	*rest = slice_skip(*rest, at + 1);
	return true;
}
