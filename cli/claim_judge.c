/* hmis claim check: the structural check and the rules over claim files. */
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/time.h"
#include "claims/check.h"
#include "claims/rules/verdict_json.h"
#include "cli/claim.h"
#include "cli/claim_cross.h"
#include "cli/claim_envelope.h"
#include "cli/command.h"
#include "cli/rules.h"

#define OUTPUT_MAX ((size_t)64 << 20)

enum format { FORMAT_TEXT, FORMAT_TSV, FORMAT_JSON };

struct judging {
	const char *file;
	enum format format;
	bool english;
	bool structure; /* no rules */
	int64_t now;
	struct rule_set *set;
	struct rule_judge *judge;
	struct rule_catalog_rows *rows; /* of --catalog */
	struct rule_catalog catalogs;   /* … over the built-in ones */
	struct rule_catalog catalog;    /* with --envelope: what is known of the file in front of those */
	bool envelope;                  /* --envelope */
	const char *sender;             /* --sender */
	struct claim_envelope_facts facts;
	struct claim_cross cross; /* what the claims say about one another */
	uint64_t needed;          /* catalogues that were absent */
	uint32_t facts_needed;
	bool started; /* something was written already */
	int exit;
};

/* ---- writing ---- */

static void
write_out(struct judging *j, const struct buf *out)
{
	if (!buf_ok(out) || (out->len && fwrite(out->at, 1, out->len, stdout) != out->len))
		j->exit = command_fail("claim: the findings could not be written");
}

static void
add_cell(struct buf *out, struct buf *cell)
{
	for (size_t i = 0; i < cell->len; i++)
		buf_add_char(out, strchr("\t\n\r", cell->at[i]) ? ' ' : cell->at[i]);
	buf_add_char(out, '\t');
	buf_reset(cell);
}

static void
add_money(struct buf *out, int64_t hundredths)
{
	char text[DECIMAL_TEXT_MAX];
	size_t len = decimal_print(hundredths, 2, text);
	buf_add(out, slice_from(text, len));
}

static void
write_line(struct judging *j, const struct rule_finding *f, const struct claim_document *d, uint32_t claim,
    struct buf *out)
{
	const struct rule_info *r = rule_at(j->set, f->rule);
	buf_addf(out, "%s:", j->file);
	if (claim)
		buf_addf(out, "%u:", claim);
	buf_addf(out, " %s: ", f->is_shadow ? "shadow" : rule_severity_name((enum rule_severity)f->severity));
	rule_place(f, out);
	buf_add_text(out, ": ");
	rule_message(j->set, f, d, !j->english, out);
	if (f->at_risk) {
		buf_add_text(out, " (");
		add_money(out, f->at_risk);
		buf_add_text(out, " đ)");
	}
	buf_addf(out, " [%s]\n", r->id);
}

static void
write_row(struct judging *j, const struct rule_finding *f, const struct claim_document *d, uint32_t claim,
    struct buf *out)
{
	struct buf cell;
	const struct rule_info *r = rule_at(j->set, f->rule);
	buf_init(&cell, 1u << 20);
	buf_addf(out, "%s\t%u\t%.*s\t%s\t%s\t", j->file, claim, SLICE_ARG(claim_document_ma_lk(d)), r->id,
	    f->is_shadow ? "shadow" : rule_severity_name((enum rule_severity)f->severity));
	rule_place(f, &cell);
	add_cell(out, &cell);
	rule_message(j->set, f, d, !j->english, &cell);
	add_cell(out, &cell);
	rule_fix(j->set, f, d, !j->english, &cell);
	add_cell(out, &cell);
	buf_addf(out, "%s\t", r->cite);
	add_money(out, f->at_risk);
	buf_add_char(out, '\n');
	buf_free(&cell);
}

static void
write_verdict(struct judging *j, const struct rule_verdict *v, const struct claim_document *d, uint32_t claim,
    struct buf *out)
{
	if (j->format == FORMAT_JSON) {
		struct json_writer w;
		json_write_init(&w, out);
		buf_add_text(out, j->started ? ",\n" : "[\n");
		json_write_object(&w);
		json_write_member(&w, "file", j->file);
		json_write_member_int(&w, "claim", claim);
		json_write_key(&w, "ma_lk");
		json_write_string(&w, claim_document_ma_lk(d));
		json_write_key(&w, "verdict");
		rule_verdict_write(&w, j->set, v, d);
		json_write_object_end(&w);
		j->started = true;
		return;
	}
	for (size_t i = 0; i < v->count; i++) {
		if (j->format == FORMAT_TSV)
			write_row(j, &v->at[i], d, claim, out);
		else if (!v->at[i].reader) /* the structural check's own line says it already */
			write_line(j, &v->at[i], d, claim, out);
	}
	if (v->hidden && j->format == FORMAT_TEXT)
		buf_addf(out, "%s:%u: %zu more findings of the same rules are not shown\n", j->file, claim,
		    v->hidden);
}

