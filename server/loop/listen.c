#include "server/loop/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024
#define UNIX_MODE 0660

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static int
bad(struct err *e, struct slice address)
{
	return err_set(e, ERR_INPUT, NULL,
	    "\"%.*s\" is not an address: HOST:PORT, [IPV6]:PORT, *:PORT or unix:PATH are",
	    SLICE_ARG(address));
}

static int
parse_unix(struct slice path, union address *ret, socklen_t *ret_len, struct slice whole, struct err *e)
{
	if (path.len == 0 || path.len >= sizeof(ret->local.sun_path))
		return bad(e, whole);
	ret->local.sun_family = AF_UNIX;
	memcpy(ret->local.sun_path, path.at, path.len);
	*ret_len = sizeof(ret->local);
	return 0;
}

static int
parse_address(struct slice s, union address *ret, socklen_t *ret_len, struct err *e)
{
	char host[64];
	struct slice name;
	size_t colon = s.len;
	int64_t port;

	memset(ret, 0, sizeof(*ret));
	if (slice_starts(s, SLICE("unix:")))
		return parse_unix(slice_skip(s, 5), ret, ret_len, s, e);
	while (colon > 0 && s.at[colon - 1] != ':')
		colon--;
	if (colon < 2 || !slice_is_digits(slice_skip(s, colon)) ||
	    slice_to_int64(slice_skip(s, colon), &port) < 0 || port > 65535)
		return bad(e, s);
	name = slice_from(s.at, colon - 1);
	if (slice_eq_text(name, "*"))
		name = SLICE("0.0.0.0");
	bool v6 = name.at[0] == '[' && name.at[name.len - 1] == ']' && name.len > 2;

	if (v6)
		name = slice_from(name.at + 1, name.len - 2);
	snprintf(host, sizeof(host), "%.*s", SLICE_ARG(name));
	if (v6) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons((uint16_t)port);
		*ret_len = sizeof(ret->v6);
		return inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1 ? 0 : bad(e, s);
	}
	ret->v4.sin_family = AF_INET;
	ret->v4.sin_port = htons((uint16_t)port);
	*ret_len = sizeof(ret->v4);
	return inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1 ? 0 : bad(e, s);
}

int
listen_check(struct slice address, bool *ret_is_unix, struct err *e)
{
	union address a = { 0 };
	socklen_t len = 0;
	int r = parse_address(address, &a, &len, e);

	if (r == 0)
		*ret_is_unix = a.any.sa_family == AF_UNIX;
	return r;
}

/* A socket file that nobody answers on is left from a crash and goes; a live one is somebody's. */
static int
clear_stale(const union address *a, socklen_t len, struct err *e)
{
	struct stat st;
	int fd, r;

	if (lstat(a->local.sun_path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ERR_CONFLICT, NULL, "%s exists and is not a socket", a->local.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(e, ERR_IO, NULL, "socket: error %d", errno);
	r = connect(fd, &a->any, len);
	close(fd);
	if (r == 0)
		return err_set(e, ERR_CONFLICT, NULL, "another process listens on %s", a->local.sun_path);
	unlink(a->local.sun_path);
	return 0;
}

int
listen_open(struct slice address, bool reuse_port, int *ret_fd, struct err *e)
{
	union address a = { 0 };
	socklen_t len = 0;
	int one = 1, fd, r;

	if ((r = parse_address(address, &a, &len, e)) < 0)
		return r;
	if (a.any.sa_family == AF_UNIX && (r = clear_stale(&a, len, e)) < 0)
		return r;
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(e, ERR_IO, NULL, "socket: error %d", errno);
	if (a.any.sa_family != AF_UNIX) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (reuse_port)
			setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	}
	if (bind(fd, &a.any, len) < 0 || listen(fd, BACKLOG) < 0) {
		r = errno;
		close(fd);
		return err_set(e, r == EADDRINUSE ? ERR_CONFLICT : ERR_IO, NULL, "cannot listen on %.*s: %s",
		    SLICE_ARG(address), r == EADDRINUSE ? "in use" : strerrordesc_np(r));
	}
	if (a.any.sa_family == AF_UNIX)
		chmod(a.local.sun_path, UNIX_MODE);
	*ret_fd = fd;
	return 0;
}

int
listen_port(int fd)
{
	union address a = { 0 };
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.any, &len) < 0)
		return 0;
	if (a.any.sa_family == AF_INET)
		return ntohs(a.v4.sin_port);
	return a.any.sa_family == AF_INET6 ? ntohs(a.v6.sin6_port) : 0;
}
