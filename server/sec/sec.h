/*
 * Secrets of people and sessions: digests, tokens, passwords, and the brake on sign-ins. No SQL and no HTTP
 * here: sec.enter (schema/code/sec.sql) does the checking, server/app/session the routes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

#define SEC_HASH_BYTES 32
#define SEC_TOKEN_TEXT 43 /* 256 bits in base64url without padding */
#define SEC_PASSWORD_HASH_MAX 160

/* SHA-256 of the parts one after the other. The algorithm is fetched once per process. */
void sec_sha256(const struct slice *part, unsigned count, unsigned char ret[SEC_HASH_BYTES]);

/* A new opaque token and the hash under which the database knows it. Needs no seed; a machine without
 * randomness ends the process. */
void sec_token_new(char ret_token[SEC_TOKEN_TEXT + 1], unsigned char ret_hash[SEC_HASH_BYTES]);
/* Reads "Bearer TOKEN" of an Authorization header; false when it has not that form. */
bool sec_token_hash(struct slice authorization, unsigned char ret_hash[SEC_HASH_BYTES]);

/* argon2id (RFC 9106). Defaults of the configuration: 19 MiB, 2 passes, 1 lane (OWASP 2023). */
struct sec_argon {
	uint32_t memory_kib;
	uint32_t passes;
	uint32_t lanes;
};
/* Takes tens of milliseconds: offload pool or command line only. ERR_IO when memory is short. */
int sec_password_hash(
    struct slice password, const struct sec_argon *cost, char ret[SEC_PASSWORD_HASH_MAX], struct err *e);
/* As above; the cost is the one inside the hash. ERR_DENIED when it is another password. */
int sec_password_verify(const char *hash, struct slice password, struct err *e);
/* 10..128 bytes, not all one character. ERR_INPUT says what is wrong. */
int sec_password_judge(struct slice password, struct err *e);

/*
 * A brake: `burst` events at once, then one per `every_ms`, for each key. Remembers `slots` keys (the least
 * filled is forgotten first), so that memory is bounded whatever the clients do. One per process: N workers
 * let N times as much through.
 */
struct sec_brake;
struct sec_brake *sec_brake_new(unsigned slots, unsigned burst, unsigned every_ms);
void sec_brake_free(struct sec_brake *b); /* NULL is allowed */
/* 0 when the event may pass, else seconds to wait (≥ 1). */
int sec_brake_take(struct sec_brake *b, struct slice key, int64_t now_us);
