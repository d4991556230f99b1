/* Paths: compiled once, looked up in any message. */
#include <stdio.h>

#include "hl7/path.h"

#define NUMBER_MAX (UINT16_MAX - 1)

struct reader {
	struct slice text;
	size_t at;
	struct err *e;
};

static int
fault(const struct reader *r, const char *detail)
{
	char place[32];

	snprintf(place, sizeof(place), "character %zu", r->at + 1);
	return err_set(r->e, ERR_INPUT, place, "%s", detail);
}

static char
peek(const struct reader *r)
{
	return r->at < r->text.len ? r->text.at[r->at] : 0;
}

static int
read_number(struct reader *r, uint16_t *ret)
{
	uint32_t n = 0;

	if (peek(r) < '0' || peek(r) > '9')
		return fault(r, "a number is needed");
	for (; peek(r) >= '0' && peek(r) <= '9'; r->at++) {
		n = n * 10 + (uint32_t)(peek(r) - '0');
		if (n > NUMBER_MAX)
			return fault(r, "the number is too large");
	}
	if (n == 0)
		return fault(r, "numbers count from 1");
	*ret = (uint16_t)n;
	return 0;
}

/* "(n)", "[n]" or "(*)"; *ret stays when there is none. */
static int
read_count(struct reader *r, uint16_t *ret)
{
	char open = peek(r);
	int rc = 0;

	if (open != '(' && open != '[')
		return 0;
	r->at++;
	if (peek(r) == '*') {
		*ret = HL7_EACH;
		r->at++;
	} else {
		rc = read_number(r, ret);
	}
	if (rc < 0)
		return rc;
	if (peek(r) != (open == '(' ? ')' : ']'))
		return fault(r, "the bracket is not closed");
	r->at++;
	return 0;
}

static int
read_step(struct reader *r, struct hl7_step *step)
{
	size_t n = 0;

	*step = (struct hl7_step){ .nth = 1 };
	for (char c; (c = peek(r)) != 0; r->at++) {
		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			break;
		if (n == 3)
			return fault(r, "a segment's name has at most three characters");
		step->name[n++] = c >= 'a' ? (char)(c - 'a' + 'A') : c;
	}
	if (n == 0)
		return fault(r, "a segment's name is needed");
	return read_count(r, &step->nth);
}

static int
read_steps(struct reader *r, struct hl7_path *p)
{
	for (;;) {
		int rc = read_step(r, &p->step[p->steps++]);

		if (rc < 0 || peek(r) != '/')
			return rc;
		if (p->step[p->steps - 1].nth == HL7_EACH)
			return fault(r, "only the last segment may be each one");
		if (p->steps == HL7_PATH_STEPS)
			return fault(r, "too many segments");
		r->at++;
	}
}

static bool
pass_separator(struct reader *r)
{
	if (peek(r) != '-' && peek(r) != '.')
		return false;
	r->at++;
	return true;
}

int
hl7_path_compile(struct slice text, struct hl7_path *ret, struct err *e)
{
	struct reader r = { .text = text, .e = e };
	struct hl7_path p = { .steps = 0 };
	int rc = read_steps(&r, &p);

	if (rc == 0 && pass_separator(&r)) {
		rc = read_number(&r, &p.field);
		if (rc == 0)
			rc = read_count(&r, &p.repetition);
		if (rc == 0 && pass_separator(&r))
			rc = read_number(&r, &p.component);
		if (rc == 0 && p.component && pass_separator(&r))
			rc = read_number(&r, &p.subcomponent);
	}
	if (rc == 0 && r.at < text.len)
		return fault(&r, "the path should end here");
	if (rc == 0)
		*ret = p;
	return rc;
}

static void
print_count(uint16_t n, struct buf *out)
{
	if (n == HL7_EACH)
		buf_add_text(out, "(*)");
	else
		buf_addf(out, "(%u)", n);
}

void
hl7_path_print(const struct hl7_path *p, struct buf *out)
{
	for (uint16_t i = 0; i < p->steps; i++) {
		buf_add_text(out, i ? "/" : "");
		buf_add_text(out, p->step[i].name);
		if (p->step[i].nth != 1)
			print_count(p->step[i].nth, out);
	}
	if (p->field)
		buf_addf(out, "-%u", p->field);
	if (p->repetition)
		print_count(p->repetition, out);
	if (p->component)
		buf_addf(out, ".%u", p->component);
	if (p->subcomponent)
		buf_addf(out, ".%u", p->subcomponent);
}

