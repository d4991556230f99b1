/*
 * What jobs and the signer say to each other over a Unix socket. A request is one frame: operation, key name
 * (tenant code; empty = the default key), and for SIGN a digest. The answer is one frame; answers come in the
 * order of the requests. The signer never sees what it signs, and never shows a key.
 */
#pragma once

#include <stdint.h>

#define SIGNER_NAME_MAX 64
#define SIGNER_DIGEST 32
#define SIGNER_ANSWER_MAX 8192

enum signer_operation { SIGNER_CERTIFICATE = 'C', SIGNER_SIGN = 'S' };
enum signer_status { SIGNER_OK = 0, SIGNER_NO_KEY = 1, SIGNER_FAILED = 2 };

struct signer_request { /* as on the wire: no padding, both sides are this machine */
	uint8_t operation;
	uint8_t name_len;
	char name[SIGNER_NAME_MAX];
	uint8_t digest[SIGNER_DIGEST];
};

struct signer_answer_head {
	uint32_t status;
	uint32_t len; /* bytes that follow, ≤ SIGNER_ANSWER_MAX: signature or certificate (DER) */
};
