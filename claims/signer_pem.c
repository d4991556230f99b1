/* A signer with its RSA key in memory, loaded once from PEM (1 ms); a signature then costs the RSA operation
 * alone. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "claims/signature_xml.h"

#define PEM_MAX (1u << 20)

struct pem_signer {
	EVP_PKEY *key;
	EVP_PKEY_CTX *operation; /* prepared once: algorithms are not fetched again */
	unsigned char *certificate;
	size_t certificate_len;
};

/* A key with a passphrase is refused instead of asking on the terminal. */
static int
no_passphrase(char *out, int size, int writing, void *context)
{
	(void)out, (void)size, (void)writing, (void)context;
	return -1;
}

static int
sign(void *context, const unsigned char digest[32], struct buf *ret_signature, struct err *e)
{
	struct pem_signer *s = context;
	unsigned char signature[1024]; /* RSA of 8192 bits */
	size_t len = sizeof(signature);
	ERR_clear_error();
	if (EVP_PKEY_sign(s->operation, signature, &len, digest, 32) != 1)
		return err_set(e, ERR_IO, NULL, "the RSA signature failed");
	buf_add(ret_signature, slice_from((const char *)signature, len));
	return buf_ok(ret_signature) ? 0 : err_set(e, ERR_LIMIT, NULL, "no room for the signature");
}

static void
pem_signer_free(struct pem_signer *s)
{
	EVP_PKEY_CTX_free(s->operation);
	EVP_PKEY_free(s->key);
	OPENSSL_free(s->certificate);
	free(s);
}

static int
load_key(struct pem_signer *s, struct slice pem, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
	ERR_clear_error();
	s->key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	BIO_free(bio);
	if (!s->key)
		return err_set(e, ERR_INPUT, "key", "not an unencrypted PEM private key");
	if (!signature_key_fits(s->key))
		return err_set(e, ERR_INPUT, "key", "an RSA key of 2048 to 8192 bits is needed");
	return 0;
}

static X509 *
read_certificate(struct slice pem)
{
	BIO *bio = pem.len <= PEM_MAX ? BIO_new_mem_buf(pem.at, (int)pem.len) : NULL;
	ERR_clear_error();
	X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
	BIO_free(bio);
	return x509;
}

static int
load_certificate(struct pem_signer *s, struct slice pem, struct err *e)
{
	X509 *x509 = read_certificate(pem);
	if (!x509)
		return err_set(e, ERR_INPUT, "certificate", "not a PEM certificate");
	bool fits = X509_check_private_key(x509, s->key) == 1;
	int len = i2d_X509(x509, &s->certificate);
	X509_free(x509);
	if (len <= 0)
		return err_set(e, ERR_INPUT, "certificate", "the certificate cannot be encoded");
	s->certificate_len = (size_t)len;
	return fits ? 0 : err_set(e, ERR_INPUT, "certificate", "the certificate does not belong to the key");
}

int
claim_certificate_from_pem(struct slice pem, struct buf *ret_der, struct err *e)
{
	X509 *x509 = read_certificate(pem);
	unsigned char *der = NULL;
	int len = x509 ? i2d_X509(x509, &der) : -1;
	X509_free(x509);
	if (len <= 0)
		return err_set(e, ERR_INPUT, "certificate", "not a PEM certificate");
	buf_add(ret_der, slice_from((const char *)der, (size_t)len));
	OPENSSL_free(der);
	return buf_ok(ret_der) ? 0 : err_set(e, ERR_LIMIT, "certificate", "the certificate is too long");
}

static int
prepare_operation(struct pem_signer *s, struct err *e)
{
	s->operation = EVP_PKEY_CTX_new_from_pkey(NULL, s->key, NULL);
	if (!s->operation || EVP_PKEY_sign_init(s->operation) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(s->operation, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(s->operation, signature_sha256()) != 1)
		return err_set(e, ERR_INPUT, "key", "the key cannot sign with RSA and SHA-256");
	return 0;
}

int
claim_signer_pem_new(
    struct slice key_pem, struct slice certificate_pem, struct claim_signer *ret, struct err *e)
{
	if (key_pem.len > PEM_MAX || certificate_pem.len > PEM_MAX)
		return err_set(e, ERR_LIMIT, "key", "a PEM file may have at most %u bytes", PEM_MAX);
	struct pem_signer *s = calloc(1, sizeof(*s));
	if (!s)
		fatal("out of memory: signer");
	int rc = load_key(s, key_pem, e);
	if (rc == 0)
		rc = load_certificate(s, certificate_pem, e);
	if (rc == 0)
		rc = prepare_operation(s, e);
	if (rc < 0) {
		pem_signer_free(s);
		return rc;
	}
	*ret = (struct claim_signer){ .sign = sign,
		.context = s,
		.certificate = slice_from((const char *)s->certificate, s->certificate_len) };
	return 0;
}

void
claim_signer_pem_free(struct claim_signer *s)
{
	if (s->context)
		pem_signer_free(s->context);
	*s = (struct claim_signer){ 0 };
}
