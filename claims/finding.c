/* The list of findings and its words. */
#include <stdarg.h>
#include <stdio.h>

#include "claims/finding.h"

#define DETAIL_MAX 320

static const char *const severity_names[] = { "info", "warning", "error" };

void
claim_findings_init(struct claim_findings *l, struct arena *a)
{
	*l = (struct claim_findings){ .arena = a };
}

struct claim_finding *
claim_finding_add(struct claim_findings *l, enum claim_finding_code code, int table, uint32_t row, int field,
    const char *detail, ...)
{
	static _Thread_local struct claim_finding beyond; /* written to when the list is full, never read */
	enum claim_severity severity = claim_finding_infos[code].severity;
	struct claim_finding *f = &beyond;
	l->total++;
	l->by_severity[severity]++;
	if (l->count < CLAIM_FINDINGS_MAX)
		f = ARENA_PUSH(l->arena, l->at, l->count, l->capacity);
	*f = (struct claim_finding){ .code = (uint16_t)code,
		.severity = (uint8_t)severity,
		.table = (int8_t)table,
		.field = (int16_t)field,
		.row = row,
		.claim = l->claim,
		.path = "",
		.detail = "" };
	if (f == &beyond)
		return f;
	char text[DETAIL_MAX];
	va_list args;
	va_start(args, detail);
	int n = vsnprintf(text, sizeof(text), detail, args);
	va_end(args);
	if (n > 0)
		f->detail = arena_text(
		    l->arena, slice_from(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1));
	return f;
}

void
claim_finding_lower(struct claim_findings *l, struct claim_finding *f, enum claim_severity severity)
{
	l->by_severity[f->severity]--;
	l->by_severity[severity]++;
	f->severity = (uint8_t)severity;
}

void
claim_finding_place(const struct claim_finding *f, struct buf *out)
{
	if (f->table >= 0)
		buf_add_text(out, claim_tables[f->table].name);
	if (f->row)
		buf_addf(out, "[%u]", f->row);
	if (f->field >= 0)
		buf_addf(out, ".%s", claim_fields[f->field].name);
	if (f->field >= 0 || !f->path[0])
		return;
	if (f->table >= 0)
		buf_add_char(out, ' ');
	buf_add_text(out, f->path);
}

void
claim_finding_message(const struct claim_finding *f, bool vietnamese, struct buf *out)
{
	const struct claim_finding_info *info = &claim_finding_infos[f->code];
	const char *text = vietnamese ? info->vi : info->en;
	const char *hole = strstr(text, "{}");
	if (!hole) {
		buf_add_text(out, text);
		return;
	}
	buf_add(out, slice_from(text, (size_t)(hole - text)));
	buf_add_text(out, f->detail);
	buf_add_text(out, hole + 2);
}

const char *
claim_severity_name(enum claim_severity s)
{
	return severity_names[s];
}
