/* hmis hl7 ack, frames: what a listener would do with these bytes. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"
#include "cli/hl7.h"
#include "hl7/ack.h"
#include "hl7/mllp.h"

struct acking {
	struct buf out;
	unsigned number;
};

/* yyyyMMddHHmmss of business time with its offset. */
static void
print_time(char *out, size_t size)
{
	struct civil c;

	time_to_civil(time_now(), &c);
	snprintf(
	    out, size, "%04d%02d%02d%02d%02d%02d+0700", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

static int
add_ack(struct acking *x, const struct hl7_message *m, const struct hl7_ack *plan)
{
	struct hl7_ack ack = *plan;
	char id[32], time[32];
	struct err e = { 0 };

	print_time(time, sizeof(time));
	snprintf(id, sizeof(id), "%.14s%u", time, ++x->number);
	ack.control_id = id;
	ack.time = time;
	return hl7_ack_write(m, &ack, &x->out, &e) < 0 ? command_error("ack", &e) : EXIT_GOOD;
}

static int
ack_row(struct hl7_cli_message *m, void *context)
{
	struct hl7_ack_error error = { .code = HL7_ERROR_NONE };
	struct hl7_ack ack = { .errors = &error, .application = "HMIS" };
	const struct hl7_message *of = m->not_hl7 ? NULL : &m->index;
	int code = EXIT_GOOD;

	if (m->not_hl7) {
		error = hl7_ack_error_of(&m->reason);
		ack.outcome = HL7_OUTCOME_REJECTED;
		ack.charset = HL7_CHARSET_UTF8;
	} else {
		ack.outcome = hl7_ack_check_header(of, &error);
		ack.charset = m->whole != HL7_CHARSET_NONE ? m->whole : m->charset;
	}
	ack.error_count = ack.outcome != HL7_OUTCOME_DONE;
	struct hl7_ack_plan plan = hl7_ack_decide(of, ack.outcome);
	ack.accept = true;
	if (plan.accept)
		code = add_ack(context, of, &ack);
	ack.accept = false;
	if (plan.application && code == EXIT_GOOD)
		code = add_ack(context, of, &ack);
	return code == EXIT_GOOD && ack.error_count ? EXIT_FINDINGS : code;
}

int
hl7_cli_ack(int argc, char **argv)
{
	struct acking x = { .number = 0 };

	if (argc != 2)
		return command_fail("hmis hl7 ack FILE");
	buf_init(&x.out, HL7_CLI_FILE_MAX);
	int code = hl7_cli_each_lenient(argv[1], ack_row, &x);
	fwrite(x.out.at, 1, x.out.len, stdout);
	buf_free(&x.out);
	return code;
}

static const char *const event_names[] = { "more", "frame", "broken", "too-long" };

static int
keep_frame(const char *folder, uint64_t number, struct slice frame)
{
	char path[4096];
	struct err e = { 0 };
	struct buf b;

	snprintf(path, sizeof(path), "%s/%06llu.hl7", folder, (unsigned long long)number);
	buf_init(&b, HL7_CLI_FILE_MAX);
	buf_add(&b, frame);
	int code = buf_write_file(&b, path, &e) < 0 ? command_error(path, &e) : EXIT_GOOD;
	buf_free(&b);
	return code;
}

/* One line: number, how it ended, bytes, type, control id, or the reason why it is not HL7. */
static int
print_frame(struct hl7_message *m, enum mllp_event event, uint64_t number, struct slice frame)
{
	struct err e = { 0 };

	printf("%llu\t%s\t%zu\t", (unsigned long long)number, event_names[event], frame.len);
	if (mllp_content(frame) != MLLP_MESSAGE) {
		puts(mllp_content(frame) == MLLP_COMMIT_ACK ? "commit-ack\t" : "commit-nak\t");
		return EXIT_GOOD;
	}
	if (hl7_parse(m, frame, NULL, &e) < 0) {
		printf("-\t%s: %s\n", e.field, e.detail);
		return EXIT_FINDINGS;
	}
	hl7_cli_print_cell(hl7_get_text(m, "MSH-9").raw);
	putchar('\t');
	hl7_cli_print_cell(hl7_get_text(m, "MSH-10").raw);
	putchar('\n');
	return event == MLLP_FRAME ? EXIT_GOOD : EXIT_FINDINGS;
}

static int
print_counters(const struct mllp *m)
{
	const struct mllp_counters *c = &m->count;

	fprintf(stderr,
	    "hmis: %llu bytes, %llu frames, %llu junk bytes, %llu resyncs, %llu without CR, %llu too "
	    "long%s\n",
	    (unsigned long long)c->bytes, (unsigned long long)c->frames, (unsigned long long)c->junk,
	    (unsigned long long)c->resyncs, (unsigned long long)c->no_cr, (unsigned long long)c->too_long,
	    mllp_is_inside(m) ? ", the last frame is not complete" : "");
	return c->junk || mllp_is_inside(m) ? EXIT_FINDINGS : EXIT_GOOD;
}

static int
read_frames(struct slice input, const char *folder)
{
	struct hl7_message message;
	struct mllp m;
	enum mllp_event event;
	uint64_t number = 0;
	int code = EXIT_GOOD;

	hl7_message_init(&message);
	mllp_init(&m, 0, false);
	while ((event = mllp_feed(&m, &input)) != MLLP_MORE && code != EXIT_UNUSABLE) {
		int one = print_frame(&message, event, ++number, m.frame);
		if (folder && keep_frame(folder, number, m.frame) != EXIT_GOOD)
			one = EXIT_UNUSABLE;
		code = one > code ? one : code;
	}
	int counted = print_counters(&m);
	if (m.count.frames == 0 && code != EXIT_UNUSABLE)
		code = command_fail("no frame: there is no VT … FS CR in these bytes");
	mllp_free(&m);
	hl7_message_free(&message);
	return code > counted ? code : counted;
}

int
hl7_cli_frames(int argc, char **argv)
{
	const char *folder = NULL;
	struct err e = { 0 };
	struct buf bytes;
	int code;

	if (argc == 4 && strcmp(argv[2], "--out") == 0)
		folder = argv[3];
	else if (argc != 2)
		return command_fail("hmis hl7 frames FILE [--out FOLDER]");
	if (folder)
		mkdir(folder, 0777);
	buf_init(&bytes, HL7_CLI_FILE_MAX);
	if (buf_read_file(&bytes, argv[1], &e) < 0)
		code = command_error(argv[1], &e);
	else
		code = read_frames(buf_slice(&bytes), folder);
	buf_free(&bytes);
	return code;
}
