/* hmis hl7 validate: findings by the standard's tables and a peer's profile. */
#include <stdio.h>
#include <string.h>

#include "cli/hl7.h"
#include "hl7/validate.h"

struct checking {
	struct arena *arena;
	struct hl7_profile *profile;
	bool english;
};

static void
print_finding(const struct hl7_cli_message *m, const struct hl7_finding *f, bool english)
{
	struct buf text;

	buf_init(&text, 4096);
	hl7_finding_print(f, english, &text);
	printf("%s\t%u\t%s\t%s\t%s\t%.*s\n", m->file, m->number, hl7_severity_name(f->severity), f->path,
	    hl7_finding_name(f->code), SLICE_ARG(buf_slice(&text)));
	buf_free(&text);
}

/* Warnings and errors count as findings; what is only worth knowing does not. */
static int
check_row(struct hl7_cli_message *m, void *context)
{
	struct checking *x = context;
	struct arena *arena = arena_new(0);
	struct hl7_findings l;

	hl7_findings_init(&l, arena);
	hl7_validate(&m->index, m->charset, x->profile, &l);
	for (size_t i = 0; i < l.count; i++)
		print_finding(m, &l.item[i], x->english);
	arena_free(arena);
	return l.worst >= HL7_SEVERITY_WARNING ? EXIT_FINDINGS : EXIT_GOOD;
}

static int
load_profile(struct checking *x, const char *file)
{
	struct err e = { 0 };
	struct buf text;

	buf_init(&text, (size_t)1 << 20);
	int rc = buf_read_file(&text, file, &e);
	if (rc == 0)
		rc = hl7_profile_read(x->arena, file, buf_slice(&text), &x->profile, &e);
	buf_free(&text);
	return rc < 0 ? command_error(file, &e) : EXIT_GOOD;
}

static int
check_files(struct checking *x, int argc, char **argv)
{
	int code = EXIT_GOOD, files = 0;

	for (int i = 1; i < argc && code != EXIT_UNUSABLE; i++) {
		if (strcmp(argv[i], "--en") == 0)
			x->english = true;
		else if (strcmp(argv[i], "--profile") == 0 && i + 1 < argc)
			code = load_profile(x, argv[++i]);
		else
			argv[files++] = argv[i];
	}
	if (files == 0)
		return code == EXIT_GOOD ? command_fail("hmis hl7 validate [--profile FILE] [--en] FILE…")
					 : code;
	for (int i = 0; i < files; i++) {
		int one = hl7_cli_each(argv[i], check_row, NULL, x);
		code = one > code ? one : code;
	}
	return code;
}

int
hl7_cli_validate(int argc, char **argv)
{
	struct checking x = { .arena = arena_new(0) };
	int code = check_files(&x, argc, argv);

	arena_free(x.arena);
	return code;
}
