/*
 * Writing claim files (wrappers of letter 1245/BHXH-CNTT). Inner documents are compact, in the standard's
 * field order, with an empty element for every absent value. The bytes are already in canonical form
 * (C14N 1.0), the XML declaration aside.
 */
#include <stdlib.h>

#include "base/time.h"
#include "claims/xml.h"
#include "claims/xml_form.h"

#define INNER_MAX (64u * 1024u * 1024u) /* bytes of one table before base64 */

struct claim_writer {
	struct buf *out;
	struct buf inner;
	struct claim_write_options options;
	size_t expected, written;
};

struct claim_writer *
claim_writer_new(struct buf *out, const struct claim_write_options *options)
{
	struct claim_writer *w = calloc(1, sizeof(*w));
	if (!w)
		fatal("out of memory: claim writer");
	w->out = out;
	if (options)
		w->options = *options;
	buf_init(&w->inner, INNER_MAX);
	return w;
}

void
claim_writer_free(struct claim_writer *w)
{
	if (!w)
		return;
	buf_free(&w->inner);
	free(w);
}

static void
add_escaped(struct buf *out, struct slice s)
{
	size_t start = 0;
	for (size_t i = 0; i < s.len; i++) {
		const char *entity;
		switch (s.at[i]) {
		case '&':
			entity = "&amp;";
			break;
		case '<':
			entity = "&lt;";
			break;
		case '>':
			entity = "&gt;";
			break;
		case '\r':
			entity = "&#xD;";
			break;
		default:
			continue;
		}
		buf_add(out, slice_from(s.at + start, i - start));
		buf_add_text(out, entity);
		start = i + 1;
	}
	buf_add(out, slice_from(s.at + start, s.len - start));
}

/* A carriage return would not survive in CDATA, so that such a text is escaped. "]]>" is split. */
static void
add_cdata(struct buf *out, struct slice s)
{
	if (memchr(s.at, '\r', s.len)) {
		add_escaped(out, s);
		return;
	}
	buf_add_text(out, "<![CDATA[");
	for (const char *end; s.len && (end = memmem(s.at, s.len, "]]>", 3)) != NULL;) {
		size_t head = (size_t)(end - s.at) + 2;
		buf_add(out, slice_from(s.at, head));
		buf_add_text(out, "]]><![CDATA[");
		s = slice_skip(s, head);
	}
	buf_add(out, s);
	buf_add_text(out, "]]>");
}

static void
add_field(struct claim_writer *w, struct buf *out, const struct claim_row *r, enum claim_field f)
{
	const struct claim_field_info *info = &claim_fields[f];
	size_t open = (size_t)info->name_len + 2;
	if (!claim_has(r, f)) {
		buf_add(out, slice_from(info->element, open * 2 + 1));
		return;
	}
	buf_add(out, slice_from(info->element, open));
	if (claim_is_number(f) && !claim_is_raw(r, f))
		claim_print(r, f, out);
	else if (info->cdata && w->options.cdata)
		add_cdata(out, claim_text(r, f));
	else
		add_escaped(out, claim_text(r, f));
	buf_add(out, slice_from(info->element + open, open + 1));
}

static void
add_row(struct claim_writer *w, struct buf *out, const struct claim_row *r)
{
	const struct claim_table_info *t = &claim_tables[r->table];
	for (unsigned i = 0; i < t->count; i++)
		add_field(w, out, r, (enum claim_field)(t->first + i));
}

static void
open_tag(struct buf *out, const char *name)
{
	buf_add_char(out, '<');
	buf_add_text(out, name);
	buf_add_char(out, '>');
}

static void
close_tag(struct buf *out, const char *name)
{
	buf_add_text(out, "</");
	buf_add_text(out, name);
	buf_add_char(out, '>');
}

static void
add_list(struct claim_writer *w, struct buf *out, const struct claim_document *d, enum claim_table table)
{
	const struct claim_table_info *t = &claim_tables[table];
	open_tag(out, t->list);
	for (size_t i = 0; i < claim_row_count(d, table); i++) {
		open_tag(out, t->row);
		add_row(w, out, claim_row_at(d, table, i));
		close_tag(out, t->row);
	}
	close_tag(out, t->list);
}

static int
add_table(struct claim_writer *w, struct buf *out, const struct claim_document *d, enum claim_table table,
    struct err *e)
{
	const struct claim_table_info *t = &claim_tables[table];
	if (!t->root)
		return err_set(e, ERR_UNSUPPORTED, t->name, "this table is not part of a claim file");
	if (!t->list && claim_row_count(d, table) != 1)
		return err_set(e, ERR_INPUT, t->name, "the table has %zu rows; it must have one",
		    claim_row_count(d, table));
	open_tag(out, t->root);
	if (t->list)
		add_list(w, out, d, table);
	else
		add_row(w, out, claim_row_at(d, table, 0));
	close_tag(out, t->root);
	return 0;
}

