/*
 * Patterns without backtracking: the positions of the pattern (each character it spells out) form an
 * automaton (Glushkov) of at most 127 states, run on bit sets. Time is the text's length times a small
 * constant.
 */
#include "claims/rules/internal.h"

#define STATES (RULE_PATTERN_STATES_MAX + 1)
#define DEPTH_MAX 20u
#define REPEAT_MAX 100u
#define WORK_MAX 2000u

struct bits {
	uint64_t word[2];
};

struct pattern {
	unsigned states; /* used; 0 is the start */
	bool empty;      /* matches "" */
	struct bits last;
	struct bits follow[STATES];
	struct bits by_byte[256]; /* states that a byte may enter */
};

/* A part of the pattern as an automaton: where it may begin, end, and whether it may be empty. */
struct part {
	struct bits first, last;
	bool empty;
};

struct reader {
	struct pattern *p;
	struct slice text;
	size_t at;
	unsigned depth;
	unsigned work; /* atoms read, copies counted */
	enum err_code code;
	const char *why;
};

static void
bit_add(struct bits *b, unsigned i)
{
	b->word[i / 64] |= UINT64_C(1) << i % 64;
}

static bool
bit_has(const struct bits *b, unsigned i)
{
	return b->word[i / 64] >> i % 64 & 1;
}

static void
bits_join(struct bits *b, struct bits other)
{
	b->word[0] |= other.word[0];
	b->word[1] |= other.word[1];
}

static void
fail(struct reader *r, enum err_code code, const char *why)
{
	if (r->code)
		return;
	r->code = code;
	r->why = why;
}

static char
now(const struct reader *r)
{
	return r->at < r->text.len ? r->text.at[r->at] : '\0';
}

static bool
at_end(const struct reader *r)
{
	return r->code || r->at >= r->text.len;
}

/* ---- one character or class ---- */

struct class
{
	bool has[256];
};

static void
class_range(struct class *c, int from, int to)
{
	for (int i = from; i <= to; i++)
		c->has[i] = true;
}

static void
class_escape(struct class *c, char escape)
{
	if (escape == 'd')
		class_range(c, '0', '9');
	else if (escape == 'u')
		class_range(c, 0x80, 0xFF);
	else
		c->has[(unsigned char)escape] = true;
}

static void
read_set(struct reader *r, struct class *c)
{
	bool negated = now(r) == '^';
	if (negated)
		r->at++;
	while (!at_end(r) && now(r) != ']') {
		unsigned char from = (unsigned char)now(r);
		r->at++;
		if (from == '\\') {
			class_escape(c, now(r));
			r->at++;
		} else if (now(r) == '-' && r->at + 1 < r->text.len && r->text.at[r->at + 1] != ']') {
			unsigned char to = (unsigned char)r->text.at[r->at + 1];
			if (to < from)
				fail(r, ERR_INPUT, "the range in [ ] runs backwards");
			class_range(c, from, to);
			r->at += 2;
		} else {
			c->has[from] = true;
		}
	}
	if (at_end(r))
		fail(r, ERR_INPUT, "a [ is not closed");
	r->at++;
	for (int i = 0; negated && i < 256; i++)
		c->has[i] = !c->has[i];
}

static struct part
part_of_class(struct reader *r, const struct class *c)
{
	struct part part = { 0 };
	if (r->p->states == STATES) {
		fail(r, ERR_LIMIT, "the pattern is too large when its repetitions are written out");
		return part;
	}
	unsigned state = r->p->states++;
	for (int i = 0; i < 256; i++)
		if (c->has[i])
			bit_add(&r->p->by_byte[i], state);
	bit_add(&part.first, state);
	bit_add(&part.last, state);
	return part;
}

/* ---- parts joined ---- */

static void
follow_with(struct reader *r, struct bits from, struct bits to)
{
	for (unsigned i = 0; i < r->p->states; i++)
		if (bit_has(&from, i))
			bits_join(&r->p->follow[i], to);
}

static struct part
join(struct reader *r, struct part a, struct part b)
{
	struct part part = { .first = a.first, .last = b.last, .empty = a.empty && b.empty };
	follow_with(r, a.last, b.first);
	if (a.empty)
		bits_join(&part.first, b.first);
	if (b.empty)
		bits_join(&part.last, a.last);
	return part;
}

static struct part read_choice(struct reader *r);

