/*
 * Structured log: one line per event on standard error, `key=value` pairs, values quoted when needed.
 * Never names, bodies, SQL parameters, tokens or card numbers.
 */
#pragma once

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Process name shown in each line ("worker-1"); copied. Lines below the level are dropped. */
void log_open(const char *process, enum log_level level);
/* log_event(LOG_INFO, "request", "route=%s status=%d", route, status); the format makes the pairs. */
void log_event(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Parses "debug" … "error"; LOG_INFO when unknown. */
enum log_level log_level_parse(const char *text);
