#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/slice.h"
#include "base/time.h"
#include "base/utf8.h"

#define LOG_LINE_MAX 2048

static const char *const level_name[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};

static char log_process[32] = "hmis";
static enum log_level log_threshold = LOG_INFO;

void
log_open(const char *process, enum log_level level)
{
	struct slice name = utf8_cut(slice_of(process), sizeof(log_process) - 1);

	if (name.len > 0)
		memcpy(log_process, name.at, name.len);
	log_process[name.len] = '\0';
	log_threshold = level;
}

/* A value must not forge a second line or steer a terminal. */
static void
blank_controls(char *text)
{
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
}

void
log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	char line[LOG_LINE_MAX + 8];
	char now[TIME_TEXT_MAX];
	va_list args;
	int head, tail;

	if (level < log_threshold)
		return;
	time_print_rfc3339(time_now(), now);
	head = snprintf(line, LOG_LINE_MAX, "time=%s level=%s process=%s event=%.64s ", now,
	    level_name[level], log_process, event);
	if (head < 0)
		return;
	va_start(args, fmt);
	tail = vsnprintf(line + head, sizeof(line) - (size_t)head, fmt, args);
	va_end(args);
	if (tail < 0)
		line[head] = '\0';
	blank_controls(line);

	struct slice whole = utf8_cut(slice_of(line), LOG_LINE_MAX);
	size_t len = whole.len;

	while (len > 0 && line[len - 1] == ' ')
		len--;
	line[len++] = '\n';
	/* One write, so that lines of several processes do not mix; a lost log line stops nobody. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

enum log_level
log_level_parse(const char *text)
{
	for (size_t i = 0; i < sizeof(level_name) / sizeof(level_name[0]); i++)
		if (slice_eq_text(slice_of(text), level_name[i]))
			return (enum log_level)i;
	return LOG_INFO;
}
