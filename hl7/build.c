#include "hl7/build.h"

#include "hl7/escape.h"

void
hl7_build_begin(struct hl7_builder *b, struct buf *out, const struct hl7_delimiters *d)
{
	*b = (struct hl7_builder){ .out = out, .delimiters = d ? *d : hl7_delimiters_usual };
}

static void
end_segment(struct hl7_builder *b)
{
	if (b->open)
		buf_add_char(b->out, '\r');
	b->open = false;
}

static void
add_encoding(struct hl7_builder *b)
{
	const struct hl7_delimiters *d = &b->delimiters;
	const char all[] = { d->component, d->repetition, d->escape, d->subcomponent, d->truncation };

	buf_add_char(b->out, d->field);
	for (size_t i = 0; i < sizeof(all) && all[i]; i++)
		buf_add_char(b->out, all[i]);
	b->field = 2;
}

void
hl7_build_segment(struct hl7_builder *b, const char *name)
{
	end_segment(b);
	buf_add_text(b->out, name);
	b->open = true;
	b->field = 0;
	b->repetition = b->component = b->subcomponent = 1;
	if (strcmp(name, "MSH") == 0 || strcmp(name, "FHS") == 0 || strcmp(name, "BHS") == 0)
		add_encoding(b);
}

/* Writes separators up to a number; what is below starts anew. */
static bool
advance(struct hl7_builder *b, unsigned *at, unsigned to, char delimiter)
{
	if (*at == to)
		return false;
	if (*at > to)
		fatal("HL7 builder: places must ascend (%u after %u)", to, *at);
	if (delimiter == 0)
		b->failed = ERR_INPUT;
	for (; delimiter && *at < to; ++*at)
		buf_add_char(b->out, delimiter);
	*at = to;
	return true;
}

static void
go_to(struct hl7_builder *b, unsigned field, unsigned repetition, unsigned component, unsigned subcomponent)
{
	if (!b->open)
		fatal("HL7 builder: no segment was begun");
	if (advance(b, &b->field, field, b->delimiters.field))
		b->repetition = b->component = b->subcomponent = 1;
	if (advance(b, &b->repetition, repetition, b->delimiters.repetition))
		b->component = b->subcomponent = 1;
	if (advance(b, &b->component, component, b->delimiters.component))
		b->subcomponent = 1;
	advance(b, &b->subcomponent, subcomponent, b->delimiters.subcomponent);
}

void
hl7_build_text(struct hl7_builder *b, unsigned field, unsigned repetition, unsigned component,
    unsigned subcomponent, struct slice text)
{
	if (text.len == 0)
		return;
	go_to(b, field, repetition, component, subcomponent);
	if (hl7_escape(text, &b->delimiters, HL7_TEXT_EXACT, b->out, NULL) < 0)
		b->failed = ERR_INPUT;
}

void
hl7_build_raw(struct hl7_builder *b, unsigned field, unsigned repetition, unsigned component,
    unsigned subcomponent, struct slice raw)
{
	if (raw.len == 0)
		return;
	go_to(b, field, repetition, component, subcomponent);
	buf_add(b->out, raw);
}

void
hl7_build_field(struct hl7_builder *b, unsigned field, const char *text)
{
	hl7_build_text(b, field, 1, 1, 1, slice_of(text));
}

void
hl7_build_null(struct hl7_builder *b, unsigned field)
{
	hl7_build_raw(b, field, 1, 1, 1, SLICE("\"\""));
}

int
hl7_build_end(struct hl7_builder *b, struct err *e)
{
	end_segment(b);
	if (!buf_ok(b->out))
		return err_set(e, ERR_LIMIT, NULL, "the message is longer than its buffer may be");
	if (b->failed)
		return err_set(e, b->failed, NULL, "a text needs a delimiter that the message does not have");
	return 0;
}
