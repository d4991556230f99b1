/* Faults on demand: a list of rules, each striking every n-th request to a path. */
#include <stdio.h>
#include <string.h>

#include "cli/vss/vss.h"

static const char *const vss_fault_name[VSS_FAULT_KINDS] = {
	[VSS_FAULT_DELAY] = "delay",
	[VSS_FAULT_DROP_BEFORE] = "drop_before",
	[VSS_FAULT_DROP_AFTER] = "drop_after",
	[VSS_FAULT_DUPLICATE] = "duplicate_answer",
	[VSS_FAULT_HTTP_500] = "http_500",
	[VSS_FAULT_CODE_500] = "code_500",
	[VSS_FAULT_CODE] = "code",
	[VSS_FAULT_EXPIRED_TOKEN] = "expired_token",
	[VSS_FAULT_MAINTENANCE] = "maintenance",
	[VSS_FAULT_GARBAGE] = "garbage",
};

static int
fault_number(const struct json_value *o, const char *key, int64_t preset, int64_t min, int64_t max,
    int64_t *ret, struct err *e)
{
	struct slice text = json_member_text(o, key);

	*ret = preset;
	if (text.at && (slice_to_int64(text, ret) < 0 || *ret < min || *ret > max))
		return err_set(e, ERR_INPUT, key, "a whole number from %lld to %lld is needed",
		    (long long)min, (long long)max);
	return 0;
}

static int
fault_parse(const struct json_value *o, struct vss_fault *ret, struct err *e)
{
	struct slice kind = json_member_text(o, "kind");
	struct slice path = json_member_text(o, "path");
	int k = 0;

	*ret = (struct vss_fault){ 0 };
	while (k < VSS_FAULT_KINDS && !slice_eq_text(kind, vss_fault_name[k]))
		k++;
	if (k == VSS_FAULT_KINDS)
		return err_set(e, ERR_INPUT, "kind", "no such fault: %.*s", SLICE_ARG(kind));
	ret->kind = (enum vss_fault_kind)k;
	if (path.len >= sizeof(ret->path))
		return err_set(e, ERR_LIMIT, "path", "at most %zu characters", sizeof(ret->path) - 1);
	snprintf(ret->path, sizeof(ret->path), "%.*s", SLICE_ARG(path));
	if (fault_number(o, "ms", 1000, 0, 600000, &ret->ms, e) < 0 ||
	    fault_number(o, "code", 500, 1, 9999, &ret->code, e) < 0 ||
	    fault_number(o, "every", 1, 1, INT64_MAX, &ret->every, e) < 0 ||
	    fault_number(o, "limit", 0, 0, INT64_MAX, &ret->limit, e) < 0)
		return e->code;
	return 0;
}

int
vss_faults_set(struct vss *v, struct slice json, struct err *e)
{
	struct arena *a = arena_new(0);
	struct vss_fault fresh[VSS_FAULTS_MAX];
	struct json_value *list;
	size_t count = 0;
	int bad = json_parse(a, json, 1000, &list, e);

	if (bad == 0 && list->type != JSON_ARRAY)
		bad = err_set(e, ERR_INPUT, NULL, "a JSON array of faults is needed");
	if (bad == 0 && list->count > VSS_FAULTS_MAX)
		bad = err_set(e, ERR_LIMIT, NULL, "at most %d faults", VSS_FAULTS_MAX);
	for (const struct json_value *m = bad == 0 ? list->first : NULL; m && bad == 0; m = m->next)
		bad = fault_parse(m, &fresh[count++], e);
	if (bad == 0) {
		memcpy(v->fault, fresh, count * sizeof(fresh[0]));
		v->fault_count = count;
	}
	arena_free(a);
	return bad;
}

void
vss_faults_print(const struct vss *v, struct json_writer *w)
{
	json_write_array(w);
	for (size_t i = 0; i < v->fault_count; i++) {
		const struct vss_fault *f = &v->fault[i];
		json_write_object(w);
		json_write_member(w, "path", f->path);
		json_write_member(w, "kind", vss_fault_name[f->kind]);
		json_write_member_int(w, "ms", f->ms);
		json_write_member_int(w, "code", f->code);
		json_write_member_int(w, "every", f->every);
		json_write_member_int(w, "limit", f->limit);
		json_write_member_int(w, "seen", f->seen);
		json_write_member_int(w, "done", f->done);
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

struct vss_fault *
vss_fault_pick(struct vss *v, struct slice path)
{
	struct vss_fault *struck = NULL;

	for (size_t i = 0; i < v->fault_count; i++) {
		struct vss_fault *f = &v->fault[i];
		if (f->path[0] && !memmem(path.at, path.len, f->path, strlen(f->path)))
			continue;
		f->seen++;
		if (struck || f->seen % f->every != 0 || (f->limit > 0 && f->done >= f->limit))
			continue;
		f->done++;
		struck = f;
	}
	return struck;
}
