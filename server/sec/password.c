#include <argon2.h>
#include <openssl/rand.h>
#include <string.h>

#include "server/sec/sec.h"

#define SALT_BYTES 16
#define OUTPUT_BYTES 32
#define LENGTH_MIN 10
#define LENGTH_MAX 128

int
sec_password_hash(
    struct slice password, const struct sec_argon *cost, char ret[SEC_PASSWORD_HASH_MAX], struct err *e)
{
	unsigned char salt[SALT_BYTES];
	char text[SEC_PASSWORD_HASH_MAX];
	if (RAND_bytes(salt, sizeof(salt)) != 1)
		return err_set(e, ERR_IO, NULL, "no random numbers");
	int rc = argon2id_hash_encoded(cost->passes, cost->memory_kib, cost->lanes, password.at, password.len,
	    salt, sizeof(salt), OUTPUT_BYTES, text, sizeof(text));
	if (rc != ARGON2_OK)
		return err_set(e, ERR_IO, NULL, "argon2: %s", argon2_error_message(rc));
	memcpy(ret, text, sizeof(text));
	return 0;
}

int
sec_password_verify(const char *hash, struct slice password, struct err *e)
{
	int rc = argon2id_verify(hash, password.at, password.len);
	if (rc == ARGON2_OK)
		return 0;
	if (rc == ARGON2_VERIFY_MISMATCH)
		return err_set(e, ERR_DENIED, NULL, "another password");
	return err_set(e, ERR_IO, NULL, "argon2: %s", argon2_error_message(rc));
}

int
sec_password_judge(struct slice password, struct err *e)
{
	if (password.len < LENGTH_MIN || password.len > LENGTH_MAX)
		return err_set(
		    e, ERR_INPUT, "/password", "%d to %d bytes are needed", LENGTH_MIN, LENGTH_MAX);
	for (size_t i = 1; i < password.len; i++)
		if (password.at[i] != password.at[0])
			return 0;
	return err_set(e, ERR_INPUT, "/password", "one character repeated");
}
