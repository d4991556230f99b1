/* hmis vss: the stand-in for the fund's gateway, for training sites, demonstrations and tests. */
#include <getopt.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/vss/vss.h"
#include "server/loop/listen.h"

static const char usage[] =
    "usage: hmis vss --data DIR --accounts FILE.tsv [--listen ADDRESS] [--cards FILE.tsv] [--staff "
    "FILE.tsv]\n"
    "                [--faults FILE.json] [--token-seconds N] [--no-period-check] [--size-by-hour] "
    "[--ready-file F]\n\n"
    "A strict stand-in for the fund's gateway on this machine. It never forwards anything.\n"
    "  --data DIR         journal and received files; DIR/admin.key holds the key of /admin/*\n"
    "  --accounts FILE    username, password, facilities (;), certificate_file, state (active, locked)\n"
    "  --cards FILE       the card register: card_no, citizen_id, full_name, born, sex, registered, …\n"
    "  --staff FILE       staff who may look up cards: citizen_id, full_name\n"
    "  --faults FILE      [{\"path\",\"kind\",\"ms\",\"every\",\"limit\"}]; kinds: delay drop_before "
    "drop_after\n"
    "                     duplicate_answer http_500 code_500 code expired_token maintenance garbage\n"
    "  --listen ADDRESS   default 127.0.0.1:0 (a free port)\n"
    "  --token-seconds N  life of a session, default 600\n"
    "  --no-period-check  accept months that are closed\n"
    "  --size-by-hour     20 MB in office hours\n"
    "  --ready-file F     written once listening: one line with the URL\n";

struct vss_start {
	const char *listen;
	const char *ready_file;
};

/* 0, EXIT_GOOD after help (1 means: stop with that), or EXIT_UNUSABLE. */
static int
vss_parse(int argc, char **argv, struct vss_options *o, struct vss_start *s)
{
	static const struct option options[] = { { "data", required_argument, NULL, 'd' },
		{ "accounts", required_argument, NULL, 'a' }, { "cards", required_argument, NULL, 'c' },
		{ "staff", required_argument, NULL, 't' }, { "faults", required_argument, NULL, 'f' },
		{ "listen", required_argument, NULL, 'l' }, { "token-seconds", required_argument, NULL, 'k' },
		{ "no-period-check", no_argument, NULL, 'p' }, { "size-by-hour", no_argument, NULL, 'z' },
		{ "ready-file", required_argument, NULL, 'r' }, { "help", no_argument, NULL, 'h' }, { 0 } };

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'd':
			o->data_dir = optarg;
			break;
		case 'a':
			o->accounts_file = optarg;
			break;
		case 'c':
			o->cards_file = optarg;
			break;
		case 't':
			o->staff_file = optarg;
			break;
		case 'f':
			o->faults_file = optarg;
			break;
		case 'l':
			s->listen = optarg;
			break;
		case 'k':
			if (slice_to_int64(slice_of(optarg), &o->token_seconds) < 0 || o->token_seconds < 1 ||
			    o->token_seconds > 86400)
				return command_fail("vss: --token-seconds takes 1..86400");
			break;
		case 'p':
			o->check_period = false;
			break;
		case 'z':
			o->check_size_by_hour = true;
			break;
		case 'r':
			s->ready_file = optarg;
			break;
		default:
			fprintf(c == 'h' ? stdout : stderr, "%s", usage);
			return c == 'h' ? -1 : EXIT_UNUSABLE;
		}
	}
	if (!o->data_dir || !o->accounts_file || optind != argc) {
		fprintf(stderr, "%s", usage);
		return EXIT_UNUSABLE;
	}
	return 0;
}

/* Makes DATA/admin.key, new at each start. */
static int
vss_make_key(struct vss *v, struct err *e)
{
	unsigned char bytes[32];
	struct buf text;
	const char *path = arena_printf(v->arena, "%s/admin.key", v->options.data_dir);
	mode_t before = umask(0077);
	int bad;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		fatal("vss: no random numbers");
	buf_init(&text, 256);
	buf_add_hex(&text, slice_from((const char *)bytes, sizeof(bytes)));
	snprintf(v->admin_key, sizeof(v->admin_key), "%s", text.at);
	bad = buf_write_file(&text, path, e);
	umask(before);
	buf_free(&text);
	return bad;
}

