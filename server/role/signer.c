/*
 * The signer: the only process that holds the private keys. No network, no database, no files after start; it
 * turns digests into signatures for processes of the service's own users, over one Unix socket.
 */
#include "server/role/signer.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/tsv.h"
#include "claims/signature.h"
#include "server/loop/listen.h"
#include "server/role/signer_protocol.h"

#define SIGNER_KEYS_MAX 256
#define SIGNER_CLIENTS_MAX 16
#define PEM_MAX ((size_t)64 * 1024)

struct signer_key {
	char name[SIGNER_NAME_MAX + 1]; /* tenant code, "" = default */
	struct claim_signer signer;
};

struct signer {
	struct proc *proc;
	struct signer_key key[SIGNER_KEYS_MAX];
	size_t key_count;
	uid_t allowed;
	int listener;
	struct watch *accepting;
	struct list_node clients;
	size_t client_count;
};

struct signer_client_conn {
	struct list_node node;
	struct signer *signer;
	int fd;
	struct watch *watch;
	struct signer_request request;
	size_t request_len; /* bytes read of it */
	struct buf out;
	size_t sent;
};

int
signer_check(const struct config *c, struct err *e)
{
	bool key = config_text(c, CONFIG_SIGNER_KEY)[0] != 0;
	bool certificate = config_text(c, CONFIG_SIGNER_CERTIFICATE)[0] != 0;

	if (key != certificate)
		return err_set(e, ERR_INPUT, "signer.certificate", "key and certificate belong together");
	return 0;
}

static int
key_load(
    struct signer *s, struct slice name, const char *key_file, const char *certificate_file, struct err *e)
{
	struct signer_key *k = &s->key[s->key_count];
	struct buf key, certificate;
	int bad;

	if (s->key_count == SIGNER_KEYS_MAX || name.len > SIGNER_NAME_MAX)
		return err_set(e, ERR_LIMIT, "signer.keys_file", "too many keys, or a name is too long");
	buf_init(&key, PEM_MAX);
	buf_init(&certificate, PEM_MAX);
	bad = buf_read_file(&key, key_file, e);
	if (bad == 0)
		bad = buf_read_file(&certificate, certificate_file, e);
	if (bad == 0)
		bad = claim_signer_pem_new(buf_slice(&key), buf_slice(&certificate), &k->signer, e);
	if (bad == 0) {
		memcpy(k->name, name.at ? name.at : "", name.len);
		s->key_count++;
	}
	if (key.at)
		explicit_bzero(key.at, key.len);
	buf_free(&key);
	buf_free(&certificate);
	return bad;
}

static int
key_row(const struct tsv *t, void *context, struct err *e)
{
	struct arena *a = arena_new(0);
	int bad = key_load(context, tsv_cell(t, "tenant"), arena_text(a, tsv_cell(t, "key_file")),
	    arena_text(a, tsv_cell(t, "certificate_file")), e);

	arena_free(a);
	return bad;
}

static int
keys_load_file(struct signer *s, const char *file, struct err *e)
{
	static const char *const columns[] = { "tenant", "key_file", "certificate_file", NULL };

	return tsv_read_file(file, file, (size_t)1024 * 1024, columns, key_row, s, e);
}

static int
keys_load(struct signer *s, struct err *e)
{
	const struct config *c = s->proc->config;
	const char *file = config_text(c, CONFIG_SIGNER_KEYS_FILE);

	if (config_text(c, CONFIG_SIGNER_KEY)[0] && key_load(s, SLICE(""), config_text(c, CONFIG_SIGNER_KEY),
							config_text(c, CONFIG_SIGNER_CERTIFICATE), e) < 0)
		return e->code;
	return file[0] ? keys_load_file(s, file, e) : 0;
}

static const struct claim_signer *
key_find(const struct signer *s, struct slice name)
{
	const struct claim_signer *fallback = NULL;

	for (size_t i = 0; i < s->key_count; i++) {
		if (name.len > 0 && slice_eq_text(name, s->key[i].name))
			return &s->key[i].signer;
		if (s->key[i].name[0] == 0)
			fallback = &s->key[i].signer;
	}
	return fallback;
}

static void
conn_close(struct signer_client_conn *c)
{
	list_remove(&c->node);
	c->signer->client_count--;
	watch_free(c->watch);
	close(c->fd);
	buf_free(&c->out);
	free(c);
}

static void
conn_answer(struct signer_client_conn *c)
{
	const struct signer_request *q = &c->request;
	size_t name_len = q->name_len <= SIGNER_NAME_MAX ? q->name_len : SIGNER_NAME_MAX;
	const struct claim_signer *key = key_find(c->signer, slice_from(q->name, name_len));
	struct signer_answer_head head = { SIGNER_OK, 0 };
	struct buf bytes;
	struct err e = { 0 };

	buf_init(&bytes, SIGNER_ANSWER_MAX);
	if (!key)
		head.status = SIGNER_NO_KEY;
	else if (q->operation == SIGNER_CERTIFICATE)
		buf_add(&bytes, key->certificate);
	else if (q->operation != SIGNER_SIGN || key->sign(key->context, q->digest, &bytes, &e) < 0)
		head.status = SIGNER_FAILED;
	if (!buf_ok(&bytes))
		head.status = SIGNER_FAILED;
	head.len = head.status == SIGNER_OK ? (uint32_t)bytes.len : 0;
	buf_add(&c->out, slice_from((const char *)&head, sizeof(head)));
	buf_add(&c->out, slice_from(bytes.at, head.len));
	buf_free(&bytes);
}

