#include "server/loop/config.h"

#include <ctype.h>
#include <stdio.h>

#define FILE_BYTES_MAX (1024 * 1024)
#define VALUE_BYTES_MAX 1024

static const struct config_row rows[CONFIG_KEYS] = {
#define CONFIG_KEY(id, section, name, type, unit, value, min, max, reload, text)                             \
	{ section, name, CONFIG_##type, unit, value, min, max, reload, text },
#include "server/loop/config_keys.h"
#undef CONFIG_KEY
};

enum source { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT };

struct config {
	struct arena *arena;
	struct {
		const char *text;
		int64_t number;
		enum source source;
	} value[CONFIG_KEYS];
};

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit size_units[] = {
	{ "B", 1 },
	{ "KiB", INT64_C(1) << 10 },
	{ "MiB", INT64_C(1) << 20 },
	{ "GiB", INT64_C(1) << 30 },
	{ NULL, 0 },
};
static const struct unit time_units[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "min", 60000 },
	{ "h", 3600000 },
	{ "d", 86400000 },
	{ NULL, 0 },
};
static const struct unit no_units[] = { { NULL, 0 } };

static const char *const type_names[] = {
	[CONFIG_BOOL] = "yes/no",
	[CONFIG_INT] = "number",
	[CONFIG_SIZE] = "size",
	[CONFIG_TIME] = "time",
	[CONFIG_TEXT] = "text",
	[CONFIG_CHOICE] = "choice",
	[CONFIG_SECRET] = "secret",
};

const struct config_row *
config_row(enum config_key key)
{
	return &rows[key];
}

static int
parse_number(struct slice s, const struct unit *units, int64_t *ret, struct err *e)
{
	size_t digits = 0;
	struct slice unit;
	int64_t n, factor = 1;
	const struct unit *u = units;

	while (digits < s.len && isdigit((unsigned char)s.at[digits]))
		digits++;
	if (slice_to_int64(slice_from(s.at, digits), &n) < 0)
		return err_set(e, ERR_INPUT, NULL, "a number is wanted, not \"%.*s\"", SLICE_ARG(s));
	unit = slice_trim(slice_skip(s, digits));
	if (unit.len > 0) {
		while (u->name && !slice_eq_text(unit, u->name))
			u++;
		if (!u->name)
			return err_set(e, ERR_INPUT, NULL, "unknown unit \"%.*s\"", SLICE_ARG(unit));
		factor = u->factor;
	}
	if (__builtin_mul_overflow(n, factor, ret))
		return err_set(e, ERR_INPUT, NULL, "the number is too large");
	return 0;
}

static int
parse_bool(struct slice s, int64_t *ret, struct err *e)
{
	static const char *const words[2][4] = { { "no", "false", "off", "0" },
		{ "yes", "true", "on", "1" } };

	for (int value = 0; value < 2; value++) {
		for (int i = 0; i < 4; i++) {
			if (slice_eq_text(s, words[value][i])) {
				*ret = value;
				return 0;
			}
		}
	}
	return err_set(e, ERR_INPUT, NULL, "yes or no is wanted, not \"%.*s\"", SLICE_ARG(s));
}

static int
parse_choice(struct slice s, const char *choices, int64_t *ret, struct err *e)
{
	struct slice rest = slice_of(choices), word;

	for (int64_t i = 0; slice_split(&rest, ' ', &word); i++) {
		if (slice_eq(s, word)) {
			*ret = i;
			return 0;
		}
	}
	return err_set(e, ERR_INPUT, NULL, "one of \"%s\" is wanted, not \"%.*s\"", choices, SLICE_ARG(s));
}

static int
parse_text(const struct config_row *row, struct slice s, struct err *e)
{
	if (s.len > VALUE_BYTES_MAX - 1 || (row->max > 0 && s.len > (size_t)row->max))
		return err_set(e, ERR_INPUT, NULL, "longer than %lld bytes", (long long)row->max);
	if (s.len < (size_t)row->min)
		return err_set(e, ERR_INPUT, NULL, "at least %lld bytes are needed", (long long)row->min);
	return 0;
}

static int
parse_value(const struct config_row *row, struct slice s, int64_t *ret, struct err *e)
{
	int r;

	switch (row->type) {
	case CONFIG_BOOL:
		return parse_bool(s, ret, e);
	case CONFIG_CHOICE:
		return parse_choice(s, row->unit, ret, e);
	case CONFIG_TEXT:
	case CONFIG_SECRET:
		return parse_text(row, s, e);
	case CONFIG_SIZE:
		r = parse_number(s, size_units, ret, e);
		break;
	case CONFIG_TIME:
		r = parse_number(s, time_units, ret, e);
		break;
	default:
		r = parse_number(s, no_units, ret, e);
		break;
	}
	if (r < 0)
		return r;
	if (*ret < row->min || *ret > row->max)
		return err_set(e, ERR_INPUT, NULL, "%lld is not within %lld..%lld %s", (long long)*ret,
		    (long long)row->min, (long long)row->max, row->unit);
	return 0;
}

