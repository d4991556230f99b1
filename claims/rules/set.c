/* Rule files: statements of rules, definitions and base claims. A file is taken whole or not at all. */
#include <stdarg.h>
#include <stdio.h>

#include "claims/rules/builtin.h"
#include "claims/rules/change.h"

struct statement {
	struct parser p;
	struct rule rule;
	struct rule_change *example;
	size_t example_capacity;
	struct token start; /* of the rule */
	bool has_field, has_table, has_body;
	struct token field;
	const char *only_id; /* of rule_set_load_version; NULL = any */
	int32_t from, to;    /* days that its rules are held within */
};

struct rule_set *
rule_set_new(struct arena *a)
{
	struct rule_set *set = ARENA_NEW(a, struct rule_set);
	set->arena = a;
	set->by_id = map_new(a);
	set->definition = map_new(a);
	set->hash = UINT64_C(0xcbf29ce484222325);
	snprintf(set->version, sizeof(set->version), "%016llx", (unsigned long long)set->hash);
	return set;
}

static struct lexer *
lexer_of(struct statement *s)
{
	return &s->p.lex;
}

static int
step(struct statement *s)
{
	return lex_next(&s->p.lex, s->p.e);
}

static int
take_text(struct statement *s, const char **ret)
{
	struct lexer *l = lexer_of(s);
	if (l->token.kind != TOKEN_TEXT)
		return lex_fail(l, s->p.e, ERR_INPUT, "a text in quotes is expected here");
	*ret = arena_text(s->p.set->arena, l->token.text);
	return step(s);
}

static int
take_word(struct statement *s, const char **ret)
{
	struct slice word;
	int rc = lex_word(lexer_of(s), &word, s->p.e);
	if (rc == 0)
		*ret = arena_text(s->p.set->arena, word);
	return rc;
}

/* ---- statements of a rule ---- */

static int
do_on(struct statement *s)
{
	struct lexer *l = lexer_of(s);
	int table = claim_table_find(l->token.text);
	if (lex_is(l, "claim"))
		s->rule.info.table = RULE_ON_CLAIM;
	else if (lex_is(l, "other"))
		s->rule.info.table = RULE_ON_OTHER;
	else if (table >= 0)
		s->rule.info.table = (int8_t)table;
	else
		return lex_fail(l, s->p.e, ERR_INPUT, "a table, \"claim\" or \"other\" is expected here");
	s->has_table = true;
	if (table >= 0)
		s->p.scope[0] = (struct scope){ table, SLICE(""), 0 };
	s->p.scopes = table >= 0;
	return step(s);
}

/* The condition on one line, for people. */
static const char *
one_line(struct arena *a, struct slice text)
{
	char *out = arena_alloc(a, text.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < text.len; i++) {
		bool blank =
		    text.at[i] == ' ' || text.at[i] == '\t' || text.at[i] == '\n' || text.at[i] == '\r';
		if (!blank)
			out[len++] = text.at[i];
		else if (len && out[len - 1] != ' ')
			out[len++] = ' ';
	}
	while (len && out[len - 1] == ' ')
		len--;
	out[len] = '\0';
	return out;
}

static int
body_once(struct statement *s)
{
	if (!s->has_table)
		return lex_fail(lexer_of(s), s->p.e, ERR_INPUT, "\"on TABLE\" must stand before this");
	if (s->has_body)
		return lex_fail(lexer_of(s), s->p.e, ERR_INPUT, "the rule has a condition already");
	s->has_body = true;
	return 0;
}

static int
do_when(struct statement *s)
{
	struct lexer *l = lexer_of(s);
	size_t start = l->token.at;
	int rc = body_once(s);
	if (rc < 0)
		return rc;
	struct node *n = parse_expression(&s->p);
	if (!n)
		return s->p.e->code;
	if (n->type != RULE_BOOL)
		return token_fail(
		    l, &n->token, s->p.e, ERR_INPUT, "a condition is either true or false; this is a value");
	s->rule.info.kind = RULE_WHEN;
	s->rule.info.condition =
	    one_line(s->p.set->arena, slice_from(l->source.at + start, l->token.at - start));
	return program_compile(&s->p, n, &s->rule.when);
}

