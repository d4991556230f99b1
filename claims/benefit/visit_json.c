#include "claims/benefit/visit_json.h"

#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "claims/benefit/stay.h"

#define NODES_MAX (BENEFIT_LINES_MAX * 28 + 20000)

/* Reads members one after another; the first fault stays in rc. */
struct reader {
	struct arena *arena;
	struct err *err;
	int rc;
};

static bool
absent(const struct json_value *v)
{
	return !v || v->type == JSON_NULL;
}

static int64_t
read_number(struct reader *r, const struct json_value *object, const char *name, int scale, int64_t fallback)
{
	const struct json_value *v = json_member(object, name);
	int64_t value = fallback;
	if (r->rc < 0 || absent(v))
		return fallback;
	r->rc = decimal_parse(v->text, scale, &value, r->err);
	if (r->rc < 0)
		err_prefix_field(r->err, name);
	return value;
}

static int
read_int(struct reader *r, const struct json_value *object, const char *name, int fallback)
{
	int64_t value = read_number(r, object, name, 0, fallback);
	if (r->rc == 0 && (value < INT32_MIN || value > INT32_MAX))
		r->rc = err_set(r->err, ERR_INPUT, name, "is out of range");
	return (int)value;
}

static bool
read_bool(const struct json_value *object, const char *name)
{
	const struct json_value *v = json_member(object, name);
	return v && v->type == JSON_TRUE;
}

static struct percent
read_percent(struct reader *r, const struct json_value *object, const char *name, struct percent fallback)
{
	return (struct percent){ (int32_t)read_number(r, object, name, 2, fallback.hundredths) };
}

static struct price
read_price(struct reader *r, const struct json_value *object, const char *name)
{
	return (struct price){ read_number(r, object, name, 3, 0) };
}

static struct money
read_money(struct reader *r, const struct json_value *object, const char *name)
{
	return (struct money){ read_number(r, object, name, 2, 0) };
}

static int32_t
read_date(struct reader *r, const struct json_value *v)
{
	int32_t date = 0;
	if (r->rc == 0 && !absent(v))
		r->rc = date_parse_iso(v->text, &date, r->err);
	return date;
}

static int
choose(
    struct reader *r, const struct json_value *object, const char *name, const char *const *words, int count)
{
	struct slice text = json_member_text(object, name);
	for (int i = 0; i < count; i++)
		if (slice_eq_text(text, words[i]))
			return i;
	if (r->rc == 0)
		r->rc = err_set(r->err, ERR_INPUT, name, "is not one of the known words");
	return 0;
}

static void
read_cards(struct reader *r, const struct json_value *list, struct benefit_visit *visit)
{
	size_t n = 0;
	if (absent(list))
		return;
	if (list->count > BENEFIT_CARDS_MAX) {
		r->rc = err_set(r->err, ERR_LIMIT, "cards", "more than %d cards", BENEFIT_CARDS_MAX);
		return;
	}
	struct benefit_card *cards = ARENA_ARRAY(r->arena, list->count, struct benefit_card);
	for (const struct json_value *v = list->first; v && r->rc == 0; v = v->next, n++) {
		const struct json_value *group = v->first;
		if (v->count != 4 || group->text.len != 2 || group->next->text.len != 1) {
			r->rc = err_set(r->err, ERR_INPUT, "cards", "is not group, digit, from, to");
			return;
		}
		memcpy(cards[n].group, group->text.at, 2);
		cards[n].digit = group->next->text.at[0] - '0';
		cards[n].from = read_date(r, group->next->next);
		cards[n].to = read_date(r, group->next->next->next);
	}
	visit->cards = cards;
	visit->card_count = n;
}

static struct slice
number_text(const struct json_value *object, const char *name)
{
	struct slice text = json_member_text(object, name);
	return text.at ? text : SLICE("");
}