static int
set_value(struct config *c, enum config_key key, struct slice text, enum source source, struct err *e)
{
	int64_t number = 0;

	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < 0x20 && text.at[i] != '\t')
			return err_set(e, ERR_INPUT, NULL, "control character in the value");
	if (parse_value(&rows[key], text, &number, e) < 0)
		return ERR_INPUT;
	c->value[key].text = arena_text(c->arena, text);
	c->value[key].number = number;
	c->value[key].source = source;
	return 0;
}

static bool
find_key(struct slice section, struct slice name, enum config_key *ret)
{
	for (int k = 0; k < CONFIG_KEYS; k++) {
		if (slice_eq_text(section, rows[k].section) && slice_eq_text(name, rows[k].name)) {
			*ret = (enum config_key)k;
			return true;
		}
	}
	return false;
}

bool
config_find(const char *name, enum config_key *ret)
{
	struct slice s = slice_of(name);
	size_t dot = slice_find(s, '.');

	return find_key(slice_from(s.at, dot), slice_skip(s, dot + 1), ret);
}

static bool
section_exists(struct slice section)
{
	for (int k = 0; k < CONFIG_KEYS; k++)
		if (slice_eq_text(section, rows[k].section))
			return true;
	return false;
}

/* The value up to a comment: '#' or ';' after a blank. */
static struct slice
cut_comment(struct slice s)
{
	for (size_t i = 1; i < s.len; i++)
		if ((s.at[i] == ';' || s.at[i] == '#') && (s.at[i - 1] == ' ' || s.at[i - 1] == '\t'))
			return slice_trim(slice_from(s.at, i));
	return s.len > 0 && (s.at[0] == ';' || s.at[0] == '#') ? slice_from(s.at, 0) : s;
}

static int
parse_line(struct config *c, struct slice line, struct slice *section, struct err *e)
{
	size_t eq = slice_find(line, '=');
	struct slice name = slice_trim(slice_from(line.at, eq));
	enum config_key key;

	if (line.at[0] == '[') {
		line = cut_comment(line);
		if (line.at[line.len - 1] != ']')
			return err_set(e, ERR_INPUT, NULL, "a section is written [name]");
		*section = slice_trim(slice_from(line.at + 1, line.len - 2));
		if (!section_exists(*section))
			return err_set(e, ERR_INPUT, NULL, "unknown section [%.*s]", SLICE_ARG(*section));
		return 0;
	}
	if (eq == line.len)
		return err_set(e, ERR_INPUT, NULL, "a line is written name = value");
	if (section->len == 0)
		return err_set(e, ERR_INPUT, NULL, "a [section] must come before the first key");
	if (!find_key(*section, name, &key))
		return err_set(e, ERR_INPUT, NULL, "unknown key \"%.*s\" in [%.*s]", SLICE_ARG(name),
		    SLICE_ARG(*section));
	if (c->value[key].source == FROM_FILE)
		return err_set(e, ERR_INPUT, NULL, "%.*s is given twice", SLICE_ARG(name));
	return set_value(c, key, cut_comment(slice_trim(slice_skip(line, eq + 1))), FROM_FILE, e);
}

static int
parse_file(struct config *c, struct slice text, const char *name, struct err *e)
{
	struct slice section = SLICE(""), line;
	int number = 0;

	while (text.len > 0 && slice_split(&text, '\n', &line)) {
		number++;
		line = slice_trim(line);
		if (line.len == 0 || line.at[0] == '#' || line.at[0] == ';')
			continue;
		if (parse_line(c, line, &section, e) < 0) {
			char where[120];

			snprintf(where, sizeof(where), "%.100s:%d", name, number);
			err_prefix_field(e, where);
			return ERR_INPUT;
		}
	}
	return 0;
}

/* "HMIS_HTTP_BODY_BYTES" of a row. */
static void
env_name(const struct config_row *row, char out[96])
{
	snprintf(out, 96, "HMIS_%s_%s", row->section, row->name);
	for (char *p = out; *p; p++)
		*p = (char)toupper((unsigned char)*p);
}

/*
 * Variables HMIS_<SECTION>_… of a known section must name a known key; others (HMIS_TEST_PG …) belong to
 * scripts.
 */
