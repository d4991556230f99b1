#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <tmmintrin.h>
#endif

#include "base/err.h"

#define BUF_CAPACITY_MIN ((size_t)256)
#define BUF_READ_CHUNK ((size_t)65536)
#define TEMPORARY_TRIES 100

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_free(struct buf *b)
{
	free(b->at);
	*b = (struct buf){ .max = b->max };
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->at != NULL)
		b->at[0] = '\0';
}

/* Room for `more` bytes and the final zero; false, and failed, when the maximum forbids it. */
static bool
make_room(struct buf *b, size_t more)
{
	if (b->failed)
		return false;
	if (more > b->max - b->len || b->max == SIZE_MAX) {
		b->failed = true;
		return false;
	}
	size_t needed = b->len + more + 1;

	if (needed <= b->capacity)
		return true;
	size_t capacity = b->capacity < BUF_CAPACITY_MIN ? BUF_CAPACITY_MIN : b->capacity;

	while (capacity < needed)
		capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
	if (capacity > b->max + 1)
		capacity = b->max + 1;
	char *larger = realloc(b->at, capacity);

	if (larger == NULL)
		fatal("out of memory: buffer of %zu bytes", capacity);
	b->at = larger;
	b->capacity = capacity;
	return true;
}

void
buf_add(struct buf *b, struct slice s)
{
	if (!make_room(b, s.len))
		return;
	if (s.len > 0)
		memcpy(b->at + b->len, s.at, s.len);
	b->len += s.len;
	b->at[b->len] = '\0';
}

void
buf_add_text(struct buf *b, const char *text)
{
	buf_add(b, slice_of(text));
}

void
buf_add_char(struct buf *b, char c)
{
	buf_add(b, slice_from(&c, 1));
}

void
buf_add_int(struct buf *b, long long value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%lld", value);

	buf_add(b, slice_from(digits, (size_t)len));
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0)
		fatal("buffer: a format that does not print");
	if (!make_room(b, (size_t)len))
		return;
	va_start(args, fmt);
	vsnprintf(b->at + b->len, (size_t)len + 1, fmt, args);
	va_end(args);
	b->len += (size_t)len;
}

#if defined(__x86_64__)
/*
 * Twelve bytes at a time while sixteen can be read; returns how many it took. A month of claims is mostly
 * this loop. After W. Muła, "Base64 encoding with SIMD instructions" (2016).
 */
__attribute__((target("ssse3"))) static size_t
base64_blocks(char *out, const char *in, size_t len)
{
	const __m128i spread = _mm_set_epi8(10, 11, 9, 10, 7, 8, 6, 7, 4, 5, 3, 4, 1, 2, 0, 1);
	/* what to add to a digit's value, by its class: 0 'a'…, 1–10 '0'…, 11 '+', 12 '/', 13 'A'… */
	const __m128i shift = _mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
	    '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
	size_t i = 0;

	for (; i + 16 <= len; i += 12, out += 16) {
		__m128i three = _mm_loadu_si128((const __m128i *)(const void *)(in + i));
		__m128i word = _mm_shuffle_epi8(three, spread);
		__m128i high = _mm_mulhi_epu16(
		    _mm_and_si128(word, _mm_set1_epi32(0x0fc0fc00)), _mm_set1_epi32(0x04000040));
		__m128i low = _mm_mullo_epi16(
		    _mm_and_si128(word, _mm_set1_epi32(0x003f03f0)), _mm_set1_epi32(0x01000010));
		__m128i digit = _mm_or_si128(high, low);
		__m128i class = _mm_or_si128(_mm_subs_epu8(digit, _mm_set1_epi8(51)),
		    _mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), digit), _mm_set1_epi8(13)));
		_mm_storeu_si128((__m128i *)(void *)out, _mm_add_epi8(_mm_shuffle_epi8(shift, class), digit));
	}
	return i;
}
#endif

void
buf_add_base64(struct buf *b, struct slice bytes)
{
	size_t groups = bytes.len / 3 + (bytes.len % 3 != 0);

	if (groups > SIZE_MAX / 4) {
		b->failed = true;
		return;
	}
	if (!make_room(b, groups * 4))
		return;
	char *out = b->at + b->len;

	size_t i = 0;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("ssse3")) {
		i = base64_blocks(out, bytes.at, bytes.len);
		out += i / 3 * 4;
	}
#endif
	for (; i + 3 <= bytes.len; i += 3, out += 4) {
		const unsigned char *in = (const unsigned char *)bytes.at + i;
		uint32_t word = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
		out[0] = base64_digits[word >> 18];
		out[1] = base64_digits[word >> 12 & 63];
		out[2] = base64_digits[word >> 6 & 63];
		out[3] = base64_digits[word & 63];
	}
	for (; i < bytes.len; i += 3, out += 4) {
		size_t n = bytes.len - i;
		uint32_t word = 0;

		for (size_t k = 0; k < 3; k++)
			word = word << 8 | (k < n ? (unsigned char)bytes.at[i + k] : 0u);
		for (size_t k = 0; k < 4; k++)
			out[k] = k <= n ? base64_digits[word >> (18 - 6 * k) & 63] : '=';
	}
	*out = '\0';
	b->len += groups * 4;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Adds the bytes of one group of `digits` base64 digits held in word; false when bits are left over. */