static void
read_line(struct reader *r, const struct json_value *v, struct percent level, struct benefit_line *line,
    struct benefit_line_key *key)
{
	static const char *const support[] = { "individual", "facility", "arv" };
	key->charge_id = read_number(r, v, "id", 0, 0);
	*line = (struct benefit_line){
		.table = read_int(r, v, "t", 3) == 2 ? BENEFIT_XML2 : BENEFIT_XML3,
		.group = read_int(r, v, "g", 0),
		.scope = read_int(r, v, "s", 1),
		.at = read_number(r, v, "at", 0, 0),
		.quantity = { read_number(r, v, "q", 3, 0) },
		.price_hospital = read_price(r, v, "ph"),
		.price_fund = read_price(r, v, "pf"),
		.price_ceiling = read_price(r, v, "pc"),
		.rate_service = read_percent(r, v, "rs", BENEFIT_DERIVE),
		.rate_fund = read_percent(r, v, "ri", PERCENT(100)),
		.given_level = level,
		.wound = read_bool(v, "w"),
		.payment_method = read_int(r, v, "m", 1),
		.package = number_text(v, "pk"),
		.source = { read_money(r, v, "o1"), read_money(r, v, "o2"), read_money(r, v, "o3"),
		    read_money(r, v, "o4") },
		.operation = number_text(v, "op"),
		.team = read_int(r, v, "team", 0),
		.km = { read_number(r, v, "km", 3, 0) },
		.own_vehicle = read_bool(v, "own"),
	};
	if (!absent(json_member(v, "om")))
		line->support = (enum benefit_support)choose(r, v, "om", support, 3);
}

static void
read_moves(struct reader *r, const struct json_value *list, struct benefit_stay *stay, int64_t **ret_ids)
{
	size_t n = 0;
	if (absent(list))
		return;
	struct benefit_move *moves = ARENA_ARRAY(r->arena, list->count, struct benefit_move);
	*ret_ids = ARENA_ARRAY(r->arena, list->count, int64_t);
	for (const struct json_value *v = list->first; v && r->rc == 0; v = v->next, n++) {
		(*ret_ids)[n] = read_number(r, v, "id", 0, 0);
		moves[n] = (struct benefit_move){
			.from = read_number(r, v, "a", 0, 0),
			.to = read_number(r, v, "b", 0, 0),
			.ward = read_number(r, v, "ward", 0, 0),
			.sharers = read_int(r, v, "sharers", 1),
			.stretcher = read_bool(v, "stretcher"),
			.priced = !absent(json_member(v, "ph")) && !absent(json_member(v, "g")),
			.group = read_int(r, v, "g", 0),
			.scope = read_int(r, v, "s", 1),
			.price_hospital = read_price(r, v, "ph"),
			.price_fund = read_price(r, v, "pf"),
			.rate_fund = read_percent(r, v, "ri", PERCENT(100)),
		};
	}
	stay->moves = moves;
	stay->move_count = n;
}

static int
read_stay(struct reader *r, const struct benefit_rules *rules, const struct json_value *v, int32_t date,
    int64_t **ret_ids, struct benefit_stay_line **ret_lines, size_t *ret_count)
{
	static const char *const ending[] = { [BENEFIT_RECOVERED] = "recovered",
		[BENEFIT_DEATH] = "death",
		[BENEFIT_WORSE_TAKEN_HOME] = "worse_taken_home",
		[BENEFIT_TRANSFER_UP] = "transfer_up",
		[BENEFIT_TRANSFER_CONTINUED] = "transfer_continued" };
	static const char *const kind[] = { [BENEFIT_STAY_WARD] = "ward",
		[BENEFIT_STAY_AT_STATION] = "station",
		[BENEFIT_STAY_AT_POLYCLINIC] = "polyclinic" };
	if (absent(v))
		return 0;
	struct benefit_stay stay = { .kind = absent(json_member(v, "kind"))
						 ? BENEFIT_STAY_WARD
						 : (enum benefit_stay_kind)choose(r, v, "kind", kind, 3),
		.from = read_number(r, v, "from", 0, 0),
		.to = read_number(r, v, "to", 0, 0),
		.ending = (enum benefit_ending)choose(r, v, "ending", ending, 5) };
	read_moves(r, json_member(v, "moves"), &stay, ret_ids);
	if (r->rc < 0 || stay.move_count == 0)
		return r->rc;
	return benefit_stay_lines(rules, date, &stay, r->arena, ret_lines, ret_count, r->err);
}

