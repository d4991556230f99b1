/* Listening sockets, made by the supervisor (or a tool) before a server exists. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * Opens "127.0.0.1:8080", "[::1]:8080", "*:8080" or "unix:/path" (mode 0660; a stale socket file is replaced,
 * a live one is ERR_CONFLICT). reuse_port: SO_REUSEPORT, for one socket per worker. Port 0 picks a free one.
 * *ret_fd is non-blocking and close-on-exec. ERR_INPUT, ERR_CONFLICT, ERR_IO.
 */
int listen_open(struct slice address, bool reuse_port, int *ret_fd, struct err *e);
/* The port of a TCP listener (host order), 0 for a Unix socket. */
int listen_port(int fd);
/* Checks the text only. ERR_INPUT. */
int listen_check(struct slice address, bool *ret_is_unix, struct err *e);
