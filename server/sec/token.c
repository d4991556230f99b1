#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "server/sec/sec.h"

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
sec_sha256(const struct slice *part, unsigned count, unsigned char ret[SEC_HASH_BYTES])
{
	/* Fetching by name on each call costs three times the digest itself (OpenSSL 3.0). */
	static EVP_MD *md;
	static EVP_MD_CTX *context;
	if (!md) {
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
		context = EVP_MD_CTX_new();
		if (!md || !context)
			fatal("OpenSSL has no SHA-256");
	}
	int ok = EVP_DigestInit_ex2(context, md, NULL);
	for (unsigned i = 0; ok && i < count; i++)
		ok = EVP_DigestUpdate(context, part[i].at, part[i].len);
	if (!ok || !EVP_DigestFinal_ex(context, ret, NULL))
		fatal("SHA-256 failed");
}

void
sec_token_new(char ret_token[SEC_TOKEN_TEXT + 1], unsigned char ret_hash[SEC_HASH_BYTES])
{
	unsigned char random[33] = { 0 }; /* 32 random bytes and a zero to complete the last group */
	if (RAND_bytes(random, 32) != 1)
		fatal("no random numbers");
	char *to = ret_token;
	for (unsigned i = 0; i < 33; i += 3) {
		unsigned group = (unsigned)random[i] << 16 | (unsigned)random[i + 1] << 8 | random[i + 2];
		for (int shift = 18; shift >= 0 && to < ret_token + SEC_TOKEN_TEXT; shift -= 6)
			*to++ = base64url[group >> shift & 63];
	}
	*to = '\0';
	struct slice token = slice_from(ret_token, SEC_TOKEN_TEXT);
	sec_sha256(&token, 1, ret_hash);
}

bool
sec_token_hash(struct slice authorization, unsigned char ret_hash[SEC_HASH_BYTES])
{
	struct slice scheme = SLICE("Bearer ");
	if (authorization.len != scheme.len + SEC_TOKEN_TEXT ||
	    strncasecmp(authorization.at, scheme.at, scheme.len) != 0)
		return false;
	struct slice token = slice_skip(authorization, scheme.len);
	for (size_t i = 0; i < token.len; i++)
		if (!token.at[i] || !strchr(base64url, token.at[i]))
			return false;
	sec_sha256(&token, 1, ret_hash);
	return true;
}