static void
append_stay(const struct benefit_stay_line *from, size_t count, const int64_t *ids, struct percent level,
    struct benefit_line *lines, struct benefit_line_key *keys)
{
	for (size_t i = 0; i < count; i++) {
		int number = 0;
		for (size_t k = 0; k < i; k++)
			number += from[k].move == from[i].move;
		lines[i] = from[i].line;
		lines[i].given_level = level;
		keys[i] = (struct benefit_line_key){ .movement_id = ids[from[i].move],
			.number = number,
			.from = from[i].from,
			.to = from[i].to };
	}
}

static void
read_lines(struct reader *r, const struct benefit_rules *rules, const struct json_value *root,
    struct benefit_case *ret)
{
	const struct json_value *list = json_member(root, "lines");
	size_t count = absent(list) ? 0 : list->count, beds = 0, n = 0;
	struct benefit_stay_line *bed = NULL;
	int64_t *moves = NULL;
	struct percent level = read_percent(r, root, "level", BENEFIT_NO_LEVEL);
	if (r->rc == 0)
		r->rc = read_stay(r, rules, json_member(root, "stay"),
		    time_business_date(ret->visit.admitted_at), &moves, &bed, &beds);
	if (r->rc == 0 && count + beds > BENEFIT_LINES_MAX)
		r->rc = err_set(r->err, ERR_LIMIT, "lines", "more than %d lines", BENEFIT_LINES_MAX);
	if (r->rc < 0)
		return;
	struct benefit_line *lines = ARENA_ARRAY(r->arena, count + beds, struct benefit_line);
	ret->keys = ARENA_ARRAY(r->arena, count + beds, struct benefit_line_key);
	for (const struct json_value *v = count ? list->first : NULL; v && r->rc == 0; v = v->next, n++)
		read_line(r, v, level, &lines[n], &ret->keys[n]);
	if (r->rc == 0 && beds > 0)
		append_stay(bed, beds, moves, level, lines + n, ret->keys + n);
	ret->visit.lines = lines;
	ret->visit.line_count = count + beds;
}

int
benefit_case_read(const struct benefit_rules *rules, struct arena *a, struct slice json,
    struct benefit_case *ret, struct err *e)
{
	static const enum benefit_facility facility[] = { BENEFIT_STATION, BENEFIT_STATION, BENEFIT_BASIC,
		BENEFIT_SPECIALISED };
	static const char *const level[] = { "station", "initial", "basic", "specialised" };
	struct reader r = { .arena = a, .err = e };
	struct benefit_case c = { 0 };
	struct json_value *root;
	int rc = json_parse(a, json, NODES_MAX, &root, e);
	if (rc < 0)
		return rc;
	c.visit_id = read_number(&r, root, "id", 0, 0);
	c.version = read_number(&r, root, "v", 0, 0);
	c.rules_version = read_number(&r, root, "rules", 0, -1);
	c.is_priced = read_bool(root, "priced");
	c.visit.admitted_at = read_number(&r, root, "admitted", 0, 0);
	c.visit.object_code = json_member_text(root, "object");
	c.visit.care_type = read_int(&r, root, "care", 0);
	c.visit.facility = facility[choose(&r, root, "facility", level, 4)];
	c.visit.exempt_from = read_number(&r, root, "exempt", 0, 0);
	c.visit.five_years_from = read_date(&r, json_member(root, "five_years"));
	c.visit.copay_paid = read_money(&r, root, "paid");
	c.visit.copay_paid_before_change = read_money(&r, root, "paid_before");
	read_cards(&r, json_member(root, "cards"), &c.visit);
	read_lines(&r, rules, root, &c);
	if (r.rc == 0)
		*ret = c;
	return r.rc;
}