/* false when the connection is to be closed. */
static bool
conn_read(struct signer_client_conn *c)
{
	for (;;) {
		char *at = (char *)&c->request + c->request_len;
		ssize_t n = read(c->fd, at, sizeof(c->request) - c->request_len);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0)
			return false;
		c->request_len += (size_t)n;
		if (c->request_len < sizeof(c->request))
			continue;
		conn_answer(c);
		c->request_len = 0;
		if (!buf_ok(&c->out))
			return false;
		if (c->out.len > SIGNER_ANSWER_MAX) /* let the answers go first */
			return true;
	}
}

static bool
conn_write(struct signer_client_conn *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.at + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->sent += (size_t)n;
	}
	buf_reset(&c->out);
	c->sent = 0;
	return true;
}

static void
on_client(int fd, int ready, void *arg)
{
	struct signer_client_conn *c = arg;

	(void)fd;
	if (((ready & WATCH_READ) && !conn_read(c)) || !conn_write(c)) {
		conn_close(c);
		return;
	}
	watch_set(c->watch, c->out.len > 0 ? WATCH_WRITE : WATCH_READ);
}

static bool
peer_is_ours(const struct signer *s, int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	       (who.uid == s->allowed || who.uid == getuid() || who.uid == 0);
}

static void
on_accept(int listener, int ready, void *arg)
{
	struct signer *s = arg;
	struct signer_client_conn *c;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)ready;
	if (fd < 0)
		return;
	if (!peer_is_ours(s, fd) || s->client_count == SIGNER_CLIENTS_MAX) {
		log_event(LOG_WARN, "signer-refused", "clients=%zu", s->client_count);
		close(fd);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		fatal("signer: no memory");
	c->signer = s;
	c->fd = fd;
	buf_init(&c->out, 16 * SIGNER_ANSWER_MAX);
	list_append(&s->clients, &c->node);
	s->client_count++;
	c->watch = watch_new(s->proc->loop, fd, WATCH_READ, on_client, c);
}

/* No way out of this machine, no core file with keys in it, then another user. */
static int
lock_down(struct signer *s, struct err *e)
{
	const char *user = config_text(s->proc->config, CONFIG_SIGNER_USER);
	const struct rlimit none = { 0, 0 };
	struct passwd *p = user[0] ? getpwnam(user) : NULL;

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (getuid() != 0)
		return 0;
	if (unshare(CLONE_NEWNET) < 0)
		log_event(
		    LOG_WARN, "signer-network", "problem=\"no own network namespace: %s\"", strerror(errno));
	if (!user[0])
		return 0;
	if (!p || setgroups(0, NULL) < 0 || setgid(p->pw_gid) < 0 || setuid(p->pw_uid) < 0)
		return err_set(e, ERR_INPUT, "signer.user", "cannot become %s", user);
	return 0;
}

static int
signer_open(struct signer *s, struct err *e)
{
	const struct config *c = s->proc->config;
	const char *service_user = config_text(c, CONFIG_SERVER_USER);
	struct passwd *p = service_user[0] ? getpwnam(service_user) : NULL;
	char address[300];

	s->allowed = p ? p->pw_uid : getuid();
	if (keys_load(s, e) < 0)
		return e->code;
	snprintf(address, sizeof(address), "unix:%s", config_text(c, CONFIG_SIGNER_SOCKET));
	if (listen_open(slice_of(address), false, &s->listener, e) < 0)
		return e->code;
	if (p && chown(config_text(c, CONFIG_SIGNER_SOCKET), p->pw_uid, p->pw_gid) < 0)
		return err_set(e, ERR_IO, "signer.socket", "%s", strerror(errno));
	return lock_down(s, e);
}

int
signer_run(struct proc *p)
{
	struct signer *s = calloc(1, sizeof(*s));
	struct err e = { 0 };
	int bad;

	if (!s)
		fatal("signer: no memory");
	s->proc = p;
	list_init(&s->clients);
	if (config_text(p->config, CONFIG_SIGNER_SOCKET)[0] == 0) {
		/* nothing to do: stay, so that the supervisor does not restart us */
		proc_ready(p);
		loop_run(p->loop);
		free(s);
		return 0;
	}
	bad = signer_open(s, &e);
	if (bad < 0) {
		log_event(LOG_ERROR, "start", "field=%s problem=\"%s\"", e.field, e.detail);
	} else {
		s->accepting = watch_new(p->loop, s->listener, WATCH_READ, on_accept, s);
		log_event(LOG_INFO, "signer-ready", "keys=%zu", s->key_count);
		proc_ready(p);
		loop_run(p->loop);
		watch_free(s->accepting);
		close(s->listener);
	}
	LIST_FOREACH(node, &s->clients)
	conn_close(LIST_ITEM(node, struct signer_client_conn, node));
	for (size_t i = 0; i < s->key_count; i++)
		claim_signer_pem_free(&s->key[i].signer);
	free(s);
	return bad < 0 ? 1 : 0;
}
