/*
 * Signing: SignedInfo is built as text in its canonical form, which is also what stands in the file, except
 * for the namespace declarations that inclusive C14N repeats on it (wrappers.md §5, algorithm steps 1 to 5).
 */
#include <assert.h>
#include <string.h>

#include "claims/field.h"
#include "claims/signature_xml.h"
#include "claims/xml_form.h"

#define SIGNED_INFO_MAX 8192
#define NAMESPACES_MAX 16

/* The root's prefixed namespaces in canonical order. False when the root is not one we sign. */
static bool
collect_namespaces(const xmlNode *root, const xmlNs *list[NAMESPACES_MAX], size_t *ret_count)
{
	size_t count = 0;
	if (root->properties)
		return false;
	for (const xmlNs *ns = root->nsDef; ns; ns = ns->next) {
		if (!ns->prefix || count == NAMESPACES_MAX)
			return false;
		size_t i = count++;
		for (; i > 0 && xmlStrcmp(list[i - 1]->prefix, ns->prefix) > 0; i--)
			list[i] = list[i - 1];
		list[i] = ns;
	}
	*ret_count = count;
	return true;
}

/* Attribute value in canonical form. */
static void
add_attribute(struct buf *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '&')
			buf_add_text(out, "&amp;");
		else if (*value == '<')
			buf_add_text(out, "&lt;");
		else if (*value == '"')
			buf_add_text(out, "&quot;");
		else if (*value == '\t' || *value == '\n' || *value == '\r')
			buf_addf(out, "&#x%X;", (unsigned)*value);
		else
			buf_add_char(out, *value);
	}
}

static void
add_signed_info_body(struct buf *out, const unsigned char digest[32])
{
	buf_add_text(out, "<CanonicalizationMethod Algorithm=\"" DSIG_C14N "\"></CanonicalizationMethod>"
			  "<SignatureMethod Algorithm=\"" DSIG_RSA_SHA256 "\"></SignatureMethod>"
			  "<Reference URI=\"\"><Transforms><Transform Algorithm=\"" DSIG_ENVELOPED
			  "\"></Transform></Transforms><DigestMethod Algorithm=\"" DSIG_SHA256
			  "\"></DigestMethod><DigestValue>");
	buf_add_base64(out, slice_from((const char *)digest, 32));
	buf_add_text(out, "</DigestValue></Reference></SignedInfo>");
}

static void
add_canonical_signed_info(
    struct buf *out, const xmlNs *const *namespaces, size_t count, const unsigned char digest[32])
{
	buf_add_text(out, "<SignedInfo xmlns=\"" DSIG_NAMESPACE "\"");
	for (size_t i = 0; i < count; i++) {
		buf_addf(out, " xmlns:%s=\"", (const char *)namespaces[i]->prefix);
		add_attribute(out, (const char *)namespaces[i]->href);
		buf_add_char(out, '"');
	}
	buf_add_char(out, '>');
	add_signed_info_body(out, digest);
}

/* XML 1.0 §2.3, S */
static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice
without_blanks_after(struct slice s)
{
	while (s.len && is_space(s.at[s.len - 1]))
		s.len--;
	return s;
}

/* Takes `</name >` off the end of *s. */
static bool
take_close_tag(struct slice *s, const char *name)
{
	struct slice t = without_blanks_after(*s);
	if (!slice_ends(t, SLICE(">")))
		return false;
	t = without_blanks_after(slice_from(t.at, t.len - 1));
	struct slice n = slice_of(name);
	if (t.len < n.len + 2 || !slice_ends(t, n) || memcmp(t.at + t.len - n.len - 2, "</", 2) != 0)
		return false;
	*s = slice_from(t.at, t.len - n.len - 2);
	return true;
}

/* Takes `<name >` or `<name />` off the end of *s, as `ending` says. */
static bool
take_open_tag(struct slice *s, const char *name, struct slice ending)
{
	struct slice t = *s, n = slice_of(name);
	if (!slice_ends(t, ending))
		return false;
	t = without_blanks_after(slice_from(t.at, t.len - ending.len));
	if (t.len < n.len + 1 || !slice_ends(t, n) || t.at[t.len - n.len - 1] != '<')
		return false;
	*s = slice_from(t.at, t.len - n.len - 1);
	return true;
}