static int
vss_load(struct vss *v, struct err *e)
{
	struct buf faults;
	int bad;

	if (vss_store_open(v, e) < 0 || vss_make_key(v, e) < 0 ||
	    vss_accounts_load(v, v->options.accounts_file, e) < 0)
		return e->code;
	if (v->options.cards_file && vss_cards_load(v, v->options.cards_file, e) < 0)
		return e->code;
	if (v->options.staff_file && vss_staff_load(v, v->options.staff_file, e) < 0)
		return e->code;
	if (!v->options.faults_file)
		return 0;
	buf_init(&faults, 1024 * 1024);
	bad = buf_read_file(&faults, v->options.faults_file, e);
	if (bad == 0)
		bad = vss_faults_set(v, buf_slice(&faults), e);
	buf_free(&faults);
	return bad;
}

static void
vss_stop(int signo, void *arg)
{
	(void)signo;
	loop_stop(arg);
}

/* Tells where it listens: on standard output and in the ready file. */
static int
vss_announce(const struct vss_start *s, int fd, struct err *e)
{
	struct buf line;
	int bad = 0;

	buf_init(&line, 4096);
	if (listen_port(fd) > 0)
		buf_addf(&line, "http://127.0.0.1:%d\n", listen_port(fd));
	else
		buf_addf(&line, "%s\n", s->listen);
	printf("vss: listening on %s", line.at);
	fflush(stdout);
	if (s->ready_file)
		bad = buf_write_file(&line, s->ready_file, e);
	buf_free(&line);
	return bad;
}

static int
vss_serve(struct vss *v, const struct vss_start *s, struct err *e)
{
	struct http_server *server;
	struct http_limits limits;
	struct signal_watch *term, *interrupt;
	int fd;

	http_limits_default(&limits);
	limits.body_deadline_ms = 120000;
	limits.arena_bytes = (size_t)1 << 30;
	if (listen_open(slice_of(s->listen), false, &fd, e) < 0)
		return e->code;
	if (http_server_new(v->loop, &limits, NULL, &vss_hooks, v, &server, e) < 0) {
		close(fd);
		return e->code;
	}
	term = signal_watch_new(v->loop, SIGTERM, vss_stop, v->loop);
	interrupt = signal_watch_new(v->loop, SIGINT, vss_stop, v->loop);
	if (http_server_listen(server, fd, false, e) == 0 && vss_announce(s, fd, e) == 0)
		loop_run(v->loop);
	http_server_free(server);
	signal_watch_free(term);
	signal_watch_free(interrupt);
	close(fd);
	return e->code;
}

int
command_vss(int argc, char **argv)
{
	struct vss_start start = { .listen = "127.0.0.1:0" };
	struct arena *arena = arena_new((size_t)8 << 30);
	struct vss *v = ARENA_NEW(arena, struct vss);
	struct err e = { 0 };
	int bad;

	v->options = (struct vss_options){ .token_seconds = 600, .check_period = true };
	v->arena = arena;
	bad = vss_parse(argc, argv, &v->options, &start);
	if (bad != 0) {
		arena_free(arena);
		return bad < 0 ? EXIT_GOOD : bad;
	}
	v->loop = loop_new();
	v->account = map_new(arena);
	v->card = map_new(arena);
	v->receipt = map_new(arena);
	v->latest = map_new(arena);
	bad = vss_load(v, &e);
	if (bad == 0)
		bad = vss_serve(v, &start, &e);
	if (v->journal_fd > 0)
		close(v->journal_fd);
	loop_free(v->loop);
	arena_free(arena);
	return bad < 0 ? command_error("vss", &e) : EXIT_GOOD;
}
