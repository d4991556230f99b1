#include "server/role/jobs/signer_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "server/role/signer_protocol.h"

#define WAITING_MAX 1024
#define OUT_MAX (WAITING_MAX * sizeof(struct signer_request))

struct signer_question {
	struct list_node node;
	signer_done *done;
	void *arg;
	struct err failure; /* for questions that fail before they are sent */
	struct signer_client *client;
};

struct signer_client {
	struct loop *loop;
	char path[108];
	int fd;
	struct watch *watch;
	struct list_node waiting; /* sent, in order */
	struct list_node failed;  /* to be told in the next round */
	size_t waiting_count;
	struct buf out, in;
	size_t sent;
	bool telling;
};

struct signer_client *
signer_client_new(struct loop *l, const char *path)
{
	struct signer_client *c = calloc(1, sizeof(*c));

	if (!c)
		fatal("signer client: no memory");
	c->loop = l;
	c->fd = -1;
	snprintf(c->path, sizeof(c->path), "%s", path);
	list_init(&c->waiting);
	list_init(&c->failed);
	buf_init(&c->out, OUT_MAX);
	buf_init(&c->in, 2 * (SIGNER_ANSWER_MAX + sizeof(struct signer_answer_head)));
	return c;
}

static void
client_disconnect(struct signer_client *c)
{
	watch_free(c->watch);
	c->watch = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	buf_reset(&c->out);
	buf_reset(&c->in);
	c->sent = 0;
}

static void
questions_free(struct list_node *head)
{
	LIST_FOREACH(node, head)
	{
		list_remove(node);
		free(LIST_ITEM(node, struct signer_question, node));
	}
}

static void
client_tell_failed(void *arg)
{
	struct signer_client *c = arg;

	struct list_node told;

	c->telling = false;
	list_init(&told);
	LIST_FOREACH(node, &c->failed)
	{
		list_remove(node);
		list_append(&told, node);
	}
	/* what fails meanwhile is told in the next round */
	LIST_FOREACH(node, &told)
	{
		const struct signer_question *q = LIST_ITEM(node, struct signer_question, node);
		q->done(SLICE(""), &q->failure, q->arg);
	}
	questions_free(&told);
}

static void
question_fail(struct signer_client *c, struct signer_question *q, const char *why)
{
	err_set(&q->failure, ERR_IO, "signer", "%s", why);
	list_append(&c->failed, &q->node);
	if (!c->telling)
		loop_defer(c->loop, client_tell_failed, c);
	c->telling = true;
}

/* Everything that was asked on this connection fails. */
static void
client_lose(struct signer_client *c, const char *why)
{
	client_disconnect(c);
	c->waiting_count = 0;
	LIST_FOREACH(node, &c->waiting)
	{
		list_remove(node);
		question_fail(c, LIST_ITEM(node, struct signer_question, node), why);
	}
}

/* Hands out the complete answers in c->in; false when the signer talks nonsense. */
static bool
client_answer(struct signer_client *c)
{
	struct list_node told;
	size_t used = 0;
	bool sense = true;

	list_init(&told);
	for (;;) {
		struct signer_answer_head head;
		struct signer_question *q;
		struct err e = { 0 };

		if (c->in.len - used < sizeof(head))
			break;
		memcpy(&head, c->in.at + used, sizeof(head));
		if (head.len > SIGNER_ANSWER_MAX || list_is_empty(&c->waiting)) {
			sense = false;
			break;
		}
		if (c->in.len - used < sizeof(head) + head.len)
			break;
		q = LIST_ITEM(c->waiting.next, struct signer_question, node);
		list_remove(&q->node);
		list_append(&told, &q->node);
		c->waiting_count--;
		if (head.status == SIGNER_NO_KEY)
			err_set(&e, ERR_NOT_FOUND, "signer", "the signer has no key of that name");
		else if (head.status != SIGNER_OK)
			err_set(&e, ERR_IO, "signer", "the signer could not sign");
		q->done(slice_from(c->in.at + used + sizeof(head), head.len), &e, q->arg);
		used += sizeof(head) + head.len;
	}
	if (used > 0)
		memmove(c->in.at, c->in.at + used, c->in.len - used);
	c->in.len -= used;
	questions_free(&told);
	return sense;
}

static bool
client_flush(struct signer_client *c)
{
	while (c->sent < c->out.len) {
		ssize_t n =
		    send(c->fd, c->out.at + c->sent, c->out.len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->sent += (size_t)n;
	}
	buf_reset(&c->out);
	c->sent = 0;
	return true;
}

static void
on_signer(int fd, int ready, void *arg)
{
	struct signer_client *c = arg;
	char bytes[SIGNER_ANSWER_MAX];

	if (ready & WATCH_READ) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			client_lose(c, "the signer closed the connection");
			return;
		}
		buf_add(&c->in, slice_from(bytes, n > 0 ? (size_t)n : 0));
		if (!client_answer(c)) {
			client_lose(c, "the signer's answer makes no sense");
			return;
		}
	}
	if (!client_flush(c)) {
		client_lose(c, "the signer cannot be written to");
		return;
	}
	watch_set(c->watch, c->out.len > 0 ? WATCH_READ | WATCH_WRITE : WATCH_READ);
}

static bool
client_connect(struct signer_client *c)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (c->fd >= 0)
		return true;
	memcpy(address.sun_path, c->path, sizeof(address.sun_path) - 1);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return false;
	/* connecting to a Unix socket does not wait, unless its queue is full */
	if (connect(c->fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		client_disconnect(c);
		return false;
	}
	c->watch = watch_new(c->loop, c->fd, WATCH_READ, on_signer, c);
	return true;
}

static void
client_ask(
    struct signer_client *c, struct slice key, const unsigned char *digest, signer_done *done, void *arg)
{
	struct signer_question *q = calloc(1, sizeof(*q));
	struct signer_request request = { .operation = digest ? SIGNER_SIGN : SIGNER_CERTIFICATE };

	if (!q)
		fatal("signer client: no memory");
	q->done = done;
	q->arg = arg;
	list_init(&q->node);
	request.name_len = (uint8_t)(key.len <= SIGNER_NAME_MAX ? key.len : SIGNER_NAME_MAX);
	memcpy(request.name, key.at ? key.at : "", request.name_len);
	if (digest)
		memcpy(request.digest, digest, SIGNER_DIGEST);
	if (!client_connect(c)) {
		question_fail(c, q, "the signer is out of reach");
		return;
	}
	if (c->waiting_count == WAITING_MAX) {
		question_fail(c, q, "too many signatures are under way");
		return;
	}
	list_append(&c->waiting, &q->node);
	c->waiting_count++;
	buf_add(&c->out, slice_from((const char *)&request, sizeof(request)));
	watch_set(c->watch, WATCH_READ | WATCH_WRITE);
}

void
signer_client_certificate(struct signer_client *c, struct slice key, signer_done *done, void *arg)
{
	client_ask(c, key, NULL, done, arg);
}

void
signer_client_sign(
    struct signer_client *c, struct slice key, const unsigned char digest[32], signer_done *done, void *arg)
{
	client_ask(c, key, digest, done, arg);
}

void
signer_client_free(struct signer_client *c)
{
	if (!c)
		return;
	if (c->telling) /* what was deferred still points here */
		loop_turn(c->loop, 0);
	client_disconnect(c);
	questions_free(&c->waiting);
	questions_free(&c->failed);
	buf_free(&c->out);
	buf_free(&c->in);
	free(c);
}
