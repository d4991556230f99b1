/* hmis hl7 parse, get, rewrite: what a message says. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "cli/hl7.h"
#include "hl7/escape.h"

/* One value that is not cut further. */
struct leaf {
	const struct hl7_message *m;
	const char *path;
	struct hl7_value value;
};

typedef void leaf_fn(const struct leaf *leaf, void *context);

static const char *const state_names[] = { "absent", "empty", "delete", "value" };

void
hl7_cli_print_cell(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		const char *at = c ? strchr("\t\n\r\\", c) : NULL;

		if (at)
			printf("\\%c", "tnr\\"[at - strchr("\t\n\r\\", '\t')]);
		else if (c < 0x20 || c == 0x7f)
			printf("\\x%02X", c);
		else
			putchar(c);
	}
}

/* Appends ".n" or "(n)" while the leaves below are given; a lone part adds nothing. */
struct label {
	char path[128];
	size_t len;
};

static size_t
push(struct label *l, const char *format, unsigned n)
{
	size_t before = l->len;

	l->len += (size_t)snprintf(l->path + l->len, sizeof(l->path) - l->len, format, n);
	return before;
}

static void
pop(struct label *l, size_t len)
{
	l->len = len;
	l->path[len] = 0;
}

static void
give(const struct hl7_message *m, struct label *l, struct hl7_value v, leaf_fn *fn, void *context)
{
	struct leaf leaf = { m, l->path, v };

	fn(&leaf, context);
}

static void
each_leaf_of_component(
    const struct hl7_message *m, struct hl7_value component, struct label *l, leaf_fn *fn, void *context)
{
	struct slice rest = component.raw;
	struct hl7_value v;

	for (unsigned s = 1; hl7_piece_next(&rest, m->delimiters.subcomponent, &v); s++) {
		size_t len = v.raw.len < component.raw.len ? push(l, ".%u", s) : l->len;
		give(m, l, v, fn, context);
		pop(l, len);
	}
}

static void
each_leaf_of_repetition(
    const struct hl7_message *m, struct hl7_value repetition, struct label *l, leaf_fn *fn, void *context)
{
	struct slice rest = repetition.raw;
	struct hl7_value v;

	for (unsigned c = 1; hl7_piece_next(&rest, m->delimiters.component, &v); c++) {
		bool has_parts = m->delimiters.subcomponent && v.raw.len &&
				 memchr(v.raw.at, m->delimiters.subcomponent, v.raw.len);
		size_t len = v.raw.len < repetition.raw.len || has_parts ? push(l, ".%u", c) : l->len;
		each_leaf_of_component(m, v, l, fn, context);
		pop(l, len);
	}
}

static void
each_leaf_of_field(const struct hl7_message *m, uint32_t i, unsigned f, struct hl7_value field,
    struct label *l, leaf_fn *fn, void *context)
{
	struct slice rest = field.raw;
	struct hl7_value v;

	if (hl7_is_header_field(m, i, f) || field.state != HL7_VALUE) {
		give(m, l, field, fn, context);
		return;
	}
	for (unsigned r = 1; hl7_piece_next(&rest, m->delimiters.repetition, &v); r++) {
		size_t len = v.raw.len < field.raw.len ? push(l, "(%u)", r) : l->len;
		each_leaf_of_repetition(m, v, l, fn, context);
		pop(l, len);
	}
}

static void
each_leaf(const struct hl7_message *m, leaf_fn *fn, void *context)
{
	struct arena *arena = arena_new(0);
	struct map *seen = map_new(arena);
	struct label label;

	for (uint32_t i = 0; i < m->segment_count; i++) {
		struct slice name = hl7_segment_name(m, i);
		unsigned *nth = map_get(seen, name);
		struct hl7_walk w;
		struct hl7_value v;

		if (nth == NULL)
			map_put(seen, name, nth = ARENA_NEW(arena, unsigned));
		(*nth)++;
		name.len = name.len > 16 ? 16 : name.len;
		hl7_walk_begin(&w, m, i);
		while (hl7_walk_next(&w, &v)) {
			pop(&label, 0);
			label.len = (size_t)snprintf(label.path, sizeof(label.path), "%.*s", SLICE_ARG(name));
			if (*nth > 1)
				push(&label, "(%u)", *nth);
			push(&label, "-%u", w.field);
			each_leaf_of_field(m, i, w.field, v, &label, fn, context);
		}
	}
	arena_free(arena);
}

