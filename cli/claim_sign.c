/* hmis claim sign and verify. */
#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "claims/signature.h"
#include "cli/claim.h"
#include "cli/command.h"

#define PEM_FILE_MAX (1u << 20)

static int
load(struct buf *out, const char *file, size_t max)
{
	struct err e = { 0 };
	buf_init(out, max);
	return buf_read_file(out, file, &e) < 0 ? command_error(file, &e) : EXIT_GOOD;
}

static int
print_report(const char *file, const struct claim_signature_report *r, bool english)
{
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];
	printf("%s: %s [%s]\n", file, claim_signature_fault_text(r->fault, !english),
	    claim_signature_fault_name(r->fault));
	if (r->subject[0]) {
		size_t from_len = date_print_iso(time_business_date(r->not_before), from);
		size_t to_len = date_print_iso(time_business_date(r->not_after), to);
		printf("  %s\n  serial %s, %.*s – %.*s\n", r->subject, r->serial, (int)from_len, from,
		    (int)to_len, to);
	}
	if (r->fault == CLAIM_SIGNATURE_NOT_XML || r->fault == CLAIM_SIGNATURE_ROOT ||
	    r->fault == CLAIM_SIGNATURE_TOO_LARGE)
		return EXIT_UNUSABLE;
	return r->fault == CLAIM_SIGNATURE_GOOD ? EXIT_GOOD : EXIT_FINDINGS;
}

static int
verify(const struct claim_arguments *a, const struct buf *document, const struct buf *pem)
{
	struct claim_signature_report report;
	struct err e = { 0 };
	struct buf trusted;
	buf_init(&trusted, PEM_FILE_MAX);
	int rc;
	if (a->cert && claim_certificate_from_pem(buf_slice(pem), &trusted, &e) < 0) {
		rc = command_error(a->cert, &e);
	} else {
		claim_signature_verify(buf_slice(document), buf_slice(&trusted), 0, &report, &e);
		rc = print_report(a->file[0], &report, a->english);
	}
	buf_free(&trusted);
	return rc;
}

int
claim_cli_verify(int argc, char **argv)
{
	struct claim_arguments a;
	struct buf document, pem;
	int rc = claim_cli_arguments(argc, argv, 1, "verify [--cert PEM] [--en] FILE", &a);
	if (rc)
		return rc;
	rc = load(&document, a.file[0], CLI_FILE_MAX);
	buf_init(&pem, PEM_FILE_MAX);
	if (rc == EXIT_GOOD && a.cert)
		rc = load(&pem, a.cert, PEM_FILE_MAX);
	if (rc == EXIT_GOOD)
		rc = verify(&a, &document, &pem);
	buf_free(&document);
	buf_free(&pem);
	return rc;
}

static int
write_out(const char *file, const struct buf *out)
{
	struct err e = { 0 };
	if (strcmp(file, "-") != 0)
		return buf_write_file(out, file, &e) < 0 ? command_error(file, &e) : EXIT_GOOD;
	if (fwrite(out->at, 1, out->len, stdout) != out->len || fflush(stdout) != 0)
		return command_fail("standard output: %s", strerror(errno));
	return EXIT_GOOD;
}

static int
sign(const struct claim_arguments *a, const struct buf *document, const struct buf *key,
    const struct buf *cert)
{
	struct claim_signer signer;
	struct err e = { 0 };
	struct buf out;
	if (claim_signer_pem_new(buf_slice(key), buf_slice(cert), &signer, &e) < 0)
		return command_error(strcmp(e.field, "certificate") == 0 ? a->cert : a->key, &e);
	buf_init(&out, 2u * CLAIM_SIGNATURE_DOCUMENT_MAX);
	int rc;
	if (claim_sign(buf_slice(document), &signer, &out, &e) < 0)
		rc = command_error(a->file[0], &e);
	else
		rc = write_out(a->file[1], &out);
	buf_free(&out);
	claim_signer_pem_free(&signer);
	return rc;
}

int
claim_cli_sign(int argc, char **argv)
{
	struct claim_arguments a;
	struct buf document, key, cert;
	const char *usage = "sign --key PEM --cert PEM IN OUT";
	int rc = claim_cli_arguments(argc, argv, 2, usage, &a);
	if (rc)
		return rc;
	if (!a.key || !a.cert)
		return command_fail("usage: hmis claim %s", usage);
	rc = load(&document, a.file[0], CLAIM_SIGNATURE_DOCUMENT_MAX);
	buf_init(&cert, PEM_FILE_MAX);
	buf_init(&key, PEM_FILE_MAX);
	if (rc == EXIT_GOOD)
		rc = load(&key, a.key, PEM_FILE_MAX);
	if (rc == EXIT_GOOD)
		rc = load(&cert, a.cert, PEM_FILE_MAX);
	if (rc == EXIT_GOOD)
		rc = sign(&a, &document, &key, &cert);
	if (key.at)
		explicit_bzero(key.at, key.len);
	buf_free(&document);
	buf_free(&key);
	buf_free(&cert);
	return rc;
}
