#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "server/loop/http_conn.h"

#define PIECES_PER_WRITE 16

static int
tls_fail(SSL_CTX *ctx, struct err *e, const char *what, const char *file)
{
	char text[160];

	ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return err_set(e, ERR_IO, NULL, "%s %s: %s", what, file, text);
}

static int
choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
    unsigned in_len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

int
tls_context(const char *certificate, const char *key, SSL_CTX **ret, struct err *e)
{
	SSL_CTX *ctx;

	ERR_clear_error();
	ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx)
		return tls_fail(NULL, e, "TLS", "context");
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	/*
	 * Resumption is off: workers share no ticket key, and a key shared by them would have to be made
	 * before fork and rotated. Keep-alive makes full handshakes rare enough.
	 */
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
				     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
		return tls_fail(ctx, e, "certificate", certificate);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		return tls_fail(ctx, e, "private key", key);
	if (SSL_CTX_check_private_key(ctx) != 1)
		return tls_fail(ctx, e, "the private key does not fit the certificate", certificate);
	*ret = ctx;
	return 0;
}

SSL *
tls_accept(SSL_CTX *ctx, int fd)
{
	SSL *ssl = SSL_new(ctx);

	if (!ssl || SSL_set_fd(ssl, fd) != 1)
		fatal("http: SSL_new failed");
	SSL_set_accept_state(ssl);
	return ssl;
}

int
tls_handshake(struct http_conn *c)
{
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(c->ssl);
	if (r == 1)
		return 1;
	r = SSL_get_error(c->ssl, r);
	c->read_wants_write = r == SSL_ERROR_WANT_WRITE;
	return r == SSL_ERROR_WANT_READ || r == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

/* What a failed SSL call means in terms of errno; *wants is set when it waits for the other direction. */
static ssize_t
tls_result(struct http_conn *c, int r, int other_direction, bool *wants)
{
	int why = SSL_get_error(c->ssl, r);

	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
		*wants = why == other_direction;
		errno = EAGAIN;
		return -1;
	}
	if (why == SSL_ERROR_ZERO_RETURN)
		return 0;
	if (why != SSL_ERROR_SYSCALL || errno == 0)
		errno = EPROTO;
	return -1;
}

ssize_t
conn_read(struct http_conn *c, char *at, size_t len)
{
	int r;

	if (!c->ssl)
		return recv(c->fd, at, len, 0);
	ERR_clear_error();
	errno = 0;
	c->read_wants_write = false;
	r = SSL_read(c->ssl, at, len > INT_MAX ? INT_MAX : (int)len);
	return r > 0 ? r : tls_result(c, r, SSL_ERROR_WANT_WRITE, &c->read_wants_write);
}

static ssize_t
plain_write(struct http_conn *c, const struct piece *p)
{
	struct iovec part[PIECES_PER_WRITE];
	struct msghdr m = { .msg_iov = part };

	for (; p && m.msg_iovlen < PIECES_PER_WRITE; p = p->next) {
		part[m.msg_iovlen].iov_base = (char *)(uintptr_t)(p->at + p->done);
		part[m.msg_iovlen++].iov_len = p->len - p->done;
	}
	return sendmsg(c->fd, &m, MSG_NOSIGNAL);
}

ssize_t
conn_write(struct http_conn *c, const struct piece *p)
{
	size_t len = p->len - p->done;
	int r;

	if (!c->ssl)
		return plain_write(c, p);
	ERR_clear_error();
	errno = 0;
	c->write_wants_read = false;
	r = SSL_write(c->ssl, p->at + p->done, len > INT_MAX ? INT_MAX : (int)len);
	if (r > 0)
		return r;
	r = (int)tls_result(c, r, SSL_ERROR_WANT_READ, &c->write_wants_read);
	if (r == 0)
		errno = EPIPE;
	return -1;
}
