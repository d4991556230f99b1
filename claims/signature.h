/*
 * The facility's electronic signature in CHUKYDONVI (XML signature, enveloped, inclusive C14N 1.0, SHA-256,
 * RSA).
 *
 * Signing is split so that the private key may live in another process: the caller prepares (canonicalises
 * the document and builds SignedInfo), a claim_signer turns a 32-byte digest into a signature, the caller
 * finishes (inserts the Signature; no other byte changes).
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define CLAIM_SIGNATURE_DOCUMENT_MAX (4u * 1024u * 1024u)
#define CLAIM_SIGNATURE_KEY_BITS_MIN 2048

/* ---- signing ---- */

/* What prepare learned; plain data, valid as long as the document's bytes are unchanged. */
struct claim_signature_task {
	unsigned char document_digest[32]; /* of the canonical document: DigestValue */
	unsigned char digest[32];          /* of the canonical SignedInfo: what is to be signed */
	size_t insert_from, insert_to;     /* bytes of the empty CHUKYDONVI element */
};

/* Who can sign: an RSA key somewhere and its certificate. */
struct claim_signer {
	/*
	 * Appends RSASSA-PKCS1-v1_5 over the SHA-256 digest to ret_signature. 0, ERR_IO (signer out of
	 * reach), ERR_DENIED.
	 */
	int (*sign)(void *context, const unsigned char digest[32], struct buf *ret_signature, struct err *e);
	void *context;
	struct slice certificate; /* X.509, DER */
};

/*
 * Prepares an unsigned file (envelope or check-in) whose root ends with an empty CHUKYDONVI. ERR_INPUT when
 * it is not such a file, is signed already, or has a DOCTYPE; ERR_LIMIT beyond CLAIM_SIGNATURE_DOCUMENT_MAX.
 */
int claim_signature_prepare(struct slice document, struct claim_signature_task *ret, struct err *e);
/*
 * The same for bytes that claim_write or claim_write_checkin has just given, without CDATA: they are in
 * canonical form already, so that nothing is parsed (a quarter of the time). ERR_INPUT when they are not of
 * that form; that they are well-formed is the writer's promise, so never use this on a file from elsewhere.
 */
int claim_signature_prepare_written(struct slice document, struct claim_signature_task *ret, struct err *e);
/*
 * The element KeyInfo of a certificate (DER), appended to out: to be made once for many signatures, because
 * reading a certificate costs a tenth of a signature. ERR_INPUT when it cannot be read, ERR_LIMIT.
 */
int claim_signature_key_info(struct slice certificate, struct buf *out, struct err *e);
/* Appends the signed document to out, with what claim_signature_key_info gave: ERR_LIMIT when out is full. */
int claim_signature_finish_known(struct slice document, const struct claim_signature_task *task,
    struct slice signature, struct slice key_info, struct buf *out, struct err *e);
/* The same for a certificate; besides: ERR_INPUT when it cannot be read. */
int claim_signature_finish(struct slice document, const struct claim_signature_task *task,
    struct slice signature, struct slice certificate, struct buf *out, struct err *e);
/* prepare + sign + finish. */
int claim_sign(struct slice document, const struct claim_signer *signer, struct buf *out, struct err *e);

/*
 * A signer with a PEM private key and certificate in memory (claims/signer_pem.c). ERR_INPUT when either
 * cannot be read, the key is not RSA of ≥ 2048 bits, or they do not belong together. Free with
 * claim_signer_pem_free.
 */
int claim_signer_pem_new(
    struct slice key_pem, struct slice certificate_pem, struct claim_signer *ret, struct err *e);
void claim_signer_pem_free(struct claim_signer *s);

/* The first certificate of a PEM text as DER, appended to ret_der: ERR_INPUT when there is none. */
int claim_certificate_from_pem(struct slice pem, struct buf *ret_der, struct err *e);

/* ---- verifying ---- */

enum claim_signature_fault {
	CLAIM_SIGNATURE_GOOD,
	CLAIM_SIGNATURE_NONE,      /* CHUKYDONVI is empty: not signed */
	CLAIM_SIGNATURE_TOO_LARGE, /* document over the limit */
	CLAIM_SIGNATURE_NOT_XML,   /* not well-formed, or not UTF-8 */
	CLAIM_SIGNATURE_DOCTYPE,   /* document type declarations are refused */
	CLAIM_SIGNATURE_ROOT,      /* not a claim or check-in file */
	CLAIM_SIGNATURE_COMMENT,   /* comments or processing instructions in the document */
	CLAIM_SIGNATURE_PLACE, /* the Signature is not the only child of the one CHUKYDONVI at the end of the
				  root */
	CLAIM_SIGNATURE_SEVERAL,       /* more than one Signature */
	CLAIM_SIGNATURE_STRUCTURE,     /* unexpected element, attribute or order in the Signature */
	CLAIM_SIGNATURE_C14N_METHOD,   /* not inclusive C14N 1.0 */
	CLAIM_SIGNATURE_METHOD,        /* not RSA with SHA-256 */
	CLAIM_SIGNATURE_REFERENCE,     /* not exactly one Reference */
	CLAIM_SIGNATURE_URI,           /* Reference to anything but the whole document */
	CLAIM_SIGNATURE_TRANSFORM,     /* not the enveloped-signature transform */
	CLAIM_SIGNATURE_DIGEST_METHOD, /* not SHA-256 */
	CLAIM_SIGNATURE_DIGEST,        /* the document was changed after signing */
	CLAIM_SIGNATURE_CERTIFICATE,   /* no readable X509Certificate, or several */
	CLAIM_SIGNATURE_KEY,           /* not RSA of ≥ 2048 bits */
	CLAIM_SIGNATURE_VALUE,         /* SignatureValue does not fit SignedInfo and the certificate */
	CLAIM_SIGNATURE_NOT_TRUSTED,   /* signed with another certificate than the expected one */
	CLAIM_SIGNATURE_EXPIRED,       /* outside the certificate's validity at the given time */
	CLAIM_SIGNATURE_FAULTS
};

struct claim_signature_report {
	enum claim_signature_fault fault;
	char subject[256];             /* of the certificate, RFC 2253; "" when unread */
	char serial[64];               /* hexadecimal */
	int64_t not_before, not_after; /* instants */
	unsigned char certificate_sha256[32];
};

/*
 * Verifies the signature over exactly these bytes. trusted (DER, may be empty) must then be the signing
 * certificate; at (instant, 0 = do not ask) must lie in its validity. The verdict is report->fault; 0 when
 * GOOD, else ERR_INPUT with a sentence in e. The certificate's chain and revocation are the gateway's
 * business, not checked here.
 */
int claim_signature_verify(struct slice document, struct slice trusted, int64_t at,
    struct claim_signature_report *report, struct err *e);
/* Stable name ("digest") and sentences for people. */
const char *claim_signature_fault_name(enum claim_signature_fault f);
const char *claim_signature_fault_text(enum claim_signature_fault f, bool vietnamese);