static bool
add_group(struct buf *b, uint32_t word, int digits)
{
	char bytes[3];

	word <<= 6 * (4 - digits);
	for (int k = 0; k < 3; k++)
		bytes[k] = (char)(word >> (16 - 8 * k) & 0xff);
	if (digits < 2 || (digits == 2 && bytes[1] != 0) || (digits == 3 && bytes[2] != 0))
		return false;
	buf_add(b, slice_from(bytes, (size_t)digits - 1));
	return true;
}

int
buf_add_base64_decoded(struct buf *b, struct slice text)
{
	uint32_t word = 0;
	int digits = 0, padding = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		int value = base64_value(c);

		if (c == ' ' || (c >= '\t' && c <= '\r'))
			continue;
		if (c == '=' && digits + padding < 4 && digits >= 2) {
			padding++;
			continue;
		}
		if (value < 0 || padding > 0)
			return ERR_INPUT;
		word = word << 6 | (uint32_t)value;
		if (++digits < 4)
			continue;
		add_group(b, word, digits);
		word = 0;
		digits = 0;
	}
	if (digits > 0 && (digits + padding != 4 || !add_group(b, word, digits)))
		return ERR_INPUT;
	return b->failed ? ERR_LIMIT : 0;
}

void
buf_add_hex(struct buf *b, struct slice bytes)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.at[i];
		char pair[2] = { digit[c >> 4], digit[c & 15] };

		buf_add(b, slice_from(pair, 2));
	}
}

static int
io_error(struct err *e, const char *what, const char *path)
{
	return err_set(e, ERR_IO, NULL, "cannot %s %s: %s", what, path, strerrordesc_np(errno));
}

/* Reads until end of file: 0, ERR_LIMIT or ERR_IO. */
static int
read_all(struct buf *b, int fd, const char *path, struct err *e)
{
	for (;;) {
		/* One byte more than allowed tells a full file from a longer one. */
		size_t room = b->max - b->len;
		char beyond;

		if (room > BUF_READ_CHUNK)
			room = BUF_READ_CHUNK;
		if (!make_room(b, room))
			return err_set(e, ERR_LIMIT, NULL, "buffer is full");
		ssize_t n = room > 0 ? read(fd, b->at + b->len, room) : read(fd, &beyond, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_error(e, "read", path);
		if (n == 0)
			return 0;
		if (room == 0)
			return err_set(e, ERR_LIMIT, NULL, "%s is longer than %zu bytes", path, b->max);
		b->len += (size_t)n;
	}
}

int
buf_read_file(struct buf *b, const char *path, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	size_t before = b->len;
	int rc;

	if (fd < 0)
		return io_error(e, "open", path);
	rc = read_all(b, fd, path, e);
	if (rc != 0)
		b->len = before;
	if (b->at != NULL)
		b->at[b->len] = '\0';
	if (!standard)
		close(fd);
	return rc;
}

static bool
write_all(int fd, struct slice s)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.at, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		s = slice_skip(s, (size_t)n);
	}
	return true;
}

/* Opens a new file beside path; its name goes to temporary. -1 with errno. */
static int
open_temporary(const char *path, char temporary[PATH_MAX])
{
	for (int i = 0; i < TEMPORARY_TRIES; i++) {
		int len = snprintf(temporary, PATH_MAX, "%s.%d-%d.tmp", path, (int)getpid(), i);

		if (len < 0 || len >= PATH_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

/* Makes the new name of a file in path's directory survive a power cut. */
static bool
sync_directory(const char *path)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int len = slash == NULL
		      ? snprintf(directory, sizeof(directory), ".")
		      : snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path + 1), path);

	if (len < 0 || (size_t)len >= sizeof(directory)) {
		errno = ENAMETOOLONG;
		return false;
	}
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return false;
	bool done = fsync(fd) == 0;
	int saved = errno;

	close(fd);
	errno = saved;
	return done;
}

/* Standard output, a pipe or a device cannot be replaced; it is written to. */
static int
write_stream(const struct buf *b, const char *path, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDOUT_FILENO : open(path, O_WRONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return io_error(e, "open", path);
	if (!write_all(fd, buf_slice(b)))
		rc = io_error(e, "write", path);
	if (!standard && close(fd) != 0 && rc == 0)
		rc = io_error(e, "close", path);
	return rc;
}

int
buf_write_file(const struct buf *b, const char *path, struct err *e)
{
	char temporary[PATH_MAX];
	struct stat old;
	bool exists = stat(path, &old) == 0;
	int rc = 0;

	if (b->failed)
		return err_set(e, ERR_IO, NULL, "%s not written: more than %zu bytes", path, b->max);
	if (strcmp(path, "-") == 0 || (exists && !S_ISREG(old.st_mode)))
		return write_stream(b, path, e);
	int fd = open_temporary(path, temporary);

	if (fd < 0)
		return io_error(e, "create a file beside", path);
	if ((exists && fchmod(fd, old.st_mode & 07777) != 0) || !write_all(fd, buf_slice(b)) ||
	    fsync(fd) != 0)
		rc = io_error(e, "write", temporary);
	if (close(fd) != 0 && rc == 0)
		rc = io_error(e, "close", temporary);
	if (rc == 0 && rename(temporary, path) != 0)
		rc = io_error(e, "replace", path);
	if (rc != 0)
		unlink(temporary);
	else if (!sync_directory(path))
		rc = io_error(e, "sync the directory of", path);
	return rc;
}