static bool
env_is_ours(struct slice name)
{
	for (int k = 0; k < CONFIG_KEYS; k++) {
		char prefix[96];
		int len = snprintf(prefix, sizeof(prefix), "HMIS_%s_", rows[k].section);

		for (char *p = prefix; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		if (slice_starts(name, slice_from(prefix, (size_t)len)))
			return true;
	}
	return false;
}

static int
parse_variable(struct config *c, const char *variable, struct err *e)
{
	struct slice whole = slice_of(variable);
	size_t eq = slice_find(whole, '=');
	struct slice name = slice_from(whole.at, eq);
	char known[96];
	int r;

	if (!slice_starts(name, SLICE("HMIS_")))
		return 0;
	for (int k = 0; k < CONFIG_KEYS; k++) {
		env_name(&rows[k], known);
		if (!slice_eq_text(name, known))
			continue;
		r = set_value(
		    c, (enum config_key)k, slice_trim(slice_skip(whole, eq + 1)), FROM_ENVIRONMENT, e);
		if (r < 0)
			err_prefix_field(e, known);
		return r;
	}
	if (env_is_ours(name))
		return err_set(e, ERR_INPUT, arena_text(c->arena, name), "no such configuration key");
	return 0;
}

int
config_parse(struct slice text, const char *name, char *const *env, struct config **ret, struct err *e)
{
	struct arena *a = arena_new(4 * FILE_BYTES_MAX);
	struct config *c = ARENA_NEW(a, struct config);

	c->arena = a;
	for (int k = 0; k < CONFIG_KEYS; k++) {
		struct err why = { 0 };

		if (set_value(c, (enum config_key)k, slice_of(rows[k].value), FROM_DEFAULT, &why) < 0)
			fatal("config: default of %s.%s: %s", rows[k].section, rows[k].name, why.detail);
	}
	if (parse_file(c, text, name, e) < 0)
		goto fail;
	for (; env && *env; env++)
		if (parse_variable(c, *env, e) < 0)
			goto fail;
	*ret = c;
	return 0;
fail:
	arena_free(a);
	return ERR_INPUT;
}

int
config_load(const char *file, char *const *env, struct config **ret, struct err *e)
{
	struct buf text;
	int r;

	if (!file)
		return config_parse(SLICE(""), "", env, ret, e);
	buf_init(&text, FILE_BYTES_MAX);
	r = buf_read_file(&text, file, e);
	if (r == 0)
		r = config_parse(buf_slice(&text), file, env, ret, e);
	buf_free(&text);
	return r;
}

void
config_free(struct config *c)
{
	if (c)
		arena_free(c->arena);
}

int64_t
config_int(const struct config *c, enum config_key key)
{
	return c->value[key].number;
}

bool
config_bool(const struct config *c, enum config_key key)
{
	return c->value[key].number != 0;
}

const char *
config_text(const struct config *c, enum config_key key)
{
	return c->value[key].text;
}

const char *
config_source(const struct config *c, enum config_key key)
{
	static const char *const names[] = { "default", "file", "environment" };

	return names[c->value[key].source];
}

static bool
value_differs(const struct config *a, const struct config *b, int k)
{
	if (rows[k].type == CONFIG_TEXT || rows[k].type == CONFIG_SECRET)
		return strcmp(a->value[k].text, b->value[k].text) != 0;
	return a->value[k].number != b->value[k].number;
}

void
config_diff_fixed(const struct config *old, const struct config *now, struct buf *out)
{
	for (int k = 0; k < CONFIG_KEYS; k++)
		if (!rows[k].reloadable && value_differs(old, now, k))
			buf_addf(out, "%s%s.%s", out->len ? " " : "", rows[k].section, rows[k].name);
}

static void
explain_number(const struct config_row *row, struct buf *out)
{
	if (row->type == CONFIG_CHOICE)
		buf_addf(out, ", one of: %s", row->unit);
	else if (row->type != CONFIG_BOOL)
		buf_addf(out, ", %lld..%lld %s", (long long)row->min, (long long)row->max,
		    row->type == CONFIG_TEXT || row->type == CONFIG_SECRET ? "bytes" : row->unit);
}

void
config_explain(const struct config *c, struct buf *out)
{
	const char *section = "";

	for (int k = 0; k < CONFIG_KEYS; k++) {
		const struct config_row *row = &rows[k];
		bool secret = row->type == CONFIG_SECRET;
		char variable[96];

		if (strcmp(section, row->section) != 0)
			buf_addf(out, "%s[%s]\n", k ? "\n" : "", row->section);
		section = row->section;
		env_name(row, variable);
		buf_addf(out, "%s = %s\n    %s", row->name, row->value, type_names[row->type]);
		explain_number(row, out);
		buf_addf(out, "; %s; %s\n    %s\n", row->reloadable ? "reloadable" : "needs a restart",
		    variable, row->text);
		if (c && c->value[k].source != FROM_DEFAULT)
			buf_addf(out, "    now: %s (%s)\n", secret ? "(set)" : c->value[k].text,
			    config_source(c, (enum config_key)k));
	}
}
