/* hmis astm: what analyzers send, from files, no database. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/hl7.h"
#include "hl7/astm.h"
#include "hl7/result.h"

static void
member(struct json_writer *w, const char *key, struct slice s)
{
	if (s.len == 0)
		return;
	json_write_key(w, key);
	json_write_string(w, s);
}

static void
add_item(struct json_writer *w, const struct result_item *x)
{
	json_write_object(w);
	member(w, "test", x->test.code);
	member(w, "test_raw", x->test.raw);
	member(w, "value", x->value.text);
	member(w, "unit", x->unit);
	member(w, "range", x->range);
	member(w, "flags", x->flags);
	member(w, "status", x->status);
	member(w, "observed_at", x->observed_at);
	for (const struct result_note *n = x->notes; n; n = n->next)
		member(w, "note", n->text);
	json_write_object_end(w);
}

static void
add_order(struct json_writer *w, const struct result_patient *p, const struct result_order *o)
{
	json_write_object(w);
	member(w, "patient", p->id.len ? p->id : p->lab_id);
	member(w, "specimen", o->specimen);
	member(w, "service", o->service.code);
	member(w, "status", o->status);
	json_write_key(w, "results");
	json_write_array(w);
	for (const struct result_item *x = o->items; x; x = x->next)
		add_item(w, x);
	json_write_array_end(w);
	json_write_object_end(w);
}

static void
print_results(const char *file, const struct result_message *m)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, 8 * HL7_CLI_FILE_MAX);
	json_write_init(&w, &out);
	json_write_object(&w);
	json_write_member(&w, "file", file);
	member(&w, "sender", m->sender);
	member(&w, "sent_at", m->sent_at);
	json_write_key(&w, "orders");
	json_write_array(&w);
	for (const struct result_patient *p = m->patients; p; p = p->next)
		for (const struct result_order *o = p->orders; o; o = o->next)
			add_order(&w, p, o);
	json_write_array_end(&w);
	json_write_key(&w, "queries");
	json_write_array(&w);
	for (const struct result_query *q = m->queries; q; q = q->next)
		json_write_string(&w, q->specimen);
	json_write_array_end(&w);
	json_write_object_end(&w);
	fwrite(out.at, 1, out.len, stdout);
	putchar('\n');
	buf_free(&out);
}

enum format { FORMAT_TSV, FORMAT_JSON, FORMAT_RESULTS };

static int
print_records(const char *file, const struct hl7_message *m, enum format format)
{
	enum hl7_charset c =
	    hl7_charset_choose(HL7_CHARSET_NONE, HL7_CHARSET_NONE, m->bytes, HL7_CHARSET_NONE);
	struct result_message *results;
	struct err e = { 0 };
	int code = EXIT_GOOD;

	if (format == FORMAT_JSON) {
		hl7_cli_print_json(file, m, c);
	} else if (format == FORMAT_TSV) {
		printf("# %s\n", file);
		hl7_cli_print_tsv(m, c);
	} else {
		struct arena *arena = arena_new(0);
		if (result_read_astm(m, c, arena, &results, &e) < 0)
			code = command_error(file, &e);
		else
			print_results(file, results);
		arena_free(arena);
	}
	return code;
}

static int
parse_capture(const char *file, struct slice capture, struct buf *records, enum format format)
{
	struct hl7_limits limits = { .bytes = HL7_CLI_FILE_MAX };
	struct hl7_message m;
	struct err e = { 0 };
	size_t bad = 0;
	int code;

	if (astm_unframe(capture, records, &bad, &e) < 0)
		return command_error(file, &e);
	if (bad > 0)
		fprintf(stderr, "hmis: %s: %zu bad frames left out\n", file, bad);
	hl7_message_init(&m);
	if (astm_parse(&m, buf_slice(records), &limits, &e) < 0)
		code = command_error(file, &e);
	else
		code = print_records(file, &m, format);
	hl7_message_free(&m);
	return code == EXIT_GOOD && bad > 0 ? EXIT_FINDINGS : code;
}

static int
parse_file(const char *file, enum format format)
{
	struct buf capture, records;
	struct err e = { 0 };
	int code;

	buf_init(&capture, HL7_CLI_FILE_MAX);
	buf_init(&records, HL7_CLI_FILE_MAX);
	if (buf_read_file(&capture, file, &e) < 0)
		code = command_error(file, &e);
	else
		code = parse_capture(file, buf_slice(&capture), &records, format);
	buf_free(&capture);
	buf_free(&records);
	return code;
}

static int
astm_cli_parse(int argc, char **argv)
{
	static const char *const formats[] = { "tsv", "json", "results" };
	enum format format = FORMAT_TSV;
	int code = EXIT_GOOD, first = 1;

	if (argc > 2 && strcmp(argv[1], "--format") == 0) {
		while (format <= FORMAT_RESULTS && strcmp(argv[2], formats[format]) != 0)
			format++;
		if (format > FORMAT_RESULTS)
			return command_fail("--format is tsv, json or results");
		first = 3;
	}
	if (first >= argc)
		return command_fail("hmis astm parse [--format tsv|json|results] FILE…");
	for (int i = first; i < argc; i++) {
		int one = parse_file(argv[i], format);
		code = one > code ? one : code;
	}
	return code;
}

static const struct command commands[] = {
	{ "parse", "FILE…: records of a captured line or file [--format tsv|json|results]", astm_cli_parse },
	{ NULL, NULL, NULL },
};

int
command_astm(int argc, char **argv)
{
	return command_group("hmis astm", commands, argc, argv);
}