/* ---- judging ---- */

static void
judge(struct judging *j, const struct claim_document *d, const struct claim_findings *l, uint32_t claim)
{
	struct buf out;
	struct arena *a = arena_new(0);
	struct rule_verdict v = { .arena = a };
	struct rule_options o = {
		.now = j->now, .catalog = &j->catalog, .reader = l, .facts = j->cross.facts
	};
	o.facts_claim = claim;
	buf_init(&out, OUTPUT_MAX);
	j->facts.claim = l->claim;
	rule_judge_claim(j->judge, d, &o, &v);
	write_verdict(j, &v, d, l->claim, &out);
	write_out(j, &out);
	j->needed |= v.catalogs_needed;
	j->facts_needed |= v.facts_needed;
	if (v.critical || v.not_evaluated)
		j->exit = j->exit > EXIT_FINDINGS ? j->exit : EXIT_FINDINGS;
	buf_free(&out);
	arena_free(a);
}

static void
report_structure(struct judging *j, const struct claim_findings *l)
{
	if (j->format == FORMAT_TEXT)
		claim_cli_print_findings(stdout, j->file, l, j->english);
	bool bad = j->structure ? claim_cli_exit(l) != EXIT_GOOD : l->by_severity[CLAIM_ERROR] > 0;
	if (bad && j->exit == EXIT_GOOD)
		j->exit = EXIT_FINDINGS;
}

static int
judge_one(void *context, struct claim_document *d, struct claim_findings *l, struct err *e)
{
	struct judging *j = context;
	bool checkin = claim_row_count(d, CLAIM_XML0) > 0 && claim_row_count(d, CLAIM_XML1) == 0;
	struct claim_check_options options = { .from_reader = true, .checkin = checkin };
	(void)e;
	claim_check(d, &options, l);
	report_structure(j, l);
	if (!j->structure)
		judge(j, d, l, claim_cross_next(&j->cross));
	return 0;
}

static void
judge_file(struct judging *j, const char *file)
{
	struct claim_findings l;
	struct claim_file info;
	struct err e = { 0 };
	struct arena *a = arena_new(0);
	j->file = file;
	claim_findings_init(&l, a);
	if (j->envelope && claim_envelope_facts_read(&j->facts, file, a, &e) < 0) {
		j->exit = command_error(file, &e);
	} else if (claim_cli_read(file, &l, judge_one, j, &info, &e) < 0) {
		j->exit = command_error(file, &e);
	} else {
		report_structure(j, &l);
		if (!j->structure && l.count)
			judge(j, claim_document_new(a), &l, 0);
	}
	arena_free(a);
}

static void
report_needs(const struct judging *j)
{
	for (unsigned i = 0; i < rule_catalog_count; i++) {
		size_t rules = 0;
		for (size_t k = 0; k < rule_count(j->set); k++)
			rules +=
			    rule_at(j->set, k)->state != RULE_OFF && rule_at(j->set, k)->catalogs >> i & 1;
		if (j->needed >> i & 1)
			fprintf(stderr, "off: %zu rules need catalogue %s (%s)\n", rules,
			    rule_catalogs[i].name, rule_catalogs[i].about);
	}
	size_t across = 0;
	for (size_t k = 0; j->facts_needed && k < rule_count(j->set); k++)
		across += rule_at(j->set, k)->state != RULE_OFF && rule_at(j->set, k)->facts;
	if (across)
		fprintf(
		    stderr, "off: %zu rules compare claims with one another (%s)\n", across, j->cross.why);
}

/* ---- the command ---- */

static int
usage(void)
{
	return command_fail(
	    "usage: hmis claim check [--structure] [--en] [--format text|tsv|json] [--as-of yyyy-mm-dd] "
	    "[--rules FILE] [--catalog FOLDER|NAME.tsv] [--envelope [--sender MA_CSKCB]] FILE…");
}

