/*
 * What was received: the file of each transaction under DATA/files, and one line of JSON per transaction in
 * DATA/journal.ndjson, both synced before the answer. The journal is read again at start.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/vss/vss.h"

#define VSS_JOURNAL_MAX ((size_t)4 * 1024 * 1024 * 1024)

struct vss_receipt *
vss_store_find(const struct vss *v, struct slice id)
{
	return map_get(v->receipt, id);
}

struct vss_receipt *
vss_store_latest(const struct vss *v, struct slice facility, struct slice ma_lk)
{
	char key[128];
	int len = snprintf(key, sizeof(key), "%.*s/%.*s", SLICE_ARG(facility), SLICE_ARG(ma_lk));

	if (len < 0 || (size_t)len >= sizeof(key))
		return NULL;
	return map_get(v->latest, slice_from(key, (size_t)len));
}

static void
store_count(struct vss *v, struct vss_receipt *r)
{
	char key[128];

	*ARENA_PUSH(v->arena, v->log, v->log_count, v->log_capacity) = r;
	map_put(v->receipt, slice_of(r->id), r);
	v->sequence++;
	if (r->kind == 130) {
		struct vss_receipt *before;
		snprintf(key, sizeof(key), "%s/%s", r->facility, r->ma_lk);
		before = map_put(v->latest, slice_of(key), r);
		if (before)
			before->is_replaced = true;
	}
}

static void
text_copy(char *out, size_t size, struct slice s)
{
	snprintf(out, size, "%.*s", SLICE_ARG(s));
}

static int
receipt_parse_errors(struct vss *v, struct vss_receipt *r, const struct json_value *list)
{
	if (!list)
		return 0;
	if (list->count > VSS_ERRORS_MAX)
		return ERR_LIMIT;
	r->error = ARENA_ARRAY(v->arena, list->count, struct vss_error);
	for (const struct json_value *m = list->first; m; m = m->next) {
		struct vss_error *x = &r->error[r->error_count++];
		text_copy(x->code, sizeof(x->code), json_member_text(m, "code"));
		text_copy(x->text, sizeof(x->text), json_member_text(m, "text"));
	}
	return 0;
}

static int
receipt_parse(struct vss *v, struct slice line, struct arena *scratch, struct err *e)
{
	struct vss_receipt *r = ARENA_NEW(v->arena, struct vss_receipt);
	struct json_value *o;
	int64_t kind = 0, code = 0;

	if (json_parse(scratch, line, 1000, &o, e) < 0)
		return e->code;
	text_copy(r->id, sizeof(r->id), json_member_text(o, "id"));
	text_copy(r->ma_lk, sizeof(r->ma_lk), json_member_text(o, "ma_lk"));
	text_copy(r->facility, sizeof(r->facility), json_member_text(o, "facility"));
	text_copy(r->month, sizeof(r->month), json_member_text(o, "month"));
	text_copy(r->sha256, sizeof(r->sha256), json_member_text(o, "sha256"));
	text_copy(r->card_no, sizeof(r->card_no), json_member_text(o, "card"));
	text_copy(r->icd, sizeof(r->icd), json_member_text(o, "icd"));
	text_copy(r->arrived, sizeof(r->arrived), json_member_text(o, "arrived"));
	text_copy(r->discharged, sizeof(r->discharged), json_member_text(o, "discharged"));
	if (slice_to_int64(json_member_text(o, "kind"), &kind) < 0 ||
	    slice_to_int64(json_member_text(o, "code"), &code) < 0 ||
	    slice_to_int64(json_member_text(o, "at"), &r->at) < 0 ||
	    slice_to_int64(json_member_text(o, "fund"), &r->fund.hundredths) < 0 ||
	    receipt_parse_errors(v, r, json_member(o, "errors")) < 0)
		return err_set(e, ERR_INPUT, NULL, "a line of the journal is not a receipt");
	r->kind = (int)kind;
	r->code = (int)code;
	store_count(v, r);
	return 0;
}

static void
receipt_print(const struct vss_receipt *r, struct buf *out)
{
	struct json_writer w;

	json_write_init(&w, out);
	json_write_object(&w);
	json_write_member(&w, "id", r->id);
	json_write_member_int(&w, "kind", r->kind);
	json_write_member(&w, "ma_lk", r->ma_lk);
	json_write_member(&w, "facility", r->facility);
	json_write_member(&w, "month", r->month);
	json_write_member(&w, "sha256", r->sha256);
	json_write_member(&w, "card", r->card_no);
	json_write_member(&w, "icd", r->icd);
	json_write_member(&w, "arrived", r->arrived);
	json_write_member(&w, "discharged", r->discharged);
	json_write_member_int(&w, "at", r->at);
	json_write_member_int(&w, "fund", r->fund.hundredths);
	json_write_member_int(&w, "code", r->code);
	json_write_key(&w, "errors");
	json_write_array(&w);
	for (size_t i = 0; i < r->error_count; i++) {
		json_write_object(&w);
		json_write_member(&w, "code", r->error[i].code);
		json_write_member(&w, "text", r->error[i].text);
		json_write_object_end(&w);
	}
	json_write_array_end(&w);
	json_write_object_end(&w);
	buf_add_char(out, '\n');
}

/* Reads the journal; a last line without its end was never answered and is cut off. */
static int
store_replay(struct vss *v, const char *path, struct err *e)
{
	struct buf text;
	struct slice rest;
	struct arena *scratch = arena_new(0);
	int bad = 0;

	buf_init(&text, VSS_JOURNAL_MAX);
	bad = buf_read_file(&text, path, e);
	rest = buf_slice(&text);
	while (bad == 0 && rest.len > 0) {
		size_t end = slice_find(rest, '\n');
		if (end == rest.len) {
			if (truncate(path, (off_t)(text.len - rest.len)) < 0)
				bad = err_set(e, ERR_IO, path, "%s", strerror(errno));
			break;
		}
		arena_reset(scratch);
		bad = receipt_parse(v, slice_from(rest.at, end), scratch, e);
		rest = slice_skip(rest, end + 1);
	}
	buf_free(&text);
	arena_free(scratch);
	return bad;
}

