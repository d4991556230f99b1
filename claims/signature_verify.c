/*
 * Verifying. Only the one form of signature that the gateway describes is accepted (wrappers.md §5);
 * everything else is refused with its own reason, so that no clever document can be valid in another sense
 * than the one we read.
 */
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "claims/signature_xml.h"

#define SIGNATURE_PART_MAX (64u * 1024u) /* bytes of a base64 value inside Signature, decoded */

struct fault_info {
	const char *name, *vi, *en;
};

static const struct fault_info faults[CLAIM_SIGNATURE_FAULTS] = {
	[CLAIM_SIGNATURE_GOOD] = { "good", "Chữ ký hợp lệ", "The signature is valid" },
	[CLAIM_SIGNATURE_NONE] = { "none", "Tệp chưa ký: CHUKYDONVI rỗng",
	    "The file is not signed: CHUKYDONVI is empty" },
	[CLAIM_SIGNATURE_TOO_LARGE] = { "too-large", "Tệp lớn hơn 4 MiB",
	    "The document is larger than 4 MiB" },
	[CLAIM_SIGNATURE_NOT_XML] = { "not-xml", "Không phải XML UTF-8 đúng cú pháp",
	    "The document is not well-formed XML in UTF-8" },
	[CLAIM_SIGNATURE_DOCTYPE] = { "doctype", "Không chấp nhận DOCTYPE",
	    "A document type declaration is refused" },
	[CLAIM_SIGNATURE_ROOT] = { "root", "Không phải tệp GIAMDINHHS hay CHI_TIEU_TRANG_THAI_KCB",
	    "The root is neither GIAMDINHHS nor CHI_TIEU_TRANG_THAI_KCB" },
	[CLAIM_SIGNATURE_COMMENT] = { "comment",
	    "Không chấp nhận chú thích hoặc chỉ thị xử lý trong tệp đã ký",
	    "Comments and processing instructions are refused in a signed document" },
	[CLAIM_SIGNATURE_PLACE] = { "place",
	    "CHUKYDONVI phải là phần tử cuối, duy nhất, và chỉ chứa Signature",
	    "CHUKYDONVI must be the only one, the root's last element, and hold the Signature alone" },
	[CLAIM_SIGNATURE_SEVERAL] = { "several", "Có nhiều hơn một chữ ký",
	    "There is more than one Signature" },
	[CLAIM_SIGNATURE_STRUCTURE] = { "structure", "Cấu trúc Signature không đúng",
	    "The Signature has an unexpected element, attribute or order" },
	[CLAIM_SIGNATURE_C14N_METHOD] = { "c14n-method", "Chỉ chấp nhận C14N 1.0 (inclusive)",
	    "Only inclusive C14N 1.0 is accepted" },
	[CLAIM_SIGNATURE_METHOD] = { "method", "Chỉ chấp nhận RSA với SHA-256",
	    "Only RSA with SHA-256 is accepted" },
	[CLAIM_SIGNATURE_REFERENCE] = { "reference", "Phải có đúng một Reference",
	    "There must be exactly one Reference" },
	[CLAIM_SIGNATURE_URI] = { "uri", "Reference phải có URI rỗng (cả tệp)",
	    "The Reference must have an empty URI (the whole document)" },
	[CLAIM_SIGNATURE_TRANSFORM] = { "transform", "Chỉ chấp nhận phép biến đổi enveloped-signature",
	    "Only the enveloped-signature transform is accepted" },
	[CLAIM_SIGNATURE_DIGEST_METHOD] = { "digest-method", "Chỉ chấp nhận hàm băm SHA-256",
	    "Only SHA-256 digests are accepted" },
	[CLAIM_SIGNATURE_DIGEST] = { "digest", "Nội dung đã bị thay đổi sau khi ký",
	    "The document was changed after it was signed" },
	[CLAIM_SIGNATURE_CERTIFICATE] = { "certificate", "Phải có đúng một X509Certificate đọc được",
	    "Exactly one readable X509Certificate is needed" },
	[CLAIM_SIGNATURE_KEY] = { "key", "Khoá phải là RSA từ 2048 bit",
	    "The key must be RSA of at least 2048 bits" },
	[CLAIM_SIGNATURE_VALUE] = { "value", "SignatureValue không khớp với chứng thư",
	    "SignatureValue does not fit the certificate" },
	[CLAIM_SIGNATURE_NOT_TRUSTED] = { "not-trusted", "Chứng thư không phải chứng thư đã đăng ký",
	    "The certificate is not the registered one" },
	[CLAIM_SIGNATURE_EXPIRED] = { "expired", "Ngoài thời hạn hiệu lực của chứng thư",
	    "Outside the certificate's validity" },
};