static int
find_reader_code(struct slice name)
{
	for (int i = 0; i < CLAIM_FINDING_CODES; i++)
		if (slice_eq_text(name, claim_finding_infos[i].name))
			return i;
	return -1;
}

/* Optional word before the codes: only what was said of dates, or only of other values. */
static int
take_reader_form(struct statement *s)
{
	static const char *const names[] = { "any", "dates", "others" };
	for (unsigned i = READER_DATES; i <= READER_OTHERS; i++) {
		if (!lex_is(lexer_of(s), names[i]))
			continue;
		s->rule.reader_form = (uint8_t)i;
		return step(s);
	}
	return 0;
}

static int
do_reader(struct statement *s)
{
	struct lexer *l = lexer_of(s);
	uint16_t *codes = NULL;
	size_t count = 0, capacity = 0;
	int rc = body_once(s);
	if (rc == 0)
		rc = take_reader_form(s);
	while (rc == 0) {
		int code = l->token.kind == TOKEN_TEXT ? find_reader_code(l->token.text) : -1;
		if (code < 0)
			return lex_fail(
			    l, s->p.e, ERR_INPUT, "a code of claims/findings.tsv is expected here");
		*ARENA_PUSH(s->p.set->arena, codes, count, capacity) = (uint16_t)code;
		rc = step(s);
		if (rc < 0 || !lex_is(l, ","))
			break;
		rc = step(s);
	}
	s->rule.info.kind = RULE_READER;
	s->rule.reader = codes;
	s->rule.readers = count;
	return rc;
}

/* constraint "name", … : the database holds it */
static int
do_constraint(struct statement *s)
{
	struct lexer *l = lexer_of(s);
	size_t start = l->token.at;
	const char *name;
	int rc = body_once(s);
	while (rc == 0 && (rc = take_text(s, &name)) == 0 && lex_is(l, ","))
		rc = step(s);
	if (rc < 0)
		return rc;
	s->rule.info.kind = RULE_CONSTRAINT;
	s->rule.info.condition =
	    one_line(s->p.set->arena, slice_from(l->source.at + start, l->token.at - start));
	return 0;
}

static int
do_field(struct statement *s)
{
	s->field = s->p.lex.token;
	s->has_field = true;
	return step(s);
}

static int
do_risk(struct statement *s)
{
	struct node *n = parse_expression(&s->p);
	if (!n)
		return s->p.e->code;
	if (n->type != RULE_NUMBER)
		return token_fail(
		    lexer_of(s), &n->token, s->p.e, ERR_INPUT, "the amount at risk must be a number");
	if (n->scale > 2)
		return token_fail(
		    lexer_of(s), &n->token, s->p.e, ERR_INPUT, "an amount has 2 decimals: write round(…, 2)");
	n = node_to_scale(&s->p, n, 2);
	return n ? program_compile(&s->p, n, &s->rule.risk) : s->p.e->code;
}

static int
take_date(struct statement *s, int32_t *ret)
{
	struct lexer *l = lexer_of(s);
	if (l->token.kind != TOKEN_DATE || date_parse_iso(l->token.text, ret, NULL) < 0)
		return lex_fail(l, s->p.e, ERR_INPUT, "a date is expected here: 2025-07-01");
	return step(s);
}

static int
do_from(struct statement *s)
{
	return take_date(s, &s->rule.info.from);
}

static int
do_to(struct statement *s)
{
	return take_date(s, &s->rule.info.to);
}

static int
do_shadow(struct statement *s)
{
	s->rule.info.state = RULE_SHADOW;
	return 0;
}

static int
do_off(struct statement *s)
{
	s->rule.info.state = RULE_OFF;
	return take_text(s, &s->rule.info.off_reason);
}