static struct part
read_atom(struct reader *r)
{
	struct class class = { 0 };
	char c = now(r);
	r->at++;
	if (++r->work > WORK_MAX)
		fail(r, ERR_LIMIT, "the pattern is too large when its repetitions are written out");
	if (c == '(') {
		if (++r->depth > DEPTH_MAX)
			fail(r, ERR_LIMIT, "the pattern is nested too deeply");
		struct part part = r->code ? (struct part){ 0 } : read_choice(r);
		r->depth--;
		if (now(r) != ')')
			fail(r, ERR_INPUT, "a ( is not closed");
		r->at++;
		return part;
	}
	if (c == '[')
		read_set(r, &class);
	else if (c == '.')
		class_range(&class, 0, 255);
	else if (c == '\\' && !at_end(r))
		class_escape(&class, r->text.at[r->at++]);
	else if (c == '\\' || strchr("?*+{})]", c))
		fail(r, ERR_INPUT, "a repetition or bracket stands where a character is expected");
	else
		class.has[(unsigned char)c] = true;
	return part_of_class(r, &class);
}

static unsigned
read_count(struct reader *r)
{
	unsigned n = 0;
	size_t start = r->at;
	while (now(r) >= '0' && now(r) <= '9' && n <= REPEAT_MAX)
		n = n * 10 + (unsigned)(r->text.at[r->at++] - '0');
	if (r->at == start)
		fail(r, ERR_INPUT, "{ } needs numbers: {3} or {1,3}");
	if (n > REPEAT_MAX)
		fail(r, ERR_LIMIT, "a repetition may not exceed 100");
	return n;
}

/* {m} or {m,n}: the atom is read again from its first byte for each copy. */
static struct part
repeat(struct reader *r, struct part part, size_t atom, unsigned least, unsigned most)
{
	size_t after = r->at;
	struct part first = part;
	if (least == 0)
		first.empty = true;
	struct part all = first;
	for (unsigned i = 1; i < most && !r->code; i++) {
		r->at = atom;
		struct part copy = read_atom(r);
		if (i >= least)
			copy.empty = true;
		all = join(r, all, copy);
	}
	r->at = after;
	return all;
}

static struct part
read_repeated(struct reader *r)
{
	size_t atom = r->at;
	struct part part = read_atom(r);
	char c = now(r);
	if (at_end(r) || !strchr("?*+{", c))
		return part;
	r->at++;
	if (c == '?' || c == '*')
		part.empty = true;
	if (c == '*' || c == '+')
		follow_with(r, part.last, part.first);
	if (c != '{')
		return part;
	unsigned least = read_count(r), most = least;
	if (now(r) == ',') {
		r->at++;
		most = read_count(r);
	}
	if (now(r) != '}')
		fail(r, ERR_INPUT, "a { is not closed");
	r->at++;
	if (most < least || most == 0)
		fail(r, ERR_INPUT, "{m,n} needs 0 < n and m ≤ n");
	return r->code ? part : repeat(r, part, atom, least, most);
}

static struct part
read_sequence(struct reader *r)
{
	struct part all = { .empty = true };
	while (!at_end(r) && now(r) != '|' && now(r) != ')')
		all = join(r, all, read_repeated(r));
	return all;
}

static struct part
read_choice(struct reader *r)
{
	struct part all = read_sequence(r);
	while (!at_end(r) && now(r) == '|') {
		r->at++;
		struct part other = read_sequence(r);
		bits_join(&all.first, other.first);
		bits_join(&all.last, other.last);
		all.empty |= other.empty;
	}
	return all;
}

int
pattern_compile(struct arena *a, struct slice text, const struct pattern **ret, struct err *e)
{
	struct reader r = { .text = text };
	if (text.len > RULE_PATTERN_MAX)
		return err_set(e, ERR_LIMIT, NULL, "a pattern may have %u bytes", RULE_PATTERN_MAX);
	r.p = ARENA_NEW(a, struct pattern);
	r.p->states = 1;
	struct part all = read_choice(&r);
	if (!r.code && r.at < text.len)
		fail(&r, ERR_INPUT, "a ) is not opened");
	if (r.code)
		return err_set(e, r.code, NULL, "pattern, character %zu: %s",
		    r.at < text.len ? r.at + 1 : text.len, r.why);
	r.p->follow[0] = all.first;
	r.p->last = all.last;
	r.p->empty = all.empty;
	*ret = r.p;
	return 0;
}

bool
pattern_match(const struct pattern *p, struct slice text)
{
	struct bits state = { { 1, 0 } };
	if (text.len == 0)
		return p->empty;
	for (size_t i = 0; i < text.len; i++) {
		struct bits next = { 0 };
		for (unsigned w = 0; w < 2; w++) {
			for (uint64_t rest = state.word[w]; rest; rest &= rest - 1)
				bits_join(&next, p->follow[w * 64 + (unsigned)__builtin_ctzll(rest)]);
		}
		const struct bits *may = &p->by_byte[(unsigned char)text.at[i]];
		state.word[0] = next.word[0] & may->word[0];
		state.word[1] = next.word[1] & may->word[1];
		if (!(state.word[0] | state.word[1]))
			return false;
	}
	return (state.word[0] & p->last.word[0]) | (state.word[1] & p->last.word[1]);
}