/* Where the empty CHUKYDONVI stands in the bytes: it must be the last thing before the root's end tag. */
static bool
find_mark_bytes(struct slice document, const char *root, struct claim_signature_task *task)
{
	struct slice rest = document;
	if (!take_close_tag(&rest, root))
		return false;
	rest = without_blanks_after(rest);
	task->insert_to = rest.len;
	struct slice inside = rest;
	bool is_pair = take_close_tag(&inside, SIGNATURE_ELEMENT) &&
		       take_open_tag(&inside, SIGNATURE_ELEMENT, SLICE(">"));
	if (!is_pair) {
		inside = rest;
		if (!take_open_tag(&inside, SIGNATURE_ELEMENT, SLICE("/>")))
			return false;
	}
	task->insert_from = inside.len;
	return true;
}

static int
prepare(
    xmlDocPtr doc, xmlNodePtr mark, struct slice document, struct claim_signature_task *ret, struct err *e)
{
	const xmlNode *root = xmlDocGetRootElement(doc);
	const xmlNs *namespaces[NAMESPACES_MAX];
	struct claim_signature_task task = { 0 };
	size_t count;
	if (mark->children)
		return err_set(e, ERR_INPUT, SIGNATURE_ELEMENT,
		    "the document is signed already, or CHUKYDONVI is not empty");
	if (!collect_namespaces(root, namespaces, &count))
		return err_set(e, ERR_INPUT, (const char *)root->name,
		    "the root element has attributes or a default namespace");
	if (!find_mark_bytes(document, (const char *)root->name, &task))
		return err_set(
		    e, ERR_INPUT, SIGNATURE_ELEMENT, "the document does not end with an empty CHUKYDONVI");
	if (!signature_canonical_digest(doc, NULL, NULL, task.document_digest))
		return err_set(e, ERR_INPUT, NULL, "the document has no canonical form");
	struct buf info;
	buf_init(&info, SIGNED_INFO_MAX);
	add_canonical_signed_info(&info, namespaces, count, task.document_digest);
	bool fits = buf_ok(&info);
	if (fits)
		signature_digest(buf_slice(&info), task.digest);
	buf_free(&info);
	if (!fits)
		return err_set(
		    e, ERR_LIMIT, (const char *)root->name, "the namespace declarations are too long");
	*ret = task;
	return 0;
}

int
claim_signature_prepare(struct slice document, struct claim_signature_task *ret, struct err *e)
{
	xmlDocPtr doc;
	xmlNodePtr mark;
	enum claim_signature_fault fault = signature_parse(document, &doc, &mark);
	if (fault != CLAIM_SIGNATURE_GOOD) {
		enum err_code code = fault == CLAIM_SIGNATURE_TOO_LARGE ? ERR_LIMIT : ERR_INPUT;
		return err_set(e, code, NULL, "%s", claim_signature_fault_text(fault, false));
	}
	int rc = prepare(doc, mark, document, ret, e);
	xmlFreeDoc(doc);
	return rc;
}

/* Takes a text off the front of *s. */
static bool
take(struct slice *s, struct slice text)
{
	if (!slice_starts(*s, text))
		return false;
	*s = slice_skip(*s, text.len);
	return true;
}

/* CDATA, comments, instructions, empty-element tags or bare carriage returns are not canonical. */
static bool
is_plain(struct slice s)
{
	if (memchr(s.at, '\r', s.len))
		return false;
	const char *end = s.at + s.len;
	for (const char *p = s.at; (p = memchr(p, '<', (size_t)(end - p))) != NULL; p++)
		if (p + 1 == end || p[1] == '!' || p[1] == '?')
			return false;
	/* few tags, long texts: faster than a search for two characters */
	for (const char *p = s.at; (p = memchr(p, '>', (size_t)(end - p))) != NULL; p++)
		if (p > s.at && p[-1] == '/')
			return false;
	return true;
}

static bool
take_written_root(struct slice *rest, struct slice root, struct slice *ret_namespaces)
{
	struct slice s = *rest;
	if (!take(&s, SLICE("<")) || !take(&s, root))
		return false;
	*ret_namespaces = take(&s, SLICE(XML_NAMESPACES)) ? SLICE(XML_NAMESPACES) : SLICE("");
	if (!take(&s, SLICE(">")))
		return false;
	*rest = s;
	return true;
}