static int
do_needs(struct statement *s)
{
	return take_text(s, &s->rule.info.needs);
}

static int
do_vi(struct statement *s)
{
	return take_text(s, &s->rule.info.vi);
}

static int
do_en(struct statement *s)
{
	return take_text(s, &s->rule.info.en);
}

static int
do_fix(struct statement *s)
{
	int rc = take_text(s, &s->rule.info.fix_vi);
	return rc < 0 ? rc : take_text(s, &s->rule.info.fix_en);
}

static int
do_cite(struct statement *s)
{
	return take_text(s, &s->rule.info.cite);
}

static int
do_source(struct statement *s)
{
	return take_text(s, &s->rule.info.source);
}

static int
do_certainty(struct statement *s)
{
	return take_word(s, &s->rule.info.certainty);
}

/* example NAME [also ID, ID] changes */
static int
do_example(struct statement *s)
{
	struct lexer *l = lexer_of(s);
	struct rule_change c = { .file = l->file };
	size_t capacity = 0;
	int rc = take_word(s, &c.name);
	if (rc == 0 && lex_is(l, "also")) {
		do {
			const char *id = NULL;
			if ((rc = step(s)) < 0 || (rc = take_word(s, &id)) < 0)
				return rc;
			*ARENA_PUSH(s->p.set->arena, c.also, c.also_count, capacity) = id;
		} while (lex_is(l, ","));
	}
	size_t start = l->token.at;
	c.line = l->token.line;
	if (rc == 0)
		rc = example_apply(s->p.set, l, NULL, NULL, s->p.e);
	if (rc < 0)
		return rc;
	c.text = slice_trim(slice_from(l->source.at + start, l->token.at - start));
	c.text = slice_of(arena_text(s->p.set->arena, c.text));
	*ARENA_PUSH(s->p.set->arena, s->example, s->rule.examples, s->example_capacity) = c;
	s->rule.example = s->example;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct statement *);
} statements[] = {
	{ "on", do_on },
	{ "when", do_when },
	{ "reader", do_reader },
	{ "constraint", do_constraint },
	{ "field", do_field },
	{ "vi", do_vi },
	{ "en", do_en },
	{ "fix", do_fix },
	{ "cite", do_cite },
	{ "risk", do_risk },
	{ "source", do_source },
	{ "certainty", do_certainty },
	{ "from", do_from },
	{ "to", do_to },
	{ "shadow", do_shadow },
	{ "off", do_off },
	{ "needs", do_needs },
	{ "example", do_example },
};

/* ---- a rule as a whole ---- */

static int __attribute__((format(printf, 2, 3))) rule_fail(struct statement *s, const char *fmt, ...)
{
	char detail[200];
	va_list args;
	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	return token_fail(lexer_of(s), &s->start, s->p.e, ERR_INPUT, "rule %s: %s", s->rule.info.id, detail);
}

/* Every {…} of a message must name a field that the rule can see. */
static int
check_places(struct statement *s, const char *message)
{
	for (const char *at = strchr(message, '{'); at; at = strchr(at + 1, '{')) {
		const char *end = strchr(at, '}');
		struct slice name = slice_from(at + 1, end ? (size_t)(end - at - 1) : 0);
		int table = s->rule.info.table, f = -1;
		if (slice_starts(name, SLICE(OTHER_PREFIX)) && s->p.facts &&
		    fact_attribute_find(slice_skip(name, strlen(OTHER_PREFIX))) >= 0)
			continue;
		if (slice_find(name, '.') < name.len)
			f = claim_field_parse(name);
		else if (table >= 0)
			f = claim_field_find((enum claim_table)table, name);
		bool head = f >= 0 && !claim_tables[claim_fields[f].table].list;
		if (f < 0 || (claim_fields[f].table != table && !head))
			return rule_fail(s, "a {FIELD} in a message names no field of the row (or of XML1)");
	}
	return 0;
}

