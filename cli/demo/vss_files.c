/* What the gateway stand-in (`hmis vss`) and the service's [gateway] and [signer] sections read. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"
#include "cli/demo/demo.h"

#define FILE_MAX ((size_t)1 << 30)
#define RSA_BITS 2048

static int
file_write(const struct demo_place *p, const char *name, const struct buf *text, struct err *e)
{
	return buf_write_file(text, arena_printf(p->arena, "%s/%s", p->options->vss_dir, name), e);
}

static int
accounts_write(const struct demo_place *p, struct err *e)
{
	struct buf text;
	unsigned char random[12];
	int bad;

	if (RAND_bytes(random, sizeof(random)) != 1)
		fatal("demo: no random numbers");
	buf_init(&text, FILE_MAX);
	buf_add_text(&text, "username\tpassword\tfacilities\tcertificate_file\tstate\n66900_BV\t");
	buf_add_hex(&text, slice_from((const char *)random, sizeof(random)));
	buf_add_char(&text, '\t');
	for (int i = 0; i < p->facility_count; i++)
		buf_addf(&text, "%s%s", i ? ";" : "", p->facility[i].code);
	buf_addf(&text, "\t%s/cert.pem\tactive\n", p->options->vss_dir);
	bad = file_write(p, "accounts.tsv", &text, e);
	buf_free(&text);
	return bad;
}

static void
card_line(struct buf *b, const struct demo_person *x, const struct demo_card *k)
{
	char born[TIME_TEXT_MAX], from[TIME_TEXT_MAX], to[TIME_TEXT_MAX], five[TIME_TEXT_MAX] = "",
									  paid[DECIMAL_TEXT_MAX] = "0";
	date_print8(x->born, born);
	date_print8(k->from, from);
	date_print8(k->to, to);
	if (k->five_year_on)
		date_print8(k->five_year_on, five);
	money_print((struct money){ k->paid_copay }, paid);
	buf_addf(b, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t000\t\t%s\n", k->number, x->citizen_id,
	    x->name, born, x->sex, x->address, k->registered, from, to, k->area ? k->area : "", five, paid);
}

static int
cards_write(const struct demo_place *p, struct err *e)
{
	struct buf text;
	int bad;
	buf_init(&text, FILE_MAX);
	buf_add_text(&text,
	    "card_no\tcitizen_id\tfull_name\tborn\tsex\taddress\tregistered\tvalid_from\tvalid_to\tarea\t"
	    "five_year_on\tresult\tnew_card\tcopay_paid\n");
	for (int64_t n = 0; n < p->people; n++) {
		struct demo_person x;
		demo_person_make(p, n, &x);
		for (int i = 0; i < x.card_count; i++)
			card_line(&text, &x, &x.card[i]);
	}
	bad = file_write(p, "cards.tsv", &text, e);
	buf_free(&text);
	return bad;
}

static int
staff_write(const struct demo_place *p, struct err *e)
{
	struct buf text;
	int bad;
	buf_init(&text, FILE_MAX);
	buf_add_text(&text, "citizen_id\tfull_name\n");
	for (int i = 0; i < p->staff_count; i++)
		buf_addf(&text, "%s\t%s\n", p->staff[i].citizen_id, p->staff[i].name);
	bad = file_write(p, "staff.tsv", &text, e);
	buf_free(&text);
	return bad;
}

/* ---- the key of the district's claims, for this machine only ---- */

static int
bio_write(const struct demo_place *p, const char *name, BIO *bio, struct err *e)
{
	struct buf text;
	char *at;
	long length = BIO_get_mem_data(bio, &at);
	int bad;
	buf_init(&text, FILE_MAX);
	buf_add(&text, slice_from(at, (size_t)length));
	bad = file_write(p, name, &text, e);
	buf_free(&text);
	return bad;
}

static X509 *
certificate_make(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = x ? X509_get_subject_name(x) : NULL;
	bool good =
	    x && X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -86400) &&
	    X509_gmtime_adj(X509_getm_notAfter(x), 366L * 86400) && X509_set_pubkey(x, key) &&
	    X509_NAME_add_entry_by_txt(name, "C", MBSTRING_UTF8, (const unsigned char *)"VN", -1, -1, 0) &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		(const unsigned char *)"Trung tâm Y tế giả lập 66900", -1, -1, 0) &&
	    X509_set_issuer_name(x, name) && X509_sign(x, key, EVP_sha256()) > 0;
	if (good)
		return x;
	X509_free(x);
	return NULL;
}

static int
key_write(const struct demo_place *p, struct err *e)
{
	EVP_PKEY *key = EVP_RSA_gen(RSA_BITS);
	X509 *certificate = key ? certificate_make(key) : NULL;
	BIO *key_text = BIO_new(BIO_s_mem()), *certificate_text = BIO_new(BIO_s_mem());
	int bad = 0;
	if (!certificate || !key_text || !certificate_text ||
	    PEM_write_bio_PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    PEM_write_bio_X509(certificate_text, certificate) != 1)
		bad = err_set(e, ERR_IO, "key.pem", "OpenSSL cannot make a key");
	if (bad == 0)
		bad = bio_write(p, "key.pem", key_text, e);
	if (bad == 0)
		bad = bio_write(p, "cert.pem", certificate_text, e);
	BIO_free(key_text);
	BIO_free(certificate_text);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return bad;
}

int
demo_vss_files(const struct demo_place *p, struct err *e)
{
	mode_t before = umask(0077);
	int bad = accounts_write(p, e);
	if (bad == 0)
		bad = cards_write(p, e);
	if (bad == 0)
		bad = staff_write(p, e);
	if (bad == 0)
		bad = key_write(p, e);
	umask(before);
	return bad;
}
