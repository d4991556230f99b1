/* What the commands that make users share. */
#pragma once

#include "base/err.h"
#include "server/sec/sec.h"

/*
 * Hashes the first line of a password file ("-" = standard input). ERR_IO when it cannot be read, ERR_INPUT
 * when the password is too short, too long or no UTF-8.
 */
int user_read_password(const char *path, char hash[SEC_PASSWORD_HASH_MAX], struct err *e);