static int
settle_field(struct statement *s)
{
	s->rule.info.field = -1;
	if (!s->has_field)
		return 0;
	int f = s->rule.info.table >= 0
		    ? claim_field_find((enum claim_table)s->rule.info.table, s->field.text)
		    : -1;
	if (f < 0)
		return token_fail(lexer_of(s), &s->field, s->p.e, ERR_INPUT, "the table has no such field");
	s->rule.info.field = (int16_t)f;
	return 0;
}

/* Holds the rule within the days of its version; another rule of its id may not be in force on one of them.
 */
static int
settle_days(struct statement *s)
{
	struct rule_info *r = &s->rule.info;
	if (s->only_id && strcmp(s->only_id, r->id) != 0)
		return rule_fail(s, "the rule must be named %s", s->only_id);
	r->from = r->from > s->from ? r->from : s->from;
	r->to = r->to < s->to ? r->to : s->to;
	if (r->from > r->to)
		return rule_fail(s, "its own dates lie outside those of the version");
	if (rule_find(s->p.set, slice_of(r->id)) < 0)
		return 0;
	for (size_t i = 0; i < s->p.set->count; i++) {
		const struct rule_info *other = &s->p.set->rule[i].info;
		if (strcmp(other->id, r->id) == 0 && other->from <= r->to && r->from <= other->to)
			return rule_fail(s, "there is a rule of this name already");
	}
	return 0;
}

static int
check_rule(struct statement *s)
{
	struct rule_info *r = &s->rule.info;
	if (!s->has_table)
		return rule_fail(s, "\"on\" is missing");
	if (!s->has_body && r->state != RULE_OFF)
		return rule_fail(s, "it needs \"when\", \"reader\" or \"constraint\", or must be off");
	if (r->table == RULE_ON_OTHER && r->state != RULE_OFF && r->kind != RULE_CONSTRAINT)
		return rule_fail(s, "a rule on other things than claims is a constraint, or must be off");
	if (!*r->vi || !*r->en)
		return rule_fail(s, "a message in Vietnamese (vi) and English (en) is needed");
	if (r->from > r->to)
		return rule_fail(s, "\"from\" is after \"to\"");
	int rc = settle_days(s);
	if (rc == 0)
		rc = settle_field(s);
	const char *texts[] = { r->vi, r->en, r->fix_vi, r->fix_en };
	for (size_t i = 0; rc == 0 && i < 4; i++)
		rc = check_places(s, texts[i]);
	return rc;
}

static bool
is_top(const struct lexer *l)
{
	return l->token.kind == TOKEN_END || lex_is(l, "rule") || lex_is(l, "define") || lex_is(l, "claim");
}

static int
take_statement(struct statement *s)
{
	struct lexer *l = lexer_of(s);
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		if (!lex_is(l, statements[i].name))
			continue;
		int rc = step(s);
		return rc < 0 ? rc : statements[i].take(s);
	}
	return lex_fail(
	    l, s->p.e, ERR_INPUT, "\"%.*s\" begins no statement of a rule", SLICE_ARG(l->token.text));
}

static int
take_severity(struct statement *s)
{
	struct lexer *l = lexer_of(s);
	if (lex_is(l, "critical"))
		s->rule.info.severity = RULE_CRITICAL;
	else if (!lex_is(l, "warning"))
		return lex_fail(l, s->p.e, ERR_INPUT, "\"critical\" or \"warning\" is expected here");
	return step(s);
}

static int
add_rule(struct statement *s)
{
	struct rule_set *set = s->p.set;
	s->rule.info.catalogs = s->p.catalogs;
	s->rule.info.facts = s->p.facts;
	if (set->count == RULES_MAX)
		return rule_fail(s, "the set has too many rules");
	struct rule *to = ARENA_PUSH(set->arena, set->rule, set->count, set->capacity);
	*to = s->rule;
	size_t *number = ARENA_NEW(set->arena, size_t);
	*number = set->count - 1;
	map_put(set->by_id, slice_of(s->rule.info.id), number);
	return 0;
}