struct slice
hl7_cli_text(const struct hl7_message *m, enum hl7_charset c, struct slice raw, struct buf *work)
{
	struct buf bytes;

	buf_init(&bytes, HL7_CLI_FILE_MAX);
	buf_reset(work);
	hl7_decode_nfc(c, hl7_unescape(raw, &m->delimiters, HL7_TEXT_EXACT, &bytes), work, NULL, NULL);
	buf_free(&bytes);
	return buf_slice(work);
}

struct leaves {
	enum hl7_charset charset;
	struct buf work;
	struct json_writer w;
};

static void
print_leaf_tsv(const struct leaf *leaf, void *context)
{
	struct leaves *x = context;

	if (leaf->value.state == HL7_EMPTY)
		return;
	struct slice text = hl7_cli_text(leaf->m, x->charset, leaf->value.raw, &x->work);
	printf("%s\t%s\t", leaf->path, state_names[leaf->value.state]);
	if (leaf->value.state == HL7_VALUE)
		hl7_cli_print_cell(text);
	putchar('\n');
}

void
hl7_cli_print_tsv(const struct hl7_message *m, enum hl7_charset c)
{
	struct leaves x = { .charset = c };

	buf_init(&x.work, 4 * HL7_CLI_FILE_MAX);
	each_leaf(m, print_leaf_tsv, &x);
	buf_free(&x.work);
}

static void
print_leaf_json(const struct leaf *leaf, void *context)
{
	struct leaves *x = context;

	if (leaf->value.state == HL7_EMPTY)
		return;
	json_write_key(&x->w, leaf->path);
	if (leaf->value.state == HL7_NULL)
		json_write_null(&x->w);
	else
		json_write_string(&x->w, hl7_cli_text(leaf->m, x->charset, leaf->value.raw, &x->work));
}

void
hl7_cli_print_json(const char *file, const struct hl7_message *m, enum hl7_charset c)
{
	struct leaves x = { .charset = c };
	struct buf out;

	buf_init(&out, 8 * HL7_CLI_FILE_MAX);
	buf_init(&x.work, 4 * HL7_CLI_FILE_MAX);
	json_write_init(&x.w, &out);
	json_write_object(&x.w);
	json_write_member(&x.w, "file", file);
	json_write_key(&x.w, "flags");
	json_write_array(&x.w);
	for (unsigned flag = 1; flag <= HL7_FLAG_ASTM; flag <<= 1)
		if (m->flags & flag)
			json_write_text(&x.w, hl7_flag_name((enum hl7_flag)flag));
	json_write_array_end(&x.w);
	json_write_key(&x.w, "segments");
	json_write_array(&x.w);
	for (uint32_t i = 0; i < m->segment_count; i++)
		json_write_string(&x.w, hl7_segment_name(m, i));
	json_write_array_end(&x.w);
	json_write_key(&x.w, "values");
	json_write_object(&x.w);
	each_leaf(m, print_leaf_json, &x);
	json_write_object_end(&x.w);
	json_write_object_end(&x.w);
	printf("%.*s\n", SLICE_ARG(buf_slice(&out)));
	buf_free(&out);
	buf_free(&x.work);
}

static int
parse_row(struct hl7_cli_message *m, void *context)
{
	if (*(const bool *)context) {
		hl7_cli_print_json(m->file, &m->index, m->charset);
		return EXIT_GOOD;
	}
	printf("# %s %u\n", m->file, m->number);
	hl7_cli_print_tsv(&m->index, m->charset);
	return EXIT_GOOD;
}

int
hl7_cli_parse(int argc, char **argv)
{
	bool json = false;
	int files = 0, code = EXIT_GOOD;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--format") == 0 && i + 1 < argc) {
			json = strcmp(argv[++i], "json") == 0;
			if (!json && strcmp(argv[i], "tsv") != 0)
				return command_fail("--format is json or tsv");
		} else if (argv[i][0] == '-' && argv[i][1] != 0) {
			return command_fail(
			    "no option %s; hmis hl7 parse FILE… [--format json|tsv]", argv[i]);
		} else {
			argv[files++] = argv[i];
		}
	}
	if (files == 0)
		return command_fail("hmis hl7 parse FILE… [--format json|tsv]");
	for (int i = 0; i < files; i++) {
		int one = hl7_cli_each(argv[i], parse_row, NULL, &json);
		code = one > code ? one : code;
	}
	return code;
}

