/* UTF-8 at the border: validation, NFC, length in characters, Vietnamese-insensitive folding. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * Checks s is UTF-8 (no surrogates, no overlong forms, ≤ U+10FFFF) and holds no control characters
 * except tab, LF and CR; normalises to NFC. *ret points to s itself when nothing changed,
 * else into the arena. ERR_INPUT names the byte offset.
 */
int utf8_clean(struct arena *a, struct slice s, struct slice *ret, struct err *e);

/* True when s is valid UTF-8 (control characters allowed). */
bool utf8_is_valid(struct slice s);

/* Characters (code points) in valid UTF-8; bytes of broken sequences count one each. */
size_t utf8_length(struct slice s);

/* The longest prefix of s that is at most max_bytes and ends at a character border. */
struct slice utf8_cut(struct slice s, size_t max_bytes);

/*
 * Search form: lower case, diacritics and đ removed, runs of anything but letters and digits become
 * one blank, ends trimmed: "Nguyễn Thị  Ánh-Đào" → "nguyen thi anh dao". Arena-owned.
 * Must agree with sys.fold() in the database (tests/golden/fold.tsv).
 */
struct slice utf8_fold(struct arena *a, struct slice s);