static int
load_rule(struct statement *s)
{
	static const struct rule_info empty = { .from = INT32_MIN,
		.to = INT32_MAX,
		.vi = "",
		.en = "",
		.fix_vi = "",
		.fix_en = "",
		.cite = "",
		.source = "",
		.certainty = "",
		.off_reason = "",
		.needs = "",
		.condition = "" };
	struct lexer *l = lexer_of(s);
	s->rule = (struct rule){ .info = empty };
	s->start = l->token;
	s->example = NULL;
	s->example_capacity = 0;
	s->has_field = s->has_table = s->has_body = false;
	s->p.scopes = s->p.depth = s->p.nodes = s->p.work = 0;
	s->p.catalogs = 0;
	s->p.facts = 0;
	int rc = step(s);
	if (rc == 0)
		rc = take_word(s, &s->rule.info.id);
	if (rc == 0 && !s->only_id && rule_find(s->p.set, slice_of(s->rule.info.id)) >= 0)
		return rule_fail(s, "there is a rule of this name already");
	if (rc == 0)
		rc = take_severity(s);
	s->rule.info.file = s->p.lex.file;
	s->rule.info.line = s->start.line;
	while (rc == 0 && !is_top(l))
		rc = take_statement(s);
	if (rc == 0)
		rc = check_rule(s);
	return rc < 0 ? rc : add_rule(s);
}

/* ---- definitions and base claims ---- */

/* define NAME: expression — kept as text, read where it is used; here it is only passed over. */
static int
load_definition(struct statement *s)
{
	struct lexer *l = lexer_of(s);
	struct definition *d = ARENA_NEW(s->p.set->arena, struct definition);
	int rc = step(s);
	if (rc == 0 && l->token.kind != TOKEN_NAME)
		return lex_fail(l, s->p.e, ERR_INPUT, "a name in small letters is expected here");
	struct slice name = arena_slice(s->p.set->arena, l->token.text);
	if (rc == 0 && map_get(s->p.set->definition, name))
		return lex_fail(l, s->p.e, ERR_INPUT, "this is defined already");
	if (rc == 0)
		rc = step(s);
	if (rc == 0 && !lex_is(l, ":"))
		return lex_fail(l, s->p.e, ERR_INPUT, "\":\" is expected here");
	if (rc < 0)
		return rc;
	*d = (struct definition){ name, l->source, l->file, l->at, l->line, l->column };
	do {
		rc = step(s);
	} while (rc == 0 && !is_top(l));
	if (rc == 0)
		map_put(s->p.set->definition, name, d);
	return rc;
}

/* claim NAME [like OTHER] changes */
static int
load_claim(struct statement *s)
{
	struct lexer *l = lexer_of(s);
	struct rule_set *set = s->p.set;
	struct rule_change c = { .file = l->file };
	int rc = step(s);
	if (rc == 0)
		rc = take_word(s, &c.name);
	for (size_t i = 0; rc == 0 && i < set->claims; i++)
		if (strcmp(set->claim[i].name, c.name) == 0)
			return lex_fail(l, s->p.e, ERR_INPUT, "there is a base claim %s already", c.name);
	if (rc == 0 && lex_is(l, "like")) {
		c.also = ARENA_NEW(set->arena, const char *);
		c.also_count = 1;
		if ((rc = step(s)) == 0)
			rc = take_word(s, &c.also[0]);
	}
	size_t start = l->token.at;
	c.line = l->token.line;
	if (rc == 0)
		rc = changes_apply(l, NULL, s->p.e);
	if (rc < 0)
		return rc;
	c.text = slice_of(arena_text(set->arena, slice_from(l->source.at + start, l->token.at - start)));
	*ARENA_PUSH(set->arena, set->claim, set->claims, set->claim_capacity) = c;
	return 0;
}

/* ---- files ---- */

