/* The signer process and its client over a real socket: what is signed verifies, and a loss is told. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "server/loop/config.h"
#include "server/loop/proc.h"
#include "server/role/jobs/signer_client.h"
#include "server/role/signer.h"
#include "tests/unit/unit.h"

#define MANY 200

static char directory[64], socket_path[96];
static EVP_PKEY *key;
static pid_t signer;
static struct loop *l;
static struct signer_client *client;

static struct {
	int answers, failures;
	enum err_code code;
	unsigned char bytes[4096];
	size_t len;
} got;

static void
on_answer(struct slice bytes, const struct err *e, void *arg)
{
	(void)arg;
	got.answers++;
	got.failures += e->code != ERR_NONE;
	got.code = e->code;
	got.len = bytes.len;
	ck_assert_uint_le(bytes.len, sizeof(got.bytes));
	memcpy(got.bytes, bytes.at, bytes.len);
}

static void
wait_answers(int count)
{
	for (int turn = 0; got.answers < count && turn < 2000; turn++)
		loop_turn(l, 10);
	ck_assert_int_eq(got.answers, count);
}

/* A key and its self-signed certificate, as two PEM files. */
static void
make_key(void)
{
	char path[128];
	X509 *x = X509_new();
	FILE *f;

	key = EVP_RSA_gen(2048);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(
	    X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"t", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_sign(x, key, EVP_sha256());
	snprintf(path, sizeof(path), "%s/key", directory);
	f = fopen(path, "we");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	snprintf(path, sizeof(path), "%s/crt", directory);
	f = fopen(path, "we");
	PEM_write_X509(f, x);
	fclose(f);
	X509_free(x);
}

static _Noreturn void
run_signer(bool with_default)
{
	char ini[1024], keys[128], name[128];
	struct config *c;
	struct err e = { 0 };
	struct proc p = { .role = "signer" };
	FILE *f;

	snprintf(keys, sizeof(keys), "%s/keys.tsv", directory);
	f = fopen(keys, "we");
	fprintf(f, "tenant\tkey_file\tcertificate_file\nT1\t%s/key\t%s/crt\n", directory, directory);
	fclose(f);
	snprintf(name, sizeof(name), "key = %s/key\ncertificate = %s/crt\n", directory, directory);
	snprintf(ini, sizeof(ini), "[signer]\nsocket = %s\nkeys_file = %s\n%s", socket_path, keys,
	    with_default ? name : "");
	if (config_parse(slice_of(ini), "test", NULL, &c, &e) < 0)
		_exit(9);
	p.config = c;
	p.loop = loop_new();
	_exit(signer_run(&p));
}

static void
start_signer(bool with_default)
{
	signer = fork();
	if (signer == 0)
		run_signer(with_default);
	for (int i = 0; i < 500 && access(socket_path, F_OK) != 0; i++)
		usleep(10000);
}

static void
stop_signer(void)
{
	kill(signer, SIGKILL);
	waitpid(signer, NULL, 0);
}

static void
setup(void)
{
	snprintf(directory, sizeof(directory), "/tmp/hmis-signer-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(socket_path, sizeof(socket_path), "%s/s", directory);
	make_key();
	l = loop_new();
	client = signer_client_new(l, socket_path);
}

static void
teardown(void)
{
	static const char *const file[] = { "key", "crt", "keys.tsv", "s" };
	char path[128];

	signer_client_free(client);
	loop_free(l);
	stop_signer();
	for (size_t i = 0; i < sizeof(file) / sizeof(file[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, file[i]);
		unlink(path);
	}
	rmdir(directory);
	EVP_PKEY_free(key);
}

static bool
verifies(const unsigned char digest[32])
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	bool good = EVP_PKEY_verify_init(c) == 1 && EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) == 1 &&
		    EVP_PKEY_verify(c, got.bytes, got.len, digest, 32) == 1;

	EVP_PKEY_CTX_free(c);
	return good;
}

START_TEST(a_signature_verifies_with_the_certificates_key)
{
	unsigned char digest[32] = "0123456789abcdef0123456789abcde";
	const unsigned char *at = got.bytes;
	X509 *x;

	start_signer(true);
	signer_client_certificate(client, SLICE("T1"), on_answer, NULL);
	wait_answers(1);
	x = d2i_X509(NULL, &at, (long)got.len);
	ck_assert_ptr_nonnull(x);
	ck_assert_int_eq(EVP_PKEY_eq(X509_get0_pubkey(x), key), 1);
	X509_free(x);
	signer_client_sign(client, SLICE("T1"), digest, on_answer, NULL);
	wait_answers(2);
	ck_assert_int_eq(got.failures, 0);
	ck_assert(verifies(digest));
	digest[0] ^= 1;
	ck_assert(!verifies(digest));
}
END_TEST

START_TEST(a_tenant_without_key_gets_the_default_or_none)
{
	start_signer(_i == 1);
	signer_client_certificate(client, SLICE("T2"), on_answer, NULL);
	wait_answers(1);
	ck_assert_int_eq(got.code, _i == 1 ? ERR_NONE : ERR_NOT_FOUND);
}
END_TEST

START_TEST(many_requests_are_answered_in_order_and_all)
{
	unsigned char digest[32] = { 0 };

	start_signer(true);
	for (int i = 0; i < MANY; i++) {
		digest[0] = (unsigned char)i;
		signer_client_sign(client, SLICE("T1"), digest, on_answer, NULL);
	}
	wait_answers(MANY);
	ck_assert_int_eq(got.failures, 0);
	ck_assert(verifies(digest)); /* the last answer belongs to the last request */
}
END_TEST

START_TEST(a_dead_signer_is_told_and_a_new_one_is_found)
{
	unsigned char digest[32] = { 0 };

	start_signer(true);
	signer_client_certificate(client, SLICE("T1"), on_answer, NULL);
	wait_answers(1);
	stop_signer();
	signer_client_sign(client, SLICE("T1"), digest, on_answer, NULL);
	wait_answers(2);
	ck_assert_int_eq(got.code, ERR_IO);
	unlink(socket_path);
	start_signer(true);
	signer_client_sign(client, SLICE("T1"), digest, on_answer, NULL);
	wait_answers(3);
	ck_assert_int_eq(got.code, ERR_NONE);
}
END_TEST

START_TEST(without_a_signer_every_request_fails)
{
	signer = fork();
	if (signer == 0)
		_exit(0);
	signer_client_certificate(client, SLICE("T1"), on_answer, NULL);
	ck_assert_int_eq(got.answers, 0); /* never from inside the call */
	wait_answers(1);
	ck_assert_int_eq(got.code, ERR_IO);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("signer");
	TCase *c = tcase_create("socket");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_signature_verifies_with_the_certificates_key);
	tcase_add_loop_test(c, a_tenant_without_key_gets_the_default_or_none, 0, 2);
	tcase_add_test(c, many_requests_are_answered_in_order_and_all);
	tcase_add_test(c, a_dead_signer_is_told_and_a_new_one_is_found);
	tcase_add_test(c, without_a_signer_every_request_fails);
	suite_add_tcase(s, c);
	return unit_main(s);
}