static int
check_full(const struct buf *b, struct err *e)
{
	return buf_ok(b) ? 0 : err_set(e, ERR_LIMIT, NULL, "the file is larger than %zu bytes", b->max);
}

int
claim_write_table(struct claim_writer *w, const struct claim_document *d, enum claim_table t, struct err *e)
{
	int rc = add_table(w, w->out, d, t, e);
	return rc < 0 ? rc : check_full(w->out, e);
}

static bool
is_facility(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.at[i] >= '0' && s.at[i] <= '9') || (s.at[i] >= 'A' && s.at[i] <= 'Z')))
			return false;
	return s.len == 5;
}

int
claim_write_begin(struct claim_writer *w, const struct claim_envelope *h, struct err *e)
{
	char date[TIME_TEXT_MAX];
	if (!is_facility(h->ma_cskcb))
		return err_set(e, ERR_INPUT, "MACSKCB", "a facility code of 5 characters is needed");
	if (h->count < 1)
		return err_set(e, ERR_INPUT, "SOLUONGHOSO", "a file needs at least one claim");
	w->expected = h->count;
	w->written = 0;
	buf_add_text(w->out, XML_DECLARATION "<GIAMDINHHS");
	if (w->options.xmlns)
		buf_add_text(w->out, XML_NAMESPACES);
	buf_add_text(w->out, "><THONGTINDONVI><MACSKCB>");
	buf_add(w->out, h->ma_cskcb);
	buf_add_text(w->out, "</MACSKCB></THONGTINDONVI><THONGTINHOSO><NGAYLAP>");
	buf_add(w->out, slice_from(date, date_print8(h->ngay_lap, date)));
	buf_add_text(w->out, "</NGAYLAP><SOLUONGHOSO>");
	buf_add_int(w->out, (long long)h->count);
	buf_add_text(w->out, "</SOLUONGHOSO><DANHSACHHOSO>");
	return check_full(w->out, e);
}

static int
add_file(struct claim_writer *w, const struct claim_document *d, enum claim_table table, struct err *e)
{
	buf_reset(&w->inner);
	int rc = add_table(w, &w->inner, d, table, e);
	if (rc < 0)
		return rc;
	if (!buf_ok(&w->inner))
		return err_set(
		    e, ERR_LIMIT, claim_tables[table].name, "the table is larger than %u bytes", INNER_MAX);
	buf_add_text(w->out, "<FILEHOSO><LOAIHOSO>");
	buf_add_text(w->out, claim_tables[table].name);
	buf_add_text(w->out, "</LOAIHOSO><NOIDUNGFILE>");
	buf_add_base64(w->out, buf_slice(&w->inner));
	buf_add_text(w->out, "</NOIDUNGFILE></FILEHOSO>");
	return 0;
}

int
claim_write_add(struct claim_writer *w, const struct claim_document *d, struct err *e)
{
	if (claim_row_count(d, CLAIM_XML1) != 1)
		return err_set(e, ERR_INPUT, "XML1", "the table has %zu rows; a claim has one",
		    claim_row_count(d, CLAIM_XML1));
	buf_add_text(w->out, "<HOSO>");
	for (enum claim_table t = CLAIM_XML1; t < CLAIM_TABLES; t++) {
		if (claim_row_count(d, t) == 0)
			continue;
		int rc = add_file(w, d, t, e);
		if (rc < 0)
			return rc;
	}
	buf_add_text(w->out, "</HOSO>");
	w->written++;
	return check_full(w->out, e);
}

int
claim_write_end(struct claim_writer *w, struct err *e)
{
	if (w->written != w->expected)
		return err_set(e, ERR_INPUT, "SOLUONGHOSO", "%zu claims were announced, %zu written",
		    w->expected, w->written);
	buf_add_text(w->out, "</DANHSACHHOSO></THONGTINHOSO>" XML_EMPTY_MARK "</GIAMDINHHS>\n");
	return check_full(w->out, e);
}

int
claim_write(
    struct claim_writer *w, const struct claim_envelope *h, const struct claim_document *d, struct err *e)
{
	int rc = claim_write_begin(w, h, e);
	if (rc == 0)
		rc = claim_write_add(w, d, e);
	return rc < 0 ? rc : claim_write_end(w, e);
}

int
claim_write_checkin(struct claim_writer *w, const struct claim_document *d, struct err *e)
{
	const char *root = claim_tables[CLAIM_XML0].root;
	if (claim_row_count(d, CLAIM_XML0) < 1)
		return err_set(e, ERR_INPUT, "XML0", "a check-in file needs at least one row");
	buf_add_text(w->out, XML_DECLARATION "<");
	buf_add_text(w->out, root);
	buf_add_text(w->out, w->options.xmlns ? XML_NAMESPACES ">" : ">");
	add_list(w, w->out, d, CLAIM_XML0);
	buf_add_text(w->out, XML_EMPTY_MARK);
	close_tag(w->out, root);
	buf_add_char(w->out, '\n');
	return check_full(w->out, e);
}
