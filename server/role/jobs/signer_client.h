/* Asks the signer process for certificates and signatures; requests queue and are answered in order. */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "server/loop/loop.h"

struct signer_client;

/* bytes: DER certificate or signature, valid during the call; on failure e says why (ERR_IO, ERR_NOT_FOUND).
 */
typedef void signer_done(struct slice bytes, const struct err *e, void *arg);

/* path of the Unix socket; connects when first asked and again after a loss. */
struct signer_client *signer_client_new(struct loop *l, const char *path);
/* Requests under way are not answered any more. NULL is allowed. */
void signer_client_free(struct signer_client *c);
/* key: tenant code. done runs later, once; a lost connection fails what was asked on it. */
void signer_client_certificate(struct signer_client *c, struct slice key, signer_done *done, void *arg);
void signer_client_sign(
    struct signer_client *c, struct slice key, const unsigned char digest[32], signer_done *done, void *arg);