const char *
claim_signature_fault_name(enum claim_signature_fault f)
{
	return faults[f].name;
}

const char *
claim_signature_fault_text(enum claim_signature_fault f, bool vietnamese)
{
	return vietnamese ? faults[f].vi : faults[f].en;
}

/* What is read from a Signature element whose form was checked. */
struct parts {
	xmlNodePtr signature, info, value, key;
	xmlNodePtr digest_value;
};

static bool
is_dsig(const xmlNode *n, const char *name)
{
	return n && n->ns && xmlStrcmp(n->ns->href, BAD_CAST DSIG_NAMESPACE) == 0 &&
	       xmlStrcmp(n->name, BAD_CAST name) == 0;
}

static xmlNodePtr
next_in_tree(const xmlNode *n)
{
	if (n->type == XML_ELEMENT_NODE && n->children)
		return n->children;
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

/* Nothing that canonical form drops or that could hide a second signature. */
static enum claim_signature_fault
scan(xmlDocPtr doc)
{
	size_t signatures = 0;
	for (const xmlNode *n = doc->children; n; n = next_in_tree(n)) {
		if (n->type == XML_COMMENT_NODE || n->type == XML_PI_NODE)
			return CLAIM_SIGNATURE_COMMENT;
		if (n->type == XML_ENTITY_REF_NODE)
			return CLAIM_SIGNATURE_NOT_XML;
		signatures += n->type == XML_ELEMENT_NODE && is_dsig(n, "Signature");
	}
	return signatures > 1 ? CLAIM_SIGNATURE_SEVERAL : CLAIM_SIGNATURE_GOOD;
}

/* The text of an attribute that must be the element's only one (an Id beside it is harmless), or NULL. */
static const char *
only_attribute(const xmlNode *n, const char *name)
{
	const char *value = NULL;
	for (const xmlAttr *a = n->properties; a; a = a->next) {
		bool plain =
		    !a->ns && (!a->children || (a->children->type == XML_TEXT_NODE && !a->children->next));
		if (plain && xmlStrcmp(a->name, BAD_CAST name) == 0)
			value = a->children ? (const char *)a->children->content : "";
		else if (!plain || xmlStrcmp(a->name, BAD_CAST "Id") != 0)
			return NULL;
	}
	return value;
}

static bool
has_algorithm(const xmlNode *n, const char *algorithm)
{
	const char *value = only_attribute(n, "Algorithm");
	return value && strcmp(value, algorithm) == 0 && !signature_element(n->children);
}

static bool
is_blank_between(const xmlNode *parent)
{
	for (xmlNodePtr n = parent->children; n; n = n->next)
		if (n->type != XML_ELEMENT_NODE && !xmlIsBlankNode(n))
			return false;
	return true;
}

static enum claim_signature_fault
check_transforms(const xmlNode *transforms)
{
	xmlNodePtr first = signature_element(transforms->children);
	if (!is_dsig(first, "Transform") || !has_algorithm(first, DSIG_ENVELOPED))
		return CLAIM_SIGNATURE_TRANSFORM;
	xmlNodePtr second = signature_element(first->next);
	if (!second)
		return CLAIM_SIGNATURE_GOOD;
	/* Naming the canonical form that is used anyway changes nothing. */
	if (!is_dsig(second, "Transform") || !has_algorithm(second, DSIG_C14N) ||
	    signature_element(second->next))
		return CLAIM_SIGNATURE_TRANSFORM;
	return CLAIM_SIGNATURE_GOOD;
}

static enum claim_signature_fault
check_reference(const xmlNode *reference, struct parts *p)
{
	const char *uri = only_attribute(reference, "URI");
	if (!uri || *uri)
		return CLAIM_SIGNATURE_URI;
	xmlNodePtr transforms = signature_element(reference->children);
	if (!is_dsig(transforms, "Transforms") || transforms->properties)
		return CLAIM_SIGNATURE_TRANSFORM;
	enum claim_signature_fault fault = check_transforms(transforms);
	if (fault != CLAIM_SIGNATURE_GOOD)
		return fault;
	xmlNodePtr method = signature_element(transforms->next);
	if (!is_dsig(method, "DigestMethod") || !has_algorithm(method, DSIG_SHA256))
		return CLAIM_SIGNATURE_DIGEST_METHOD;
	p->digest_value = signature_element(method->next);
	if (!is_dsig(p->digest_value, "DigestValue") || signature_element(p->digest_value->next))
		return CLAIM_SIGNATURE_STRUCTURE;
	return CLAIM_SIGNATURE_GOOD;
}

static enum claim_signature_fault
check_signed_info(struct parts *p)
{
	xmlNodePtr c14n = signature_element(p->info->children);
	if (!is_dsig(c14n, "CanonicalizationMethod") || !has_algorithm(c14n, DSIG_C14N))
		return CLAIM_SIGNATURE_C14N_METHOD;
	xmlNodePtr method = signature_element(c14n->next);
	if (!is_dsig(method, "SignatureMethod") || !has_algorithm(method, DSIG_RSA_SHA256))
		return CLAIM_SIGNATURE_METHOD;
	xmlNodePtr reference = signature_element(method->next);
	if (!is_dsig(reference, "Reference") || signature_element(reference->next))
		return CLAIM_SIGNATURE_REFERENCE;
	return check_reference(reference, p);
}

static enum claim_signature_fault
check_form(const xmlNode *mark, struct parts *p)
{
	p->signature = signature_element(mark->children);
	if (!p->signature)
		return is_blank_between(mark) ? CLAIM_SIGNATURE_NONE : CLAIM_SIGNATURE_PLACE;
	if (!is_dsig(p->signature, "Signature") || signature_element(p->signature->next) ||
	    !is_blank_between(mark))
		return CLAIM_SIGNATURE_PLACE;
	if (p->signature->properties && !only_attribute(p->signature, "Id"))
		return CLAIM_SIGNATURE_STRUCTURE;
	p->info = signature_element(p->signature->children);
	p->value = p->info ? signature_element(p->info->next) : NULL;
	p->key = p->value ? signature_element(p->value->next) : NULL;
	if (!is_dsig(p->info, "SignedInfo") || !is_dsig(p->value, "SignatureValue"))
		return CLAIM_SIGNATURE_STRUCTURE;
	if (!is_dsig(p->key, "KeyInfo"))
		return p->key ? CLAIM_SIGNATURE_STRUCTURE : CLAIM_SIGNATURE_CERTIFICATE;
	if (signature_element(p->key->next) || !is_blank_between(p->signature) || !is_blank_between(p->info))
		return CLAIM_SIGNATURE_STRUCTURE;
	return check_signed_info(p);
}

/* Base64 text of an element without child elements. */
static bool
decode(const xmlNode *n, struct buf *out)
{
	if (signature_element(n->children))
		return false;
	xmlChar *text = xmlNodeGetContent(n);
	bool good = text && buf_add_base64_decoded(out, slice_of((const char *)text)) == 0 && buf_ok(out);
	xmlFree(text);
	return good;
}

static bool
digest_matches(xmlDocPtr doc, const struct parts *p)
{
	unsigned char digest[32];
	struct buf stated;
	buf_init(&stated, SIGNATURE_PART_MAX);
	bool same = decode(p->digest_value, &stated) && stated.len == sizeof(digest) &&
		    signature_canonical_digest(doc, NULL, p->signature, digest) &&
		    memcmp(stated.at, digest, sizeof(digest)) == 0;
	buf_free(&stated);
	return same;
}

/* The one X509Certificate of KeyInfo/X509Data into der. */
static bool
find_certificate(const struct parts *p, struct buf *der)
{
	const xmlNode *found = NULL;
	for (xmlNodePtr data = signature_element(p->key->children); data;
	     data = signature_element(data->next)) {
		if (!is_dsig(data, "X509Data"))
			continue;
		for (xmlNodePtr n = signature_element(data->children); n; n = signature_element(n->next)) {
			if (is_dsig(n, "X509Certificate") && found)
				return false;
			if (is_dsig(n, "X509Certificate"))
				found = n;
		}
	}
	return found && decode(found, der);
}

static bool
value_matches(xmlDocPtr doc, const struct parts *p, EVP_PKEY *key)
{
	unsigned char digest[32];
	struct buf value;
	buf_init(&value, SIGNATURE_PART_MAX);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	ERR_clear_error();
	bool good =
	    c && decode(p->value, &value) && value.len &&
	    signature_canonical_digest(doc, p->info, NULL, digest) && EVP_PKEY_verify_init(c) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(c, signature_sha256()) == 1 &&
	    EVP_PKEY_verify(c, (const unsigned char *)value.at, value.len, digest, sizeof(digest)) == 1;
	EVP_PKEY_CTX_free(c);
	buf_free(&value);
	return good;
}

static int64_t
instant_of(const ASN1_TIME *t)
{
	struct tm tm;
	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static void
describe(const X509 *x509, struct slice der, struct claim_signature_report *r)
{
	struct buf subject, hex;
	buf_init(&subject, CLAIM_SIGNATURE_DOCUMENT_MAX);
	signature_subject(x509, &subject);
	struct slice shown = utf8_cut(buf_slice(&subject), sizeof(r->subject) - 1);
	memcpy(r->subject, shown.len ? shown.at : "", shown.len);
	buf_free(&subject);
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
	buf_init(&hex, sizeof(r->serial) - 1);
	buf_add_hex(&hex,
	    slice_from((const char *)ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)));
	memcpy(r->serial, hex.len ? hex.at : "", hex.len);
	buf_free(&hex);
	r->not_before = instant_of(X509_get0_notBefore(x509));
	r->not_after = instant_of(X509_get0_notAfter(x509));
	signature_digest(der, r->certificate_sha256);
}

static enum claim_signature_fault
check_certificate(xmlDocPtr doc, const struct parts *p, struct slice der, struct slice trusted, int64_t at,
    struct claim_signature_report *r)
{
	X509 *x509 = signature_certificate(der);
	enum claim_signature_fault fault = CLAIM_SIGNATURE_GOOD;
	if (!x509)
		return CLAIM_SIGNATURE_CERTIFICATE;
	describe(x509, der, r);
	EVP_PKEY *key = X509_get0_pubkey(x509);
	if (!signature_key_fits(key))
		fault = CLAIM_SIGNATURE_KEY;
	else if (!value_matches(doc, p, key))
		fault = CLAIM_SIGNATURE_VALUE;
	else if (trusted.len && !slice_eq(trusted, der))
		fault = CLAIM_SIGNATURE_NOT_TRUSTED;
	else if (at && (at < r->not_before || at > r->not_after))
		fault = CLAIM_SIGNATURE_EXPIRED;
	X509_free(x509);
	return fault;
}

static enum claim_signature_fault
verify(xmlDocPtr doc, const xmlNode *mark, struct slice trusted, int64_t at, struct claim_signature_report *r)
{
	struct parts p = { 0 };
	enum claim_signature_fault fault = scan(doc);
	if (fault == CLAIM_SIGNATURE_GOOD)
		fault = check_form(mark, &p);
	if (fault != CLAIM_SIGNATURE_GOOD)
		return fault;
	if (!digest_matches(doc, &p))
		return CLAIM_SIGNATURE_DIGEST;
	struct buf der;
	buf_init(&der, SIGNATURE_PART_MAX);
	fault = CLAIM_SIGNATURE_CERTIFICATE;
	if (find_certificate(&p, &der))
		fault = check_certificate(doc, &p, buf_slice(&der), trusted, at, r);
	buf_free(&der);
	return fault;
}

int
claim_signature_verify(struct slice document, struct slice trusted, int64_t at,
    struct claim_signature_report *report, struct err *e)
{
	struct claim_signature_report r = { 0 };
	xmlDocPtr doc;
	xmlNodePtr mark;
	r.fault = signature_parse(document, &doc, &mark);
	if (r.fault == CLAIM_SIGNATURE_GOOD) {
		r.fault = verify(doc, mark, trusted, at, &r);
		xmlFreeDoc(doc);
	}
	*report = r;
	if (r.fault == CLAIM_SIGNATURE_GOOD)
		return 0;
	return err_set(e, ERR_INPUT, SIGNATURE_ELEMENT, "%s", faults[r.fault].en);
}
