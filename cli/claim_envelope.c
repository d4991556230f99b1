/* The file that brings the claims, as a catalogue for the rules of the envelope (ENV-007, 014, 015, 016). */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"
#include "cli/claim.h"
#include "cli/claim_envelope.h"

void
claim_envelope_facts_init(
    struct claim_envelope_facts *f, const struct rule_catalog *behind, struct slice sender)
{
	*f = (struct claim_envelope_facts){
		.behind = behind, .catalog = (unsigned)rule_catalog_find(SLICE("file")), .sender = sender
	};
}

static int
pass_over(void *context, struct claim_document *d, struct claim_findings *l, struct err *e)
{
	(void)context, (void)d, (void)l, (void)e;
	return 0;
}

static int
read_facility(struct claim_envelope_facts *f, const char *file, struct arena *a, struct err *e)
{
	struct claim_findings l;
	struct claim_file info;
	claim_findings_init(&l, a);
	int rc = claim_cli_read(file, &l, pass_over, NULL, &info, e);
	f->facility = rc < 0 ? SLICE("") : arena_slice(a, info.ma_cskcb);
	return rc;
}

static int32_t
day_of(int64_t instant)
{
	int year, month, day;
	date_to_civil(time_business_date(instant), &year, &month, &day);
	return year * 10000 + month * 100 + day;
}

/* A file too large for verifying is left as such: rules that ask for its signature are "not evaluated". */
static int
read_signature(struct claim_envelope_facts *f, const char *file, struct err *e)
{
	struct claim_signature_report report = { 0 };
	struct buf text;
	struct err why;
	int rc;
	f->signature = CLAIM_SIGNATURE_TOO_LARGE;
	f->certificate_to = 0;
	if (f->bytes > CLAIM_SIGNATURE_DOCUMENT_MAX)
		return 0;
	buf_init(&text, CLAIM_SIGNATURE_DOCUMENT_MAX);
	rc = buf_read_file(&text, file, e);
	if (rc == 0) {
		claim_signature_verify(buf_slice(&text), SLICE(""), 0, &report, &why);
		f->signature = report.fault;
		f->certificate_to = report.subject[0] ? day_of(report.not_after) : 0;
	}
	buf_free(&text);
	return rc;
}

int
claim_envelope_facts_read(struct claim_envelope_facts *f, const char *file, struct arena *a, struct err *e)
{
	struct stat st;
	if (stat(file, &st) < 0)
		return err_set(e, ERR_IO, NULL, "cannot open: %s", strerror(errno));
	f->bytes = st.st_size;
	f->claim = 0;
	int rc = read_facility(f, file, a, e);
	return rc < 0 ? rc : read_signature(f, file, e);
}

/* ---- the source ---- */

static void
give_text(struct slice s, struct rule_value *ret)
{
	*ret = (struct rule_value){ .missing = s.len == 0 };
	ret->at = s.at;
	ret->len = (uint32_t)s.len;
}

static void
give_number(int64_t number, bool missing, struct rule_value *ret)
{
	*ret = (struct rule_value){ .number = number, .missing = missing };
}

static int
give(const struct claim_envelope_facts *f, const char *attribute, struct rule_value *ret)
{
	if (strcmp(attribute, "facility") == 0)
		give_text(f->facility, ret);
	else if (strcmp(attribute, "sender") == 0)
		give_text(f->sender, ret);
	else if (strcmp(attribute, "claim") == 0)
		give_number(f->claim, false, ret);
	else if (strcmp(attribute, "bytes") == 0)
		give_number(f->bytes, false, ret);
	else if (strcmp(attribute, "certificate_to") == 0)
		give_number(f->certificate_to, f->certificate_to == 0, ret);
	else if (f->signature == CLAIM_SIGNATURE_TOO_LARGE)
		return -1;
	else
		give_text(slice_of(claim_signature_fault_name(f->signature)), ret);
	return 1;
}

static bool
facts_has(void *context, unsigned catalog)
{
	const struct claim_envelope_facts *f = context;
	return catalog == f->catalog || f->behind->has(f->behind->context, catalog);
}

static int
facts_get(void *context, unsigned catalog, const struct slice *key, int32_t date, int attribute,
    struct rule_value *ret)
{
	const struct claim_envelope_facts *f = context;
	if (catalog != f->catalog)
		return f->behind->get(f->behind->context, catalog, key, date, attribute, ret);
	return attribute == RULE_CATALOG_EXISTS
		   ? 1
		   : give(f, rule_catalogs[catalog].attribute[attribute].name, ret);
}

struct rule_catalog
claim_envelope_facts_source(struct claim_envelope_facts *f)
{
	return (struct rule_catalog){ f, facts_has, facts_get };
}