struct get {
	struct hl7_path *path;
	int paths;
	struct buf work;
	bool missing;
};

static int
get_row(struct hl7_cli_message *m, void *context)
{
	struct get *get = context;

	for (int i = 0; i < get->paths; i++) {
		struct hl7_cursor c = { 0 };
		struct hl7_value v;
		bool any = false;

		while (hl7_each(&m->index, &get->path[i], &c, &v)) {
			any |= v.state != HL7_ABSENT;
			printf("%s\t", state_names[v.state]);
			if (v.state == HL7_VALUE)
				hl7_cli_print_cell(hl7_cli_text(&m->index, m->charset, v.raw, &get->work));
			putchar('\n');
		}
		if (!any && !c.started)
			puts("absent\t");
		get->missing |= !any;
	}
	return get->missing ? EXIT_FINDINGS : EXIT_GOOD;
}

int
hl7_cli_get(int argc, char **argv)
{
	struct arena *arena = arena_new(0);
	struct get get = { .paths = argc - 2 };
	int code;

	if (argc < 3) {
		arena_free(arena);
		return command_fail("hmis hl7 get FILE PATH… (prints state and value, one line each)");
	}
	get.path = ARENA_ARRAY(arena, (size_t)get.paths, struct hl7_path);
	buf_init(&get.work, 4 * HL7_CLI_FILE_MAX);
	for (int i = 0; i < get.paths; i++) {
		struct err e = { 0 };
		if (hl7_path_compile(slice_of(argv[i + 2]), &get.path[i], &e) < 0) {
			code = command_error(argv[i + 2], &e);
			goto out;
		}
	}
	code = hl7_cli_each(argv[1], get_row, NULL, &get);
out:
	buf_free(&get.work);
	arena_free(arena);
	return code;
}

struct rewrite {
	struct buf out;
	enum hl7_charset whole; /* of the file, when it was decoded to be parsed */
	bool strict;
};

static int
rewrite_row(struct hl7_cli_message *m, void *context)
{
	struct rewrite *r = context;

	r->whole = m->whole;
	if (r->strict)
		hl7_write_strict(&m->index, &r->out);
	else
		hl7_write(&m->index, &r->out);
	return EXIT_GOOD;
}

/* A trailer has no delimiters of its own; strictly it is its line and CR. */
static int
rewrite_trailer(struct hl7_cli_message *m, void *context)
{
	struct rewrite *r = context;

	buf_add(&r->out, r->strict ? slice_trim(m->part.bytes) : m->part.bytes);
	if (r->strict)
		buf_add_char(&r->out, '\r');
	return EXIT_GOOD;
}

/* Back to the file's own character set. */
static int
encode_again(struct rewrite *r, struct err *e)
{
	struct buf bytes;

	if (r->whole == HL7_CHARSET_NONE)
		return 0;
	buf_init(&bytes, HL7_CLI_FILE_MAX);
	int rc = hl7_encode(r->whole, buf_slice(&r->out), &bytes, NULL, e);
	buf_free(&r->out);
	r->out = bytes;
	return rc;
}

int
hl7_cli_rewrite(int argc, char **argv)
{
	struct rewrite r = { .strict = argc == 4 && strcmp(argv[1], "--strict") == 0 };
	struct err e = { 0 };

	if (argc != 3 + r.strict)
		return command_fail("hmis hl7 rewrite [--strict] IN OUT");
	argv += r.strict;
	buf_init(&r.out, HL7_CLI_FILE_MAX);
	int code = hl7_cli_each(argv[1], rewrite_row, rewrite_trailer, &r);
	if (code != EXIT_UNUSABLE && encode_again(&r, &e) < 0)
		code = command_error(argv[1], &e);
	if (code != EXIT_UNUSABLE && buf_write_file(&r.out, argv[2], &e) < 0)
		code = command_error(argv[2], &e);
	buf_free(&r.out);
	return code;
}