static int
load_top(struct statement *s)
{
	struct lexer *l = lexer_of(s);
	if (lex_is(l, "rule"))
		return load_rule(s);
	if (lex_is(l, "define"))
		return load_definition(s);
	if (lex_is(l, "claim"))
		return load_claim(s);
	return lex_fail(l, s->p.e, ERR_INPUT, "\"rule\", \"define\" or \"claim\" is expected here");
}

static void
add_version(struct rule_set *set, struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		set->hash = (set->hash ^ (unsigned char)text.at[i]) * UINT64_C(0x100000001b3);
	snprintf(set->version, sizeof(set->version), "%016llx", (unsigned long long)set->hash);
}

/* What a set held before a file was loaded. */
struct mark {
	size_t rules, claims, definitions;
};

/* Takes back what a faulty file added. Names cannot be taken out of a map, so the maps are made anew. */
static void
roll_back(struct rule_set *set, const struct mark *before)
{
	struct map *ids = map_new(set->arena), *definitions = map_new(set->arena);
	size_t cursor = 0, seen = 0;
	struct slice name;
	void *value;
	for (size_t i = 0; i < before->rules; i++) {
		size_t *number = ARENA_NEW(set->arena, size_t);
		*number = i;
		map_put(ids, slice_of(set->rule[i].info.id), number);
	}
	while (map_next(set->definition, &cursor, &name, &value) && seen++ < before->definitions)
		map_put(definitions, name, value);
	set->by_id = ids;
	set->definition = definitions;
	set->count = before->rules;
	set->claims = before->claims;
}

static int
load_file(
    struct rule_set *set, const char *file, struct slice text, const struct statement *limits, struct err *e)
{
	struct err ignored;
	if (!e)
		e = &ignored;
	*e = (struct err){ 0 };
	if (text.len > RULE_FILE_MAX)
		return err_set(e, ERR_LIMIT, file, "a rule file may have %u bytes", RULE_FILE_MAX);
	struct mark before = { set->count, set->claims, map_count(set->definition) };
	struct statement s = *limits;
	s.p.set = set;
	s.p.e = e;
	struct slice copy = arena_slice(set->arena, text);
	lex_init(&s.p.lex, set->arena, arena_text(set->arena, slice_of(file)), copy);
	int rc = step(&s);
	while (rc == 0 && s.p.lex.token.kind != TOKEN_END)
		rc = load_top(&s);
	if (rc == 0 && s.only_id && set->count != before.rules + 1)
		rc = err_set(e, ERR_INPUT, file, "a version holds one rule, this text holds %zu",
		    set->count - before.rules);
	if (rc == 0)
		add_version(set, copy);
	else
		roll_back(set, &before);
	return rc;
}

int
rule_set_load(struct rule_set *set, const char *file, struct slice text, struct err *e)
{
	const struct statement limits = { .from = INT32_MIN, .to = INT32_MAX };
	return load_file(set, file, text, &limits, e);
}

int
rule_set_load_version(struct rule_set *set, const char *file, const char *id, struct slice text, int32_t from,
    int32_t to, struct err *e)
{
	const struct statement limits = { .only_id = id, .from = from, .to = to };
	return load_file(set, file, text, &limits, e);
}

int
rule_set_load_builtin(struct rule_set *set, struct err *e)
{
	for (size_t i = 0; i < rule_builtin_file_count; i++) {
		const struct rule_builtin_file *f = &rule_builtin_files[i];
		int rc = rule_set_load(set, f->name, slice_from(f->text, f->len), e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- reading a set ---- */

size_t
rule_count(const struct rule_set *set)
{
	return set->count;
}

const struct rule_info *
rule_at(const struct rule_set *set, size_t i)
{
	assert(i < set->count);
	return &set->rule[i].info;
}

int
rule_find(const struct rule_set *set, struct slice id)
{
	const size_t *number = map_get(set->by_id, id);
	return number ? (int)*number : -1;
}

const char *
rule_set_version(const struct rule_set *set)
{
	return set->version;
}
