#include "hl7/result.h"

#include "hl7/escape.h"

/* Reading: where the next thing goes. */
struct reading {
	const struct hl7_message *m;
	enum hl7_charset charset;
	struct arena *arena;
	struct result_message *out;
	struct result_patient *patient;
	struct result_order *order;
	struct result_item *item;
	struct result_query *query;
	struct result_note **notes;           /* where the next note goes */
	struct slice specimen, specimen_type; /* of OUL, where SPM stands before its orders */
	bool specimen_first;
	size_t found_undecodable;
	struct buf bytes, text;
	bool failed;
};

/* --- texts ---------------------------------------------------------------------------------------- */

static void
add_decoded(struct reading *r, struct slice raw, struct buf *out)
{
	struct hl7_decoded d = { 0 };
	struct slice bytes = hl7_unescape(raw, &r->m->delimiters, HL7_TEXT_EXACT, &r->bytes);

	if (hl7_decode_nfc(r->charset, bytes, out, &d, NULL) < 0)
		r->failed = true;
	r->found_undecodable += d.undecodable;
}

static struct slice
decode(struct reading *r, struct slice raw)
{
	if (raw.len == 0)
		return SLICE("");
	buf_reset(&r->text);
	add_decoded(r, raw, &r->text);
	return arena_slice(r->arena, buf_slice(&r->text));
}

static struct slice
get(struct reading *r, uint32_t i, unsigned field, unsigned component, unsigned subcomponent)
{
	struct hl7_value v = hl7_part(r->m, hl7_field(r->m, i, field), 1, component, subcomponent);

	return v.state == HL7_VALUE ? decode(r, v.raw) : SLICE("");
}

/* A component that is not cut at subcomponents by a sender who does not know of them. */
static struct slice
get1(struct reading *r, uint32_t i, unsigned field)
{
	return get(r, i, field, 1, 1);
}

static struct result_code
code_of(struct reading *r, struct hl7_value field)
{
	struct slice part[3];

	for (unsigned c = 0; c < 3; c++) {
		struct hl7_value v = hl7_part(r->m, field, 1, c + 1, 0);
		part[c] = v.state == HL7_VALUE ? decode(r, v.raw) : SLICE("");
	}
	return (struct result_code){ part[0], part[1], part[2],
		field.state == HL7_VALUE ? decode(r, field.raw) : SLICE("") };
}

static struct slice
either(struct slice a, struct slice b)
{
	return a.len > 0 ? a : b;
}

/* All repetitions of a field, one component of each (0 = all of it), separated by c. */
static struct slice
joined(struct reading *r, uint32_t i, unsigned field, char c, unsigned component)
{
	struct slice rest = hl7_field(r->m, i, field).raw;
	struct hl7_value one;
	struct buf text;
	bool first = true;

	buf_init(&text, RESULT_TEXT_MAX);
	while (hl7_piece_next(&rest, r->m->delimiters.repetition, &one)) {
		one = hl7_part(r->m, one, 1, component, 0);
		if (!first)
			buf_add_char(&text, c);
		if (one.state == HL7_VALUE)
			add_decoded(r, one.raw, &text);
		first = false;
	}
	r->failed |= !buf_ok(&text);
	struct slice whole = arena_slice(r->arena, buf_slice(&text));
	buf_free(&text);
	return whole;
}

/* --- the model's lists ---------------------------------------------------------------------------- */

static struct result_patient *
add_patient(struct reading *r)
{
	struct result_patient **at = &r->out->patients;

	if (r->patient)
		at = &r->patient->next;
	r->patient = *at = ARENA_NEW(r->arena, struct result_patient);
	r->order = NULL;
	r->item = NULL;
	r->notes = &r->patient->notes;
	return r->patient;
}

static struct result_order *
add_order(struct reading *r, uint32_t segment)
{
	if (r->patient == NULL)
		add_patient(r);
	struct result_order **at = r->order ? &r->order->next : &r->patient->orders;
	r->order = *at = ARENA_NEW(r->arena, struct result_order);
	r->order->segment = segment;
	r->item = NULL;
	r->notes = &r->order->notes;
	r->out->order_count++;
	return r->order;
}