int
vss_store_open(struct vss *v, struct err *e)
{
	char *files = arena_printf(v->arena, "%s/files", v->options.data_dir);
	char *journal = arena_printf(v->arena, "%s/journal.ndjson", v->options.data_dir);

	if ((mkdir(v->options.data_dir, 0700) < 0 && errno != EEXIST) ||
	    (mkdir(files, 0700) < 0 && errno != EEXIST))
		return err_set(e, ERR_IO, v->options.data_dir, "%s", strerror(errno));
	v->journal_fd = open(journal, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (v->journal_fd < 0)
		return err_set(e, ERR_IO, journal, "%s", strerror(errno));
	return store_replay(v, journal, e);
}

int
vss_store_add(struct vss *v, struct vss_receipt *r, struct slice file, struct err *e)
{
	char path[4096];
	struct buf content, line;
	ssize_t written = -1;

	if (snprintf(path, sizeof(path), "%s/files/%s.xml", v->options.data_dir, r->id) >= (int)sizeof(path))
		return err_set(e, ERR_LIMIT, v->options.data_dir, "the path is too long");
	buf_init(&content, file.len + 1);
	buf_add(&content, file);
	if (buf_write_file(&content, path, e) < 0) {
		buf_free(&content);
		return ERR_IO;
	}
	buf_free(&content);
	buf_init(&line, 64 * 1024);
	receipt_print(r, &line);
	if (buf_ok(&line))
		written = write(v->journal_fd, line.at, line.len);
	if (written != (ssize_t)line.len || fdatasync(v->journal_fd) < 0) {
		buf_free(&line);
		fatal("vss: the journal cannot be written: %s", strerror(errno));
	}
	buf_free(&line);
	store_count(v, r);
	return 0;
}
