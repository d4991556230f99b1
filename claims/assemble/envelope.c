#include "claims/assemble/envelope.h"

#include <openssl/evp.h>

#define MADE_ON "<NGAYLAP>"
#define MADE_ON_DIGITS 8
#define MADE_ON_BEFORE 400 /* bytes of the envelope by which it has come */

/* Everything but the eight digits of NGAYLAP, which come early in the envelope. */
static void
content_hash(struct slice envelope, unsigned char out[32])
{
	size_t front = envelope.len < MADE_ON_BEFORE ? envelope.len : MADE_ON_BEFORE;
	const char *made = memmem(envelope.at, front, MADE_ON, sizeof(MADE_ON) - 1);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t head = envelope.len, from = envelope.len;

	if (made) {
		head = (size_t)(made - envelope.at) + sizeof(MADE_ON) - 1;
		from = head + MADE_ON_DIGITS < envelope.len ? head + MADE_ON_DIGITS : envelope.len;
	}
	if (!c || EVP_DigestInit_ex(c, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(c, envelope.at, head) != 1 ||
	    EVP_DigestUpdate(c, envelope.at + from, envelope.len - from) != 1 ||
	    EVP_DigestFinal_ex(c, out, NULL) != 1)
		fatal("claims: no SHA-256 in this OpenSSL");
	EVP_MD_CTX_free(c);
}

static struct money
total(const struct claim_document *d, enum claim_field field)
{
	return (struct money){ claim_number(claim_row_at(d, CLAIM_XML1, 0), field) };
}

int
claim_pack(struct claim_writer *w, struct buf *out, struct slice facility, int32_t made_on,
    const struct claim_document *d, struct claim_packed *ret, struct err *e)
{
	const struct claim_envelope head = { facility, made_on, 1 };
	struct claim_packed p = { .at = out->len };
	int bad = claim_write(w, &head, d, e);

	if (bad < 0)
		return bad;
	p.length = out->len - p.at;
	content_hash(slice_from(out->at + p.at, p.length), p.content);
	p.lines = (int)(claim_row_count(d, CLAIM_XML2) + claim_row_count(d, CLAIM_XML3));
	p.hospital = total(d, XML1_T_TONGCHI_BV);
	p.insurance = total(d, XML1_T_TONGCHI_BH);
	p.fund = total(d, XML1_T_BHTT);
	*ret = p;
	return 0;
}