static struct result_item *
add_item(struct reading *r, uint32_t segment)
{
	if (r->order == NULL)
		add_order(r, segment);
	struct result_item **at = r->item ? &r->item->next : &r->order->items;
	r->item = *at = ARENA_NEW(r->arena, struct result_item);
	r->item->segment = segment;
	r->notes = &r->item->notes;
	r->order->item_count++;
	r->out->item_count++;
	return r->item;
}

static void
add_note(struct reading *r, struct slice text)
{
	if (r->notes == NULL || text.len == 0)
		return;
	*r->notes = ARENA_NEW(r->arena, struct result_note);
	(*r->notes)->text = text;
	r->notes = &(*r->notes)->next;
}

/* --- HL7 ------------------------------------------------------------------------------------------ */

static void
read_pid(struct reading *r, uint32_t i)
{
	struct result_patient *p = add_patient(r);

	p->id = get1(r, i, 3);
	p->family = get1(r, i, 5);
	p->given = get(r, i, 5, 2, 0);
	p->middle = get(r, i, 5, 3, 0);
	p->birth = get1(r, i, 7);
	p->sex = get1(r, i, 8);
}

static void
read_pv1(struct reading *r, uint32_t i)
{
	if (r->patient)
		r->patient->visit = get1(r, i, 19);
}

/* ORC opens an order; the OBR that follows fills it further, a second OBR opens the next one. */
static void
read_orc(struct reading *r, uint32_t i)
{
	struct result_order *o = add_order(r, i);

	o->control = get1(r, i, 1);
	o->placer = get1(r, i, 2);
	o->filler = get1(r, i, 3);
	o->group = get1(r, i, 4);
	o->requested_at = get1(r, i, 9);
}

static void
read_obr(struct reading *r, uint32_t i)
{
	struct result_order *o = r->order;

	if (o == NULL || o->service.raw.len > 0 || o->items)
		o = add_order(r, i);
	o->segment = i;
	o->placer = either(get1(r, i, 2), o->placer);
	o->filler = either(get1(r, i, 3), o->filler);
	o->service = code_of(r, hl7_field(r->m, i, 4));
	o->priority = get1(r, i, 5);
	o->requested_at = either(get1(r, i, 6), o->requested_at);
	o->collected_at = get1(r, i, 7);
	o->specimen_type = either(get1(r, i, 15), r->specimen_type);
	o->reported_at = get1(r, i, 22);
	o->status = get1(r, i, 25);
	o->specimen = either(o->specimen, r->specimen);
	r->notes = &o->notes;
}

/* SPM-2 names the specimen: the placer's number, else the filler's. OUL puts it before its orders. */
static void
read_spm(struct reading *r, uint32_t i)
{
	struct slice id = either(get(r, i, 2, 1, 1), get(r, i, 2, 2, 1));
	struct slice type = get1(r, i, 4);

	if (r->specimen_first) {
		r->specimen = id;
		r->specimen_type = type;
		return;
	}
	if (r->order == NULL)
		add_order(r, i);
	r->order->specimen = either(r->order->specimen, id);
	r->order->specimen_type = either(r->order->specimen_type, type);
}

static bool
is_coded(struct slice type)
{
	return slice_eq_text(type, "CE") || slice_eq_text(type, "CWE") || slice_eq_text(type, "CNE") ||
	       slice_eq_text(type, "CF");
}

/* SN is comparator, number, separator, number: ">" "100", "1" ":" "128". */
static struct slice
read_structured(struct reading *r, uint32_t i)
{
	struct slice part[4];
	struct buf text;

	buf_init(&text, RESULT_TEXT_MAX);
	for (unsigned c = 0; c < 4; c++) {
		part[c] = get(r, i, 5, c + 1, 0);
		buf_add(&text, part[c]);
	}
	struct slice whole = arena_slice(r->arena, buf_slice(&text));
	buf_free(&text);
	return whole;
}