struct slice
benefit_case_lines(struct slice json)
{
	struct json_reader r;
	json_init(&r, json);
	if (json_next(&r) != JSON_OBJECT)
		return (struct slice){ NULL, 0 };
	while (json_next(&r) == JSON_KEY) {
		bool found = json_key_is(&r, "lines");
		size_t from = r.position;
		if (json_skip(&r))
			break;
		if (found)
			return slice_trim(slice_skip(slice_from(json.at, r.position), from));
	}
	return (struct slice){ NULL, 0 };
}

static void
write_decimal(struct json_writer *w, const char *key, int64_t value, int scale)
{
	char text[DECIMAL_TEXT_MAX];
	size_t length = decimal_print(value, scale, text);
	json_write_key(w, key);
	json_write_number(w, slice_from(text, length));
}

static void
write_key(
    struct json_writer *w, const struct benefit_line_key *key, const struct benefit_line *line, int part)
{
	if (key->charge_id > 0) {
		json_write_member_int(w, "c", key->charge_id);
	} else {
		json_write_member_int(w, "m", key->movement_id);
		json_write_member_int(w, "n", key->number);
		json_write_member_int(w, "a", key->from);
		json_write_member_int(w, "b", key->to);
		json_write_member_int(w, "g", line->group);
		write_decimal(w, "ph", line->price_hospital.thousandths, 3);
		write_decimal(w, "pf", line->price_fund.thousandths, 3);
	}
	json_write_member_int(w, "p", part);
}

static void
write_why(struct json_writer *w, const struct benefit_share *s)
{
	struct buf ids;
	buf_init(&ids, 64 * 1024);
	buf_add_char(&ids, '{');
	for (size_t i = 0; i < s->why_count; i++) {
		if (i > 0)
			buf_add_char(&ids, ',');
		buf_add_char(&ids, '"');
		buf_add_text(&ids, s->why[i]->id);
		buf_add_char(&ids, '"');
	}
	buf_add_char(&ids, '}');
	json_write_key(w, "w");
	json_write_string(w, buf_slice(&ids));
	buf_free(&ids);
}

static void
write_share(struct json_writer *w, const struct benefit_line_key *key, const struct benefit_line *line,
    const struct benefit_share *s)
{
	static const char *const source[BENEFIT_SOURCES] = { "o1", "o2", "o3", "o4" };
	json_write_object(w);
	write_key(w, key, line, s->part);
	write_decimal(w, "q", s->quantity.thousandths, 3);
	write_decimal(w, "pi", s->price_fund.thousandths, 3);
	write_decimal(w, "rs", s->rate_service.hundredths, 2);
	write_decimal(w, "ri", s->rate_fund.hundredths, 2);
	write_decimal(w, "ah", s->hospital.hundredths, 2);
	write_decimal(w, "ai", s->in_scope.hundredths, 2);
	write_decimal(w, "lv", s->level.hundredths, 2);
	write_decimal(w, "fu", s->fund.hundredths, 2);
	write_decimal(w, "cp", s->copay.hundredths, 2);
	write_decimal(w, "se", s->self_pay.hundredths, 2);
	write_decimal(w, "ot", s->other.hundredths, 2);
	for (size_t i = 0; i < BENEFIT_SOURCES; i++)
		write_decimal(w, source[i], s->source[i].hundredths, 2);
	if (s->ceiling.hundredths > 0)
		write_decimal(w, "ce", s->ceiling.hundredths, 2);
	json_write_key(w, "s");
	json_write_int(w, s->scope);
	write_why(w, s);
	json_write_object_end(w);
}

void
benefit_case_write(const struct benefit_case *c, const struct benefit_result *result, struct buf *out)
{
	struct json_writer w;
	json_write_init(&w, out);
	json_write_array(&w);
	for (size_t i = 0; i < result->line_count; i++) {
		size_t line = result->lines[i].source_line;
		write_share(&w, &c->keys[line], &c->visit.lines[line], &result->lines[i]);
	}
	json_write_array_end(&w);
}