int
claim_signature_prepare_written(struct slice document, struct claim_signature_task *ret, struct err *e)
{
	const struct slice roots[] = { SLICE("GIAMDINHHS"), slice_of(claim_tables[CLAIM_XML0].root) };
	struct claim_signature_task task = { 0 };
	struct slice namespaces = SLICE(""), rest = document, root = roots[0];
	bool written = document.len <= CLAIM_SIGNATURE_DOCUMENT_MAX && take(&rest, SLICE(XML_DECLARATION)) &&
		       slice_ends(rest, SLICE("\n"));
	struct slice canonical = written ? slice_from(rest.at, rest.len - 1) : rest;
	if (written && !take_written_root(&rest, root, &namespaces)) {
		root = roots[1];
		written = take_written_root(&rest, root, &namespaces);
	}
	if (!written || !find_mark_bytes(document, root.at, &task) || !is_plain(rest) ||
	    task.insert_to - task.insert_from != sizeof(XML_EMPTY_MARK) - 1)
		return err_set(
		    e, ERR_INPUT, NULL, "the document is not as our writer gives it (without CDATA)");
	signature_digest(canonical, task.document_digest);
	struct buf info;
	buf_init(&info, SIGNED_INFO_MAX);
	buf_add_text(&info, "<SignedInfo xmlns=\"" DSIG_NAMESPACE "\"");
	buf_add(&info, namespaces);
	buf_add_char(&info, '>');
	add_signed_info_body(&info, task.document_digest);
	signature_digest(buf_slice(&info), task.digest);
	buf_free(&info);
	*ret = task;
	return 0;
}

static void
add_escaped(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		if (c == '&')
			buf_add_text(out, "&amp;");
		else if (c == '<')
			buf_add_text(out, "&lt;");
		else if (c == '>')
			buf_add_text(out, "&gt;");
		else if ((unsigned char)c >= 0x20)
			buf_add_char(out, c);
	}
}

static void
add_subject(struct buf *out, const X509 *certificate)
{
	struct buf subject;
	buf_init(&subject, CLAIM_SIGNATURE_DOCUMENT_MAX);
	signature_subject(certificate, &subject);
	add_escaped(out, buf_slice(&subject));
	buf_free(&subject);
}

int
claim_signature_key_info(struct slice certificate, struct buf *out, struct err *e)
{
	X509 *x509 = signature_certificate(certificate);
	if (!x509)
		return err_set(e, ERR_INPUT, "X509Certificate", "the signer's certificate cannot be read");
	buf_add_text(out, "<KeyInfo><X509Data><X509SubjectName>");
	add_subject(out, x509);
	buf_add_text(out, "</X509SubjectName><X509Certificate>");
	buf_add_base64(out, certificate);
	buf_add_text(out, "</X509Certificate></X509Data></KeyInfo>");
	X509_free(x509);
	return buf_ok(out) ? 0 : err_set(e, ERR_LIMIT, "X509Certificate", "the certificate is too long");
}

int
claim_signature_finish_known(struct slice document, const struct claim_signature_task *task,
    struct slice signature, struct slice key_info, struct buf *out, struct err *e)
{
	assert(task->insert_from <= task->insert_to && task->insert_to <= document.len);
	buf_add(out, slice_from(document.at, task->insert_from));
	buf_add_text(out, "<" SIGNATURE_ELEMENT "><Signature xmlns=\"" DSIG_NAMESPACE "\"><SignedInfo>");
	add_signed_info_body(out, task->document_digest);
	buf_add_text(out, "<SignatureValue>");
	buf_add_base64(out, signature);
	buf_add_text(out, "</SignatureValue>");
	buf_add(out, key_info);
	buf_add_text(out, "</Signature></" SIGNATURE_ELEMENT ">");
	buf_add(out, slice_skip(document, task->insert_to));
	return buf_ok(out)
		   ? 0
		   : err_set(e, ERR_LIMIT, NULL, "the signed file is larger than %zu bytes", out->max);
}

int
claim_signature_finish(struct slice document, const struct claim_signature_task *task, struct slice signature,
    struct slice certificate, struct buf *out, struct err *e)
{
	struct buf key_info;
	buf_init(&key_info, CLAIM_SIGNATURE_DOCUMENT_MAX);
	int rc = claim_signature_key_info(certificate, &key_info, e);
	if (rc == 0)
		rc = claim_signature_finish_known(document, task, signature, buf_slice(&key_info), out, e);
	buf_free(&key_info);
	return rc;
}

int
claim_sign(struct slice document, const struct claim_signer *signer, struct buf *out, struct err *e)
{
	struct claim_signature_task task;
	int rc = claim_signature_prepare(document, &task, e);
	if (rc < 0)
		return rc;
	struct buf signature;
	buf_init(&signature, 4096);
	rc = signer->sign(signer->context, task.digest, &signature, e);
	if (rc == 0)
		rc = claim_signature_finish(
		    document, &task, buf_slice(&signature), signer->certificate, out, e);
	buf_free(&signature);
	return rc;
}
