/* Inside claims/ only: what signing and verifying share. */
#pragma once

#include <libxml/tree.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/err.h"
#include "claims/signature.h"

#define DSIG_NAMESPACE "http://www.w3.org/2000/09/xmldsig#"
#define DSIG_C14N "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define DSIG_RSA_SHA256 "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define DSIG_ENVELOPED "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
#define DSIG_SHA256 "http://www.w3.org/2001/04/xmlenc#sha256"
#define SIGNATURE_ELEMENT "CHUKYDONVI"

/* SHA-256, fetched once per process. */
const EVP_MD *signature_sha256(void);
/* SHA-256 of bytes. */
void signature_digest(struct slice bytes, unsigned char ret[32]);

/*
 * Parses the document and finds the one CHUKYDONVI, the last child element of the root. GOOD or the fault;
 * *ret_doc is to be freed with xmlFreeDoc when GOOD, *ret_mark belongs to it.
 */
enum claim_signature_fault signature_parse(struct slice document, xmlDocPtr *ret_doc, xmlNodePtr *ret_mark);
/*
 * SHA-256 of the canonical form (inclusive C14N 1.0, no comments) of the part of doc below `only` (NULL =
 * all), without what is below `without` (NULL = nothing). False when libxml2 cannot.
 */
bool signature_canonical_digest(
    xmlDocPtr doc, const xmlNode *only, const xmlNode *without, unsigned char ret[32]);
/* The next element from n on (n itself included), or NULL. */
xmlNodePtr signature_element(xmlNodePtr n);
/* The certificate of DER bytes, or NULL; to be freed. */
X509 *signature_certificate(struct slice der);
/* Its subject by RFC 2253, in UTF-8. */
void signature_subject(const X509 *certificate, struct buf *out);
/* True for an RSA key of CLAIM_SIGNATURE_KEY_BITS_MIN to 8192 bits. */
bool signature_key_fits(const EVP_PKEY *key);
