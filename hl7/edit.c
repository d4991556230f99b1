#include "hl7/edit.h"

#include "hl7/escape.h"
#include "hl7/path.h"

struct hl7_inserted {
	struct slice text;
	struct hl7_inserted *next;
};
struct hl7_edited {
	uint32_t segment;
	bool removed;
	struct slice text;
	struct hl7_inserted *inserted;
	struct hl7_edited *next;
};

void
hl7_edit_begin(struct hl7_edit *edit, const struct hl7_message *m, struct arena *arena)
{
	*edit = (struct hl7_edit){ .m = m, .arena = arena };
}

static struct hl7_edited *
edited(struct hl7_edit *edit, uint32_t i)
{
	struct hl7_edited **at = &edit->first;

	while (*at && (*at)->segment < i)
		at = &(*at)->next;
	if (*at == NULL || (*at)->segment != i) {
		struct hl7_edited *x = ARENA_NEW(edit->arena, struct hl7_edited);

		x->segment = i;
		x->text = hl7_segment(edit->m, i);
		x->next = *at;
		*at = x;
	}
	return *at;
}

/* The n-th (from 1) piece of text between delimiters, and how many there are when it is beyond the last. */
static bool
find_piece(struct slice text, char delimiter, unsigned n, struct slice *ret, unsigned *ret_count)
{
	size_t at = 0;

	for (unsigned i = 1;; i++) {
		struct slice rest = slice_skip(text, at);
		size_t end = delimiter ? slice_find(rest, delimiter) : rest.len;

		if (i == n) {
			*ret = slice_from(rest.at, end);
			return true;
		}
		if (end == rest.len) {
			*ret_count = i;
			return false;
		}
		at += end + 1;
	}
}

static struct slice
piece(struct slice text, char delimiter, unsigned n)
{
	struct slice found = { text.at, 0 };
	unsigned count;

	find_piece(text, delimiter, n, &found, &count);
	return found;
}

/* text with its n-th piece replaced; separators are added when it had fewer. */
static struct slice
with_piece(struct arena *arena, struct slice text, char delimiter, unsigned n, struct slice value)
{
	struct slice old = { text.at + text.len, 0 };
	unsigned count = n;
	bool there = find_piece(text, delimiter, n, &old, &count);
	size_t before = there ? (size_t)(old.at - text.at) : text.len;
	size_t missing = there ? 0 : n - count;
	size_t after = text.len - before - (there ? old.len : 0);
	char *to = arena_alloc(arena, before + missing + value.len + after);

	if (before)
		memcpy(to, text.at, before);
	memset(to + before, delimiter, missing);
	if (value.len)
		memcpy(to + before + missing, value.at, value.len);
	if (after)
		memcpy(to + before + missing + value.len, text.at + text.len - after, after);
	return slice_from(to, before + missing + value.len + after);
}

/* One level of the path: which piece, between which delimiters. */
struct level {
	char delimiter;
	unsigned n;
};

static struct slice
replace(struct arena *arena, struct slice text, const struct level *level, size_t levels, struct slice value)
{
	if (levels == 0)
		return value;
	if (slice_eq_text(text, "\"\"")) /* something is said now */
		text.len = 0;
	struct slice part = piece(text, level->delimiter, level->n);
	part = replace(arena, part, level + 1, levels - 1, value);
	return with_piece(arena, text, level->delimiter, level->n, part);
}

static size_t
levels_of(const struct hl7_message *m, uint32_t i, const struct hl7_path *p, struct level out[4])
{
	const struct hl7_delimiters *d = &m->delimiters;
	bool deep = p->component || p->subcomponent;
	unsigned shift = m->shift || hl7_is_header_field(m, i, 1) ? 0 : 1;
	size_t n = 0;

	out[n++] = (struct level){ d->field, p->field + shift };
	if (p->repetition || deep)
		out[n++] = (struct level){ d->repetition, p->repetition ? p->repetition : 1 };
	if (deep)
		out[n++] = (struct level){ d->component, p->component ? p->component : 1 };
	if (p->subcomponent)
		out[n++] = (struct level){ d->subcomponent, p->subcomponent };
	return n;
}

int
hl7_edit_set_raw(struct hl7_edit *edit, const struct hl7_path *p, struct slice raw, struct err *e)
{
	const struct hl7_message *m = edit->m;
	struct level level[4];
	uint32_t i, stop;

	if (p->field == 0 || p->repetition == HL7_EACH || p->step[p->steps - 1].nth == HL7_EACH)
		return err_set(e, ERR_UNSUPPORTED, p->step[0].name, "one field is set at a time");
	if (!hl7_path_segment(m, p, &i, &stop))
		return err_set(
		    e, ERR_NOT_FOUND, p->step[p->steps - 1].name, "the message has no such segment");
	if (hl7_is_header_field(m, i, p->field))
		return err_set(e, ERR_UNSUPPORTED, p->step[0].name, "delimiters cannot be changed");
	size_t levels = levels_of(m, i, p, level);
	for (size_t n = 0; n < levels; n++)
		if (level[n].delimiter == 0 && level[n].n > 1)
			return err_set(e, ERR_INPUT, p->step[0].name, "the message has no such delimiter");
	struct hl7_edited *x = edited(edit, i);
	x->text = replace(edit->arena, x->text, level, levels, raw);
	return 0;
}

int
hl7_edit_set(struct hl7_edit *edit, const struct hl7_path *p, struct slice text, struct err *e)
{
	struct buf raw;

	buf_init(&raw, HL7_BYTES_MAX);
	int rc = hl7_escape(text, &edit->m->delimiters, HL7_TEXT_EXACT, &raw, e);
	if (rc == 0)
		rc = hl7_edit_set_raw(edit, p, arena_slice(edit->arena, buf_slice(&raw)), e);
	buf_free(&raw);
	return rc;
}

void
hl7_edit_insert(struct hl7_edit *edit, uint32_t i, struct slice segment)
{
	struct hl7_inserted **at = &edited(edit, i)->inserted;

	while (*at)
		at = &(*at)->next;
	*at = ARENA_NEW(edit->arena, struct hl7_inserted);
	(*at)->text = arena_slice(edit->arena, segment);
}

void
hl7_edit_remove(struct hl7_edit *edit, uint32_t i)
{
	if (i == 0)
		fatal("HL7 edit: the first segment cannot be left out");
	edited(edit, i)->removed = true;
}

static const char *
terminator(const struct hl7_message *m)
{
	if (m->flags & HL7_FLAG_LF)
		return "\n";
	return m->flags & HL7_FLAG_CRLF ? "\r\n" : "\r";
}

void
hl7_edit_write(const struct hl7_edit *edit, struct buf *out)
{
	const struct hl7_message *m = edit->m;
	size_t copied = 0;

	for (const struct hl7_edited *x = edit->first; x; x = x->next) {
		size_t begin = m->segment[x->segment], end = begin + hl7_segment(m, x->segment).len;
		size_t next = x->segment + 1 < m->segment_count ? m->segment[x->segment + 1] : m->end;

		buf_add(out, slice_from(m->bytes.at + copied, begin - copied));
		if (!x->removed) {
			buf_add(out, x->text);
			buf_add(out, slice_from(m->bytes.at + end, next - end));
		}
		if (x->inserted && next == end && !x->removed)
			buf_add_text(out, terminator(m));
		for (const struct hl7_inserted *n = x->inserted; n; n = n->next) {
			buf_add(out, n->text);
			buf_add_text(out, terminator(m));
		}
		copied = next;
	}
	buf_add(out, slice_skip(m->bytes, copied));
}