static void
read_obx(struct reading *r, uint32_t i)
{
	struct result_item *x = add_item(r, i);
	struct hl7_value value = hl7_field(r->m, i, 5);
	size_t before = r->found_undecodable;

	x->set_id = get1(r, i, 1);
	x->type = get1(r, i, 2);
	x->test = code_of(r, hl7_field(r->m, i, 3));
	x->sub_id = get1(r, i, 4);
	x->value.is_null = value.state == HL7_NULL;
	if (slice_eq_text(x->type, "SN"))
		x->value.text = read_structured(r, i);
	else
		x->value.text = joined(r, i, 5, '\n', is_coded(x->type) ? 2 : 0);
	if (is_coded(x->type)) {
		x->coded = code_of(r, hl7_part(r->m, value, 1, 0, 0));
		x->value.text = either(x->value.text, x->coded.code);
	}
	x->undecodable = r->found_undecodable - before;
	x->unit = get1(r, i, 6);
	x->range = get(r, i, 7, 0, 0);
	x->flags = joined(r, i, 8, ',', 1);
	x->status = get1(r, i, 11);
	x->observed_at = get1(r, i, 14);
	x->operator_id = get1(r, i, 16);
	x->instrument = get1(r, i, 18);
}

static void
read_nte(struct reading *r, uint32_t i)
{
	add_note(r, joined(r, i, 3, '\n', 0));
}

static void
read_msh(struct reading *r, uint32_t i)
{
	struct result_message *m = r->out;

	m->sender = get1(r, i, 3);
	m->facility = get1(r, i, 4);
	m->sent_at = get1(r, i, 7);
	m->type = get1(r, i, 9);
	m->event = get(r, i, 9, 2, 0);
	m->control_id = get1(r, i, 10);
	m->processing = get1(r, i, 11);
	m->ended = true;
	r->specimen_first = slice_eq_text(m->type, "OUL");
}

/* --- ASTM ----------------------------------------------------------------------------------------- */

static void
read_h(struct reading *r, uint32_t i)
{
	struct result_message *m = r->out;

	m->control_id = get1(r, i, 3);
	m->sender = get1(r, i, 5);
	m->facility = get(r, i, 5, 2, 0);
	m->processing = get1(r, i, 12);
	m->sent_at = get1(r, i, 14);
}

static void
read_p(struct reading *r, uint32_t i)
{
	struct result_patient *p = add_patient(r);

	p->id = get1(r, i, 3);
	p->lab_id = get1(r, i, 4);
	p->family = get1(r, i, 6);
	p->given = get(r, i, 6, 2, 0);
	p->middle = get(r, i, 6, 3, 0);
	p->birth = get1(r, i, 8);
	p->sex = get1(r, i, 9);
}

/* A universal test id: 1 universal, 2 name, 3 type, 4 the maker's own code; analyzers also use 5. */
static struct result_code
test_id(struct reading *r, struct hl7_value field)
{
	static const unsigned order[] = { 1, 4, 5, 2, 3 };
	struct result_code code = { .raw = field.state == HL7_VALUE ? decode(r, field.raw) : SLICE("") };

	for (size_t n = 0; n < sizeof(order) / sizeof(*order) && code.code.len == 0; n++) {
		struct hl7_value v = hl7_part(r->m, field, 1, order[n], 0);
		code.code = v.state == HL7_VALUE ? slice_trim(decode(r, v.raw)) : SLICE("");
	}
	struct hl7_value name = hl7_part(r->m, field, 1, 2, 0);
	code.name = name.state == HL7_VALUE ? decode(r, name.raw) : SLICE("");
	return code;
}

static void
read_o(struct reading *r, uint32_t i)
{
	struct result_order *o = add_order(r, i);

	o->specimen = slice_trim(get1(r, i, 3));
	if (o->specimen.len == 0) /* only the instrument's own id is given, or rack, position and number */
		o->specimen = slice_trim(either(get1(r, i, 4), get(r, i, 4, 3, 0)));
	o->filler = get1(r, i, 4);
	o->service = test_id(r, hl7_part(r->m, hl7_field(r->m, i, 5), 1, 0, 0));
	o->priority = get1(r, i, 6);
	o->requested_at = get1(r, i, 7);
	o->collected_at = get1(r, i, 8);
	o->control = get1(r, i, 12);
	o->specimen_type = get1(r, i, 16);
	o->reported_at = get1(r, i, 23);
	o->status = get1(r, i, 26);
}

