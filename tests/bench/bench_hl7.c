/*
 * The codec over a stream of messages: bench_hl7 FILE (MLLP frames). Prints "name messages/s MB/s" lines, CPU
 * time of one core, the median of some rounds. The limit is a bare AVX2 scan to an offset list over the same
 * bytes, as the issue counts it; it keeps no segments and answers no question.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "hl7/edit.h"
#include "hl7/escape.h"
#include "hl7/hl7.h"
#include "hl7/mllp.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ROUNDS 7
#define SECONDS_A_ROUND 0.15 /* not money */

struct stream {
	struct slice *message;
	size_t count, bytes;
};
static struct hl7_message m;
static struct hl7_path paths[5];
static struct buf out;
static uint32_t *offsets;
static uint64_t sink;

static double /* not money */
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9; /* not money */
}

static void
parse(struct slice s)
{
	if (hl7_parse(&m, s, NULL, NULL) < 0)
		abort();
	sink += m.segment_count;
}

/* MSH-10, PID-5.1 and every OBX-5, as the issue asks. */
static void
parse_get(struct slice s)
{
	struct hl7_cursor c = { 0 };
	struct hl7_value v;

	parse(s);
	sink += hl7_get(&m, &paths[0]).raw.len + hl7_get(&m, &paths[1]).raw.len;
	while (hl7_each(&m, &paths[2], &c, &v))
		sink += v.raw.len;
}

static void
parse_get5(struct slice s)
{
	parse(s);
	for (int i = 0; i < 5; i++)
		sink += hl7_get(&m, &paths[i == 2 ? 0 : i]).raw.len;
}

static void
rewrite(struct slice s)
{
	parse(s);
	buf_reset(&out);
	hl7_write(&m, &out);
	sink += out.len;
}

static struct arena *arena;

static void
edit(struct slice s)
{
	struct hl7_edit x;

	parse(s);
	buf_reset(&out);
	hl7_edit_begin(&x, &m, arena);
	if (hl7_edit_set(&x, &paths[1], SLICE("HO|MOI"), NULL) < 0)
		abort();
	hl7_edit_write(&x, &out);
	arena_reset(arena);
	sink += out.len;
}

#if defined(__x86_64__)
__attribute__((target("avx2,bmi"))) static void
limit_avx2(struct slice s)
{
	static const char wanted[] = "|^~\\&\r";
	size_t n = 0;

	for (size_t i = 0; i + 32 <= s.len; i += 32) {
		__m256i text = _mm256_loadu_si256((const void *)(s.at + i)), any = _mm256_setzero_si256();

		for (int k = 0; k < 6; k++)
			any = _mm256_or_si256(any, _mm256_cmpeq_epi8(text, _mm256_set1_epi8(wanted[k])));
		for (uint32_t bits = (uint32_t)_mm256_movemask_epi8(any); bits; bits &= bits - 1)
			offsets[n++] = (uint32_t)i + (uint32_t)__builtin_ctz(bits);
	}
	sink += n;
}

__attribute__((target("avx512f,avx512bw,avx512vbmi2,popcnt"))) static void
limit_avx512(struct slice s)
{
	static const char wanted[] = "|^~\\&\r";
	__m512i ascending =
	    _mm512_set_epi64(0x3f3e3d3c3b3a3938, 0x3736353433323130, 0x2f2e2d2c2b2a2928, 0x2726252423222120,
		0x1f1e1d1c1b1a1918, 0x1716151413121110, 0x0f0e0d0c0b0a0908, 0x0706050403020100);
	size_t n = 0;

	for (size_t i = 0; i + 64 <= s.len; i += 64) {
		__m512i text = _mm512_loadu_si512(s.at + i);
		uint64_t bits = 0;

		for (int k = 0; k < 6; k++)
			bits |= _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8(wanted[k]));
		__m512i found = _mm512_maskz_compress_epi8(bits, ascending);
		size_t count = (size_t)__builtin_popcountll(bits);
		for (size_t k = 0; k < count; k += 16) {
			__m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(found));
			_mm512_storeu_si512(
			    offsets + n + k, _mm512_add_epi32(wide, _mm512_set1_epi32((int)i)));
			found = _mm512_alignr_epi64(_mm512_setzero_si512(), found, 2);
		}
		n += count;
	}
	sink += n;
}
#endif

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b; /* not money */

	return (x > y) - (x < y);
}

