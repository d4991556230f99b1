/* `hmis config`: the configuration table and files, for people. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "server/loop/config.h"

#define EXPLAIN_BYTES (1024 * 1024)

static int
config_usage(void)
{
	return command_fail(
	    "usage: hmis config --explain [FILE]\n"
	    "       hmis config --check FILE\n"
	    "--explain prints every key with type, default, limits and meaning, and what FILE and "
	    "HMIS_* set;\n"
	    "--check judges FILE and HMIS_*, and is silent when they are good");
}

int
command_config(int argc, char **argv)
{
	const char *file = argc == 3 ? argv[2] : NULL;
	bool explain = argc >= 2 && strcmp(argv[1], "--explain") == 0;
	bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
	struct err e = { 0 };
	struct config *c;
	struct buf out;

	if (argc > 3 || (!explain && !check))
		return config_usage();
	if (config_load(file, environ, &c, &e) < 0)
		return command_error("config", &e);
	if (explain) {
		buf_init(&out, EXPLAIN_BYTES);
		config_explain(c, &out);
		fwrite(out.at, 1, out.len, stdout);
		buf_free(&out);
	}
	config_free(c);
	return EXIT_GOOD;
}
