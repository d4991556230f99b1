#include "hl7/escape.h"

#define REPEAT_MAX 99u /* of \.sp<n>\ and \.sk<n>\ */

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static unsigned
hex_value(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

static bool
all_hex(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_hex(s.at[i]))
			return false;
	return true;
}

/* ".sp", ".in+4": two letters, then nothing or a number with or without sign. */
static bool
is_command(struct slice s)
{
	size_t i = 3;

	if (s.len < 3 || s.at[1] < 'a' || s.at[1] > 'z' || s.at[2] < 'a' || s.at[2] > 'z')
		return false;
	if (i < s.len && (s.at[i] == '+' || s.at[i] == '-' || s.at[i] == ' '))
		i++;
	if (i < s.len && i > 3 && s.at[i - 1] == ' ' && (s.at[i] == '+' || s.at[i] == '-'))
		i++;
	if (i == s.len)
		return s.len == 3;
	return slice_is_digits(slice_skip(s, i));
}

/* What stands between two escape characters. */
static bool
is_sequence(struct slice s)
{
	if (s.len == 0)
		return false;
	struct slice rest = slice_skip(s, 1);
	switch (s.at[0]) {
	case 'F':
	case 'S':
	case 'R':
	case 'E':
	case 'T':
	case 'P':
	case 'H':
	case 'N':
		return s.len == 1;
	case 'X':
		return rest.len > 0 && rest.len % 2 == 0 && all_hex(rest);
	case 'C':
		return rest.len == 4 && all_hex(rest);
	case 'M':
		return (rest.len == 4 || rest.len == 6) && all_hex(rest);
	case 'Z':
		return true;
	case '.':
		return is_command(s);
	default:
		return false;
	}
}

size_t
hl7_escape_length(struct slice s, char escape)
{
	if (escape == 0 || s.len < 3 || s.at[0] != escape)
		return 0;
	struct slice inner = slice_skip(s, 1);
	inner.len = slice_find(inner, escape);
	return inner.len + 2 <= s.len && is_sequence(inner) ? inner.len + 2 : 0;
}

static char
delimiter_of(char letter, const struct hl7_delimiters *d)
{
	switch (letter) {
	case 'F':
		return d->field;
	case 'S':
		return d->component;
	case 'R':
		return d->repetition;
	case 'E':
		return d->escape;
	case 'T':
		return d->subcomponent;
	case 'P':
		return d->truncation;
	default:
		return 0;
	}
}

static void
add_repeated(struct slice number, const char *what, struct buf *out)
{
	unsigned n = 0;

	for (size_t i = 0; i < number.len && n <= REPEAT_MAX; i++)
		if (number.at[i] >= '0' && number.at[i] <= '9')
			n = n * 10 + (unsigned)(number.at[i] - '0');
	n = number.len == 0 ? 1 : n > REPEAT_MAX ? REPEAT_MAX : n;
	while (n-- > 0)
		buf_add_text(out, what);
}

/* Formatting for people; false when the sequence has no such meaning. */
static bool
add_plain(struct slice s, struct buf *out)
{
	struct slice command = slice_from(s.at, s.len < 3 ? s.len : 3), number = slice_skip(s, 3);

	if (slice_eq_text(s, "H") || slice_eq_text(s, "N"))
		return true;
	if (s.at[0] != '.')
		return false;
	if (slice_eq_text(command, ".br") || slice_eq_text(command, ".ce"))
		buf_add_char(out, '\n');
	else if (slice_eq_text(command, ".sp"))
		add_repeated(number, "\n", out);
	else if (slice_eq_text(command, ".sk"))
		add_repeated(number, " ", out);
	else
		return slice_eq_text(command, ".in") || slice_eq_text(command, ".ti") ||
		       slice_eq_text(command, ".fi") || slice_eq_text(command, ".nf");
	return true;
}

static void
add_sequence(struct slice whole, const struct hl7_delimiters *d, enum hl7_text_mode mode, struct buf *out)
{
	struct slice s = slice_from(whole.at + 1, whole.len - 2);
	char delimiter = s.len == 1 ? delimiter_of(s.at[0], d) : 0;

	if (delimiter != 0) {
		buf_add_char(out, delimiter);
	} else if (s.at[0] == 'X') {
		for (size_t i = 1; i < s.len; i += 2)
			buf_add_char(out, (char)(hex_value(s.at[i]) << 4 | hex_value(s.at[i + 1])));
	} else if (mode != HL7_TEXT_PLAIN || !add_plain(s, out)) {
		buf_add(out, whole);
	}
}

void
hl7_unescape_add(struct slice raw, const struct hl7_delimiters *d, enum hl7_text_mode mode, struct buf *out)
{
	while (raw.len > 0) {
		size_t n = d->escape ? slice_find(raw, d->escape) : raw.len;

		buf_add(out, slice_from(raw.at, n));
		raw = slice_skip(raw, n);
		if (raw.len == 0)
			return;
		n = hl7_escape_length(raw, d->escape);
		if (n > 0)
			add_sequence(slice_from(raw.at, n), d, mode, out);
		else
			buf_add_char(out, raw.at[0]);
		raw = slice_skip(raw, n > 0 ? n : 1);
	}
}

struct slice
hl7_unescape(struct slice raw, const struct hl7_delimiters *d, enum hl7_text_mode mode, struct buf *work)
{
	if (raw.len == 0 || d->escape == 0 || memchr(raw.at, d->escape, raw.len) == NULL)
		return raw;
	buf_reset(work);
	hl7_unescape_add(raw, d, mode, work);
	return buf_slice(work);
}

/* The letter of a delimiter's sequence, 'X' for a byte that must be written in hexadecimal, else 0. */
static char
letter_of(char c, const struct hl7_delimiters *d)
{
	if ((unsigned char)c < 0x20 || c == 0x7f)
		return 'X';
	if (c == d->field)
		return 'F';
	if (c == d->component)
		return 'S';
	if (c == d->repetition)
		return 'R';
	if (c == d->escape)
		return 'E';
	if (c == d->subcomponent)
		return 'T';
	return c == d->truncation ? 'P' : 0;
}

static void
add_escaped(char c, char letter, const struct hl7_delimiters *d, enum hl7_text_mode mode, struct buf *out)
{
	buf_add_char(out, d->escape);
	if (letter != 'X')
		buf_add_char(out, letter);
	else if (c == '\n' && mode == HL7_TEXT_PLAIN && letter_of('.', d) == 0)
		buf_add_text(out, ".br");
	else
		buf_addf(out, "X%02X", (unsigned)(unsigned char)c);
	buf_add_char(out, d->escape);
}

static size_t
plain_run(struct slice s, const struct hl7_delimiters *d)
{
	size_t i = 0;

	while (i < s.len && letter_of(s.at[i], d) == 0)
		i++;
	return i;
}

int
hl7_escape(struct slice text, const struct hl7_delimiters *d, enum hl7_text_mode mode, struct buf *out,
    struct err *e)
{
	bool quotes = slice_eq_text(text, "\"\"");

	if (d->escape == 0 && (quotes || plain_run(text, d) < text.len))
		return err_set(e, ERR_INPUT, NULL, "the text needs escaping; there is no escape character");
	if (quotes) {
		add_escaped('"', 'X', d, mode, out);
		text = slice_skip(text, 1);
	}
	while (text.len > 0) {
		size_t n = plain_run(text, d);

		buf_add(out, slice_from(text.at, n));
		text = slice_skip(text, n);
		if (text.len > 0)
			add_escaped(text.at[0], letter_of(text.at[0], d), d, mode, out);
		text = slice_skip(text, 1);
	}
	return 0;
}
