/* Parsing for signatures: a DOM (documents ≤ 4 MiB), canonical form streamed into SHA-256. */
#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

#include "claims/field.h"
#include "claims/signature_xml.h"
#include "claims/xml_input.h"

#define KEY_BITS_MAX 8192 /* larger ones only burn time */

static EVP_MD *sha256;

static void
fetch_once(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	if (!sha256)
		fatal("OpenSSL has no SHA-256");
}

const EVP_MD *
signature_sha256(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, fetch_once);
	return sha256;
}

void
signature_digest(struct slice bytes, unsigned char ret[32])
{
	if (EVP_Digest(bytes.at, bytes.len, ret, NULL, signature_sha256(), NULL) != 1)
		fatal("SHA-256 failed");
}

struct digest_sink {
	EVP_MD_CTX *hash;
	bool failed;
};

static int
sink_write(void *context, const char *bytes, int len)
{
	struct digest_sink *sink = context;
	if (EVP_DigestUpdate(sink->hash, bytes, (size_t)len) != 1)
		sink->failed = true;
	return len;
}

struct selection {
	const xmlNode *only, *without;
};

/* Inclusive C14N of a node set: attributes and namespaces go with their element. */
static int
is_selected(void *context, xmlNodePtr node, xmlNodePtr parent)
{
	const struct selection *s = context;
	bool owned = node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE;
	bool inside = !s->only;
	for (const xmlNode *n = owned ? parent : node; n; n = n->parent) {
		if (n == s->without)
			return 0;
		if (n == s->only)
			inside = true;
	}
	return inside;
}

bool
signature_canonical_digest(xmlDocPtr doc, const xmlNode *only, const xmlNode *without, unsigned char ret[32])
{
	struct selection selection = { only, without };
	struct digest_sink sink = { .hash = EVP_MD_CTX_new() };
	bool everything = !only && !without;
	if (!sink.hash || EVP_DigestInit_ex2(sink.hash, signature_sha256(), NULL) != 1)
		fatal("SHA-256 cannot be started");
	xmlOutputBufferPtr out = xmlOutputBufferCreateIO(sink_write, NULL, &sink, NULL);
	int rc = -1;
	if (out) {
		rc = xmlC14NExecute(
		    doc, everything ? NULL : is_selected, &selection, XML_C14N_1_0, NULL, 0, out);
		if (xmlOutputBufferClose(out) < 0)
			rc = -1;
	}
	if (rc >= 0 && !sink.failed)
		EVP_DigestFinal_ex(sink.hash, ret, NULL);
	EVP_MD_CTX_free(sink.hash);
	return rc >= 0 && !sink.failed;
}

xmlNodePtr
signature_element(xmlNodePtr n)
{
	while (n && n->type != XML_ELEMENT_NODE)
		n = n->next;
	return n;
}

/* A DOCTYPE ends the parse before its content is looked at. */
static void
refuse_doctype(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	xmlParserCtxtPtr parser = context;
	bool *seen = parser->_private;
	(void)name, (void)external, (void)system;
	*seen = true;
	xmlStopParser(parser);
}

static bool
is_utf8(const xmlDoc *doc)
{
	return !doc->encoding || xmlStrcasecmp(doc->encoding, BAD_CAST "UTF-8") == 0;
}

static enum claim_signature_fault
parse(struct slice document, xmlDocPtr *ret)
{
	bool doctype = false;
	xml_prepare();
	if (document.len > CLAIM_SIGNATURE_DOCUMENT_MAX)
		return CLAIM_SIGNATURE_TOO_LARGE;
	xmlParserCtxtPtr parser = xmlNewParserCtxt();
	if (!parser)
		fatal("out of memory: XML parser");
	parser->_private = &doctype;
	parser->sax->internalSubset = refuse_doctype;
	xmlDocPtr doc = xmlCtxtReadMemory(
	    parser, document.at, (int)document.len, NULL, NULL, XML_SAFE_OPTIONS | XML_PARSE_COMPACT);
	bool well_formed = parser->wellFormed;
	xmlFreeParserCtxt(parser);
	if (doc && well_formed && !doctype && !doc->intSubset && is_utf8(doc)) {
		*ret = doc;
		return CLAIM_SIGNATURE_GOOD;
	}
	xmlFreeDoc(doc);
	return doctype ? CLAIM_SIGNATURE_DOCTYPE : CLAIM_SIGNATURE_NOT_XML;
}

static bool
is_named(const xmlNode *n, const char *name)
{
	return !n->ns && xmlStrcmp(n->name, BAD_CAST name) == 0;
}

/* The CHUKYDONVI that ends the root, when there is no other below the root. */
static xmlNodePtr
find_mark(xmlNodePtr root)
{
	xmlNodePtr mark = NULL, last = NULL;
	for (xmlNodePtr n = signature_element(root->children); n; n = signature_element(n->next)) {
		if (is_named(n, SIGNATURE_ELEMENT) && mark)
			return NULL;
		if (is_named(n, SIGNATURE_ELEMENT))
			mark = n;
		last = n;
	}
	return mark == last ? mark : NULL;
}

enum claim_signature_fault
signature_parse(struct slice document, xmlDocPtr *ret_doc, xmlNodePtr *ret_mark)
{
	xmlDocPtr doc;
	enum claim_signature_fault fault = parse(document, &doc);
	if (fault != CLAIM_SIGNATURE_GOOD)
		return fault;
	xmlNodePtr root = xmlDocGetRootElement(doc), mark = NULL;
	if (!is_named(root, "GIAMDINHHS") && !is_named(root, claim_tables[CLAIM_XML0].root))
		fault = CLAIM_SIGNATURE_ROOT;
	else if (!(mark = find_mark(root)) || mark->properties || mark->nsDef)
		fault = CLAIM_SIGNATURE_PLACE;
	if (fault != CLAIM_SIGNATURE_GOOD) {
		xmlFreeDoc(doc);
		return fault;
	}
	*ret_doc = doc;
	*ret_mark = mark;
	return CLAIM_SIGNATURE_GOOD;
}

X509 *
signature_certificate(struct slice der)
{
	const unsigned char *p = (const unsigned char *)der.at;
	if (der.len == 0 || der.len > CLAIM_SIGNATURE_DOCUMENT_MAX)
		return NULL;
	ERR_clear_error();
	X509 *certificate = d2i_X509(NULL, &p, (long)der.len);
	if (certificate && p != (const unsigned char *)der.at + der.len) {
		X509_free(certificate);
		return NULL;
	}
	return certificate;
}

void
signature_subject(const X509 *certificate, struct buf *out)
{
	unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	if (!bio)
		fatal("out of memory: certificate name");
	X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, flags);
	long len = BIO_get_mem_data(bio, &text);
	if (len > 0)
		buf_add(out, slice_from(text, (size_t)len));
	BIO_free(bio);
}

bool
signature_key_fits(const EVP_PKEY *key)
{
	return key && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= CLAIM_SIGNATURE_KEY_BITS_MIN &&
	       EVP_PKEY_get_bits(key) <= KEY_BITS_MAX;
}