static void
read_r(struct reading *r, uint32_t i)
{
	struct result_item *x = add_item(r, i);
	struct hl7_value value = hl7_field(r->m, i, 4);
	size_t before = r->found_undecodable;

	x->set_id = get1(r, i, 2);
	x->test = test_id(r, hl7_field(r->m, i, 3));
	x->value.is_null = value.state == HL7_NULL;
	x->value.text = slice_trim(joined(r, i, 4, '\n', 1));
	x->undecodable = r->found_undecodable - before;
	x->unit = get1(r, i, 5);
	x->range = get(r, i, 6, 0, 0);
	x->flags = joined(r, i, 7, ',', 1);
	x->status = get1(r, i, 9);
	x->operator_id = slice_trim(get1(r, i, 11));
	x->started_at = get1(r, i, 12);
	x->observed_at = get1(r, i, 13);
	x->instrument = get1(r, i, 14);
}

static void
read_c(struct reading *r, uint32_t i)
{
	add_note(r, get(r, i, 4, 0, 0));
}

static void
read_q(struct reading *r, uint32_t i)
{
	struct result_query **at = r->query ? &r->query->next : &r->out->queries;

	r->query = *at = ARENA_NEW(r->arena, struct result_query);
	(*at)->patient = get1(r, i, 3);
	(*at)->specimen = slice_trim(either(get(r, i, 3, 2, 0), get(r, i, 3, 3, 0)));
	(*at)->test = test_id(r, hl7_part(r->m, hl7_field(r->m, i, 5), 1, 0, 0)).code;
}

static void
read_l(struct reading *r, uint32_t i)
{
	(void)i;
	r->out->ended = true;
}

struct reader {
	const char *name;
	void (*read)(struct reading *, uint32_t);
};
static const struct reader hl7_readers[] = {
	{ "MSH", read_msh },
	{ "PID", read_pid },
	{ "PV1", read_pv1 },
	{ "ORC", read_orc },
	{ "OBR", read_obr },
	{ "SPM", read_spm },
	{ "OBX", read_obx },
	{ "NTE", read_nte },
	{ NULL, NULL },
};
static const struct reader astm_readers[] = {
	{ "H", read_h },
	{ "P", read_p },
	{ "O", read_o },
	{ "R", read_r },
	{ "C", read_c },
	{ "Q", read_q },
	{ "L", read_l },
	{ NULL, NULL },
};

static int
read_all(const struct hl7_message *m, enum hl7_charset c, struct arena *arena, const struct reader *readers,
    struct result_message **ret, struct err *e)
{
	struct reading r = { .m = m, .charset = c, .arena = arena };

	buf_init(&r.bytes, RESULT_TEXT_MAX);
	buf_init(&r.text, RESULT_TEXT_MAX);
	r.out = ARENA_NEW(arena, struct result_message);
	for (uint32_t i = 0; i < m->segment_count; i++) {
		struct slice name = hl7_segment_name(m, i);

		for (const struct reader *x = readers; x->name; x++)
			if (slice_eq_text(name, x->name))
				x->read(&r, i);
	}
	r.out->undecodable = r.found_undecodable;
	buf_free(&r.bytes);
	buf_free(&r.text);
	if (r.failed)
		return err_set(e, ERR_LIMIT, NULL, "a text of the message is too large");
	*ret = r.out;
	return 0;
}

int
result_read_hl7(const struct hl7_message *m, enum hl7_charset c, struct arena *arena,
    struct result_message **ret, struct err *e)
{
	return read_all(m, c, arena, hl7_readers, ret, e);
}

int
result_read_astm(const struct hl7_message *m, enum hl7_charset c, struct arena *arena,
    struct result_message **ret, struct err *e)
{
	return read_all(m, c, arena, astm_readers, ret, e);
}