static void
measure(const char *name, const struct stream *s, void (*work)(struct slice))
{
	double rate[ROUNDS]; /* not money: messages a second */

	for (int round = 0; round < ROUNDS; round++) {
		size_t done = 0;
		double start = cpu_seconds(), spent; /* not money */

		do {
			for (size_t i = 0; i < s->count; i++)
				work(s->message[i]);
			done += s->count;
			spent = cpu_seconds() - start;
		} while (spent < SECONDS_A_ROUND);
		rate[round] = (double)done / spent; /* not money */
	}
	qsort(rate, ROUNDS, sizeof(*rate), by_size);
	double mean = (double)s->bytes / (double)s->count; /* not money */
	printf("%s %.0f %.1f %.1f %.1f\n", name, rate[ROUNDS / 2], rate[ROUNDS / 2] * mean / 1e6,
	    rate[0] * mean / 1e6, rate[ROUNDS - 1] * mean / 1e6);
}

static void
read_stream(struct buf *file, struct stream *s)
{
	struct slice input = buf_slice(file);
	struct mllp frames;
	size_t capacity = 0;

	mllp_init(&frames, 0, false);
	while (mllp_feed(&frames, &input) == MLLP_FRAME) {
		if (s->count == capacity) {
			capacity = capacity ? 2 * capacity : 1024;
			s->message = realloc(s->message, capacity * sizeof(*s->message));
		}
		s->message[s->count++] = frames.frame; /* whole in the file: not copied */
		s->bytes += frames.frame.len;
	}
	mllp_free(&frames);
}

int
main(int argc, char **argv)
{
	static const char *const texts[] = { "MSH-10", "PID-5.1", "OBX(*)-5", "PID-3.1", "MSH-9.2" };
	struct stream s = { 0 };
	struct stream whole = { .count = 1 };
	struct buf file;
	struct err e;

	buf_init(&file, (size_t)1 << 30);
	buf_init(&out, (size_t)1 << 30);
	if (argc != 2 || buf_read_file(&file, argv[1], &e) < 0)
		return 2;
	read_stream(&file, &s);
	struct slice all = buf_slice(&file);
	whole.message = &all;
	whole.bytes = all.len;
	offsets = malloc((all.len + 64) * sizeof(*offsets));
	arena = arena_new(0);
	hl7_message_init(&m);
	for (size_t i = 0; i < 5; i++)
		hl7_path_compile(slice_of(texts[i]), &paths[i], NULL);
	printf("messages %zu %zu\n", s.count, s.bytes);
#if defined(__x86_64__)
	if (hl7_tokeniser_usable(HL7_TOKENISER_AVX2)) {
		measure("limit_avx2", &s, limit_avx2);
		measure("limit_avx2_whole", &whole, limit_avx2);
	}
	if (__builtin_cpu_supports("avx512vbmi2")) {
		measure("limit_avx512", &s, limit_avx512);
		measure("limit_avx512_whole", &whole, limit_avx512);
	}
#endif
	for (enum hl7_tokeniser t = HL7_TOKENISER_SCALAR; t <= HL7_TOKENISER_AVX512; t++) {
		char name[40];

		if (!hl7_tokeniser_usable(t))
			continue;
		m.tokeniser = t;
		snprintf(name, sizeof(name), "parse_%s", hl7_tokeniser_name(t));
		measure(name, &s, parse);
		snprintf(name, sizeof(name), "parse_get_%s", hl7_tokeniser_name(t));
		measure(name, &s, parse_get);
	}
	m.tokeniser = HL7_TOKENISER_BEST;
	measure("parse_get5", &s, parse_get5);
	measure("rewrite", &s, rewrite);
	measure("edit", &s, edit);
	printf("index %.3f\n", (double)hl7_index_size(&m) / (double)m.bytes.len); /* not money */
	fprintf(stderr, "(%llu)\n", (unsigned long long)sink);
	return 0;
}
