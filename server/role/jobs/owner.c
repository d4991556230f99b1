#include "server/role/jobs/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PARTS 5
enum part { PART_HOST, PART_BOOT, PART_SPACE, PART_START, PART_PID };
#define STAT_START_FIELD 20 /* of the fields after the command's closing bracket: field 22 of proc(5) */

/* The file's beginning as text; "" when it cannot be read. */
static struct slice
read_proc(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (fd >= 0)
		close(fd);
	return slice_from(out, n > 0 ? (size_t)n : 0);
}

/* Start of a process in ticks since boot; 0 when it is not known. */
static int64_t
process_start(int64_t pid)
{
	char path[48], text[1024];
	struct slice rest, word = { NULL, 0 };
	int64_t start = 0;

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	rest = read_proc(path, text, sizeof(text));
	/* the command stands in brackets and may hold any character: the last bracket ends it */
	while (slice_find(rest, ')') < rest.len)
		rest = slice_skip(rest, slice_find(rest, ')') + 1);
	rest = slice_skip(rest, rest.len > 0 ? 1 : 0);
	for (int i = 0; i < STAT_START_FIELD; i++)
		if (!slice_split(&rest, ' ', &word))
			return 0;
	return slice_to_int64(word, &start) == 0 ? start : 0;
}

/* The part of the name that is the same for all processes that can judge each other, its last character a
 * colon. */
static void
place_name(char out[OWNER_NAME_MAX])
{
	char host[64] = "", boot[64], space[64] = "";
	struct slice id = read_proc("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	ssize_t n = readlink("/proc/self/ns/pid", space, sizeof(space) - 1);
	struct slice number = slice_from(space, n > 0 ? (size_t)n : 0); /* "pid:[4026531836]" */

	number = slice_skip(number, slice_find(number, '['));
	number = slice_skip(number, number.len > 0 ? 1 : 0);
	number.len = slice_find(number, ']');
	gethostname(host, sizeof(host) - 1);
	for (char *c = host; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", *c))
			*c = '-';
	snprintf(out, OWNER_NAME_MAX, "%s:%.*s:%.*s:", host, id.len < 8 ? 1 : 8, id.len < 8 ? "0" : id.at,
	    number.len ? (int)number.len : 1, number.len ? number.at : "0");
}

void
owner_name(char out[OWNER_NAME_MAX])
{
	size_t length;

	place_name(out);
	length = strlen(out);
	snprintf(out + length, OWNER_NAME_MAX - length, "%lld:%lld", (long long)process_start(getpid()),
	    (long long)getpid());
}

bool
owner_is_dead(struct slice owner)
{
	char place[OWNER_NAME_MAX];
	struct slice part[PARTS], rest = owner;
	int64_t start = 0, pid = 0;
	int count = 0;

	place_name(place);
	while (count < PARTS && slice_split(&rest, ':', &part[count]))
		count++;
	if (count != PARTS || rest.len > 0 || slice_eq_text(part[PART_BOOT], "0") ||
	    slice_eq_text(part[PART_SPACE], "0") || !slice_starts(owner, slice_of(place)) ||
	    slice_to_int64(part[PART_START], &start) < 0 || start <= 0 ||
	    slice_to_int64(part[PART_PID], &pid) < 0 || pid <= 0 || pid > INT32_MAX)
		return false;
	if (kill((pid_t)pid, 0) < 0 && errno == ESRCH)
		return true;
	int64_t now = process_start(pid);
	return now > 0 && now != start; /* the number was given to another process */
}