static int
take_format(struct judging *j, const char *name)
{
	static const char *const names[] = { "text", "tsv", "json" };
	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		j->format = (enum format)i;
		return EXIT_GOOD;
	}
	return command_fail("claim: a format is text, tsv or json");
}

static int
take_date(struct judging *j, const char *text)
{
	int32_t date;
	if (date_parse_iso(slice_of(text), &date, NULL) < 0)
		return command_fail("claim: --as-of needs a date, such as 2026-07-31");
	/* the last minute of that day in business time */
	j->now = ((int64_t)date + 1) * 86400 - BUSINESS_OFFSET_SECONDS - 60;
	return EXIT_GOOD;
}

static int
take_rules(struct judging *j, const char *file)
{
	struct err e = { 0 };
	if (rules_cli_load(j->set, file, &e) == 0)
		return EXIT_GOOD;
	fprintf(stderr, "%s: %s\n", e.field, e.detail);
	return EXIT_UNUSABLE;
}

static int
take_catalog(struct judging *j, const char *path)
{
	struct err e = { 0 };
	if (rules_cli_catalogs(j->rows, path, &e) == 0)
		return EXIT_GOOD;
	fprintf(stderr, "%s: %s\n", e.field[0] ? e.field : path, e.detail);
	return EXIT_UNUSABLE;
}

static int
take_sender(struct judging *j, const char *facility)
{
	j->sender = facility;
	return EXIT_GOOD;
}

/* Takes an option at argv[*i]: 0, 1 when it is a file, or EXIT_UNUSABLE. */
static int
take_option(struct judging *j, int argc, char **argv, int *i)
{
	static const struct {
		const char *name;
		int (*take)(struct judging *, const char *);
	} options[] = { { "--format", take_format }, { "--as-of", take_date }, { "--rules", take_rules },
		{ "--catalog", take_catalog }, { "--sender", take_sender } };
	const char *word = argv[*i];
	if (word[0] != '-' || !word[1])
		return 1;
	if (strcmp(word, "--en") == 0)
		j->english = true;
	else if (strcmp(word, "--structure") == 0)
		j->structure = true;
	else if (strcmp(word, "--envelope") == 0)
		j->envelope = true;
	else {
		for (unsigned k = 0; k < sizeof(options) / sizeof(options[0]); k++)
			if (strcmp(word, options[k].name) == 0 && *i + 1 < argc)
				return options[k].take(j, argv[++*i]);
		return usage();
	}
	return EXIT_GOOD;
}

static void
judge_files(struct judging *j, char **files, int count)
{
	j->judge = rule_judge_new(j->set);
	j->catalogs = j->catalog = rule_catalog_rows_source(j->rows);
	if (j->envelope) {
		claim_envelope_facts_init(&j->facts, &j->catalogs, slice_of(j->sender ? j->sender : ""));
		j->catalog = claim_envelope_facts_source(&j->facts);
	}
	if (j->format == FORMAT_TSV && !j->structure)
		printf("file\tclaim\tma_lk\trule\tseverity\tplace\tmessage\tfix\tcitation\tat_risk\n");
	if (!j->structure)
		claim_cross_collect(&j->cross, files, count);
	for (int i = 0; i < count; i++)
		judge_file(j, files[i]);
	if (j->format == FORMAT_JSON)
		printf(j->started ? "\n]\n" : "[]\n");
	report_needs(j);
	claim_cross_free(&j->cross);
	rule_judge_free(j->judge);
}

int
claim_cli_check(int argc, char **argv)
{
	struct err e = { 0 };
	struct arena *a = arena_new(2 * RULE_CATALOG_BYTES_MAX);
	struct judging j = { .now = time_now(), .set = rule_set_new(a), .rows = rule_catalog_rows_new(a) };
	char **files = ARENA_ARRAY(a, (size_t)argc, char *);
	int count = 0, rc = EXIT_GOOD;
	if (rule_set_load_builtin(j.set, &e) < 0)
		rc = command_error("rules", &e);
	for (int i = 1; i < argc && rc != EXIT_UNUSABLE; i++) {
		int at = i;
		rc = take_option(&j, argc, argv, &i);
		if (rc == 1)
			files[count++] = argv[at];
	}
	if (rc != EXIT_UNUSABLE && (count == 0 || (j.sender && !j.envelope)))
		rc = usage();
	if (rc != EXIT_UNUSABLE) {
		judge_files(&j, files, count);
		rc = j.exit;
	}
	arena_free(a);
	return rc;
}