/* The n-th segment of that name in from … stop, or stop. */
static uint32_t
find_nth(const struct hl7_message *m, uint32_t from, uint32_t stop, const struct hl7_step *step)
{
	uint32_t n = step->nth == HL7_EACH ? 1 : step->nth;

	for (;; from++) {
		from = hl7_segment_find(m, from, step->name);
		if (from >= stop)
			return stop;
		if (--n == 0)
			return from;
	}
}

/* Goes down the groups: the first segment that the path means and where its group stops. */
bool
hl7_path_segment(const struct hl7_message *m, const struct hl7_path *p, uint32_t *ret, uint32_t *ret_stop)
{
	uint32_t from = 0, stop = m->segment_count;

	for (uint16_t i = 0;; i++) {
		from = find_nth(m, from, stop, &p->step[i]);
		if (from == stop)
			return false;
		if (i + 1 == p->steps)
			break;
		uint32_t next = hl7_segment_find(m, from + 1, p->step[i].name);
		stop = next < stop ? next : stop;
		from++;
	}
	*ret = from;
	*ret_stop = stop;
	return true;
}

static struct hl7_value
value_at(const struct hl7_message *m, const struct hl7_path *p, uint32_t segment, unsigned repetition)
{
	if (p->field == 0) {
		struct slice s = hl7_segment(m, segment);
		return (struct hl7_value){ HL7_VALUE, s };
	}
	struct hl7_value v = hl7_field(m, segment, p->field);
	if (p->field <= 2 && hl7_is_header_field(m, segment, p->field)) {
		if (repetition > 1 || p->component > 1 || p->subcomponent > 1)
			return (struct hl7_value){ HL7_ABSENT, { NULL, 0 } };
		return v;
	}
	return hl7_part(m, v, repetition, p->component, p->subcomponent);
}

struct hl7_value
hl7_get(const struct hl7_message *m, const struct hl7_path *p)
{
	uint32_t segment, stop;

	if (!hl7_path_segment(m, p, &segment, &stop))
		return (struct hl7_value){ HL7_ABSENT, { NULL, 0 } };
	return value_at(m, p, segment, p->repetition == HL7_EACH ? 1 : p->repetition);
}

struct hl7_value
hl7_get_text(const struct hl7_message *m, const char *path)
{
	struct hl7_path p;

	if (hl7_path_compile(slice_of(path), &p, NULL) != 0)
		return (struct hl7_value){ HL7_ABSENT, { NULL, 0 } };
	return hl7_get(m, &p);
}

/* The next repetition of the current segment's field. */
static bool
next_repetition(
    const struct hl7_message *m, const struct hl7_path *p, struct hl7_cursor *c, struct hl7_value *ret)
{
	bool header = p->field <= 2 && hl7_is_header_field(m, c->segment, p->field);
	struct hl7_value piece;

	if (!hl7_piece_next(&c->rest, header ? 0 : m->delimiters.repetition, &piece))
		return false;
	*ret = header ? value_at(m, p, c->segment, 1) : hl7_part(m, piece, 1, p->component, p->subcomponent);
	return true;
}

static void
enter_segment(const struct hl7_message *m, const struct hl7_path *p, struct hl7_cursor *c)
{
	struct hl7_value field = { HL7_ABSENT, { NULL, 0 } };

	if (c->segment < c->stop)
		field = hl7_field(m, c->segment, p->field);
	c->rest = field.raw;
}

bool
hl7_each(const struct hl7_message *m, const struct hl7_path *p, struct hl7_cursor *c, struct hl7_value *ret)
{
	const struct hl7_step *last = &p->step[p->steps - 1];
	bool each_repetition = p->repetition == HL7_EACH, begins = !c->started;

	if (begins) {
		if (!hl7_path_segment(m, p, &c->segment, &c->stop))
			return false;
		c->started = true;
		enter_segment(m, p, c);
	}
	while (c->segment < c->stop) {
		if (each_repetition ? next_repetition(m, p, c, ret) : begins) {
			if (!each_repetition)
				*ret = value_at(m, p, c->segment, p->repetition);
			return true;
		}
		c->segment =
		    last->nth == HL7_EACH ? hl7_segment_find(m, c->segment + 1, last->name) : c->stop;
		begins = true;
		enter_segment(m, p, c);
	}
	return false;
}
