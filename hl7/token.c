/* The three tokenisers and the choice between them. */
#include "hl7/token.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { CLASS_FIELD = 1, CLASS_INNER = 2, CLASS_LINE = 4 };

static void
scan_scalar(const uint8_t *p, size_t len, const struct hl7_alphabet *a, struct hl7_block *out, uint64_t *line)
{
	uint8_t class[256] = { 0 };

	for (int i = 0; i < 4; i++)
		class[a->inner[i]] |= CLASS_INNER;
	for (int i = 0; i < 2; i++)
		class[a->line[i]] |= CLASS_LINE;
	class[a->field] |= CLASS_FIELD;
	for (size_t n = 0; len > 0; n++, p += 64) {
		unsigned size = len < 64 ? (unsigned)len : 64;
		uint64_t field = 0, inner = 0, end = 0;

		for (unsigned i = 0; i < size; i++) {
			uint64_t c = class[p[i]];

			field |= (c & 1) << i;
			inner |= (c >> 1 & 1) << i;
			end |= (c >> 2) << i;
		}
		out[n] = (struct hl7_block){ field, inner };
		line[n] = end;
		len -= size;
	}
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) static inline uint64_t
mask_avx2(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

__attribute__((target("avx2"))) static inline __m256i
any4_avx2(__m256i text, const __m256i inner[4])
{
	return _mm256_or_si256(
	    _mm256_or_si256(_mm256_cmpeq_epi8(text, inner[0]), _mm256_cmpeq_epi8(text, inner[1])),
	    _mm256_or_si256(_mm256_cmpeq_epi8(text, inner[2]), _mm256_cmpeq_epi8(text, inner[3])));
}

__attribute__((target("avx2"))) static inline __m256i
any2_avx2(__m256i text, const __m256i line[2])
{
	return _mm256_or_si256(_mm256_cmpeq_epi8(text, line[0]), _mm256_cmpeq_epi8(text, line[1]));
}

struct letters_avx2 {
	__m256i field, inner[4], line[2];
};

__attribute__((target("avx2"))) static inline void
scan_block_avx2(const uint8_t *p, const struct letters_avx2 *w, struct hl7_block *out, uint64_t *line)
{
	__m256i low = _mm256_loadu_si256((const void *)p), high = _mm256_loadu_si256((const void *)(p + 32));

	out->field = mask_avx2(_mm256_cmpeq_epi8(low, w->field), _mm256_cmpeq_epi8(high, w->field));
	out->inner = mask_avx2(any4_avx2(low, w->inner), any4_avx2(high, w->inner));
	*line = mask_avx2(any2_avx2(low, w->line), any2_avx2(high, w->line));
}

__attribute__((target("avx2"))) static void
scan_avx2(const uint8_t *p, size_t len, const struct hl7_alphabet *a, struct hl7_block *out, uint64_t *line)
{
	struct letters_avx2 w = { .field = _mm256_set1_epi8((char)a->field) };

	for (int i = 0; i < 4; i++)
		w.inner[i] = _mm256_set1_epi8((char)a->inner[i]);
	for (int i = 0; i < 2; i++)
		w.line[i] = _mm256_set1_epi8((char)a->line[i]);
	for (; len >= 64; len -= 64, p += 64)
		scan_block_avx2(p, &w, out++, line++);
	if (len > 0) {
		uint8_t last[64] = { 0 };

		memcpy(last, p, len);
		scan_block_avx2(last, &w, out, line);
	}
}

struct letters_avx512 {
	__m512i field, inner[4], line[2];
};

__attribute__((target("avx512f,avx512bw"))) static inline void
scan_block_avx512(__m512i text, const struct letters_avx512 *w, struct hl7_block *out, uint64_t *line)
{
	out->field = _mm512_cmpeq_epi8_mask(text, w->field);
	out->inner = (_mm512_cmpeq_epi8_mask(text, w->inner[0]) | _mm512_cmpeq_epi8_mask(text, w->inner[1])) |
		     (_mm512_cmpeq_epi8_mask(text, w->inner[2]) | _mm512_cmpeq_epi8_mask(text, w->inner[3]));
	*line = _mm512_cmpeq_epi8_mask(text, w->line[0]) | _mm512_cmpeq_epi8_mask(text, w->line[1]);
}

/*
 * The bits of 64 bytes come straight out of the comparisons; as they are the index, nothing needs to be
 * compressed to a list (VBMI2), and any machine with AVX-512 BW will do.
 */
__attribute__((target("avx512f,avx512bw"))) static void
scan_avx512(const uint8_t *p, size_t len, const struct hl7_alphabet *a, struct hl7_block *out, uint64_t *line)
{
	struct letters_avx512 w = { .field = _mm512_set1_epi8((char)a->field) };

	for (int i = 0; i < 4; i++)
		w.inner[i] = _mm512_set1_epi8((char)a->inner[i]);
	for (int i = 0; i < 2; i++)
		w.line[i] = _mm512_set1_epi8((char)a->line[i]);
	for (; len >= 64; len -= 64, p += 64)
		scan_block_avx512(_mm512_loadu_si512(p), &w, out++, line++);
	if (len > 0)
		scan_block_avx512(_mm512_maskz_loadu_epi8(~UINT64_C(0) >> (64 - len), p), &w, out, line);
}

#endif

bool
hl7_tokeniser_usable(enum hl7_tokeniser t)
{
#if defined(__x86_64__)
	if (t == HL7_TOKENISER_AVX2)
		return __builtin_cpu_supports("avx2");
	if (t == HL7_TOKENISER_AVX512)
		return __builtin_cpu_supports("avx512bw");
#endif
	return t == HL7_TOKENISER_BEST || t == HL7_TOKENISER_SCALAR;
}

static enum hl7_tokeniser
best(void)
{
	if (hl7_tokeniser_usable(HL7_TOKENISER_AVX512))
		return HL7_TOKENISER_AVX512;
	return hl7_tokeniser_usable(HL7_TOKENISER_AVX2) ? HL7_TOKENISER_AVX2 : HL7_TOKENISER_SCALAR;
}

const char *
hl7_tokeniser_name(enum hl7_tokeniser t)
{
	static const char *const names[] = { "best", "scalar", "avx2", "avx512" };

	return names[t == HL7_TOKENISER_BEST ? best() : t];
}

hl7_scan *
hl7_scan_of(enum hl7_tokeniser t)
{
	if (t == HL7_TOKENISER_BEST)
		t = best();
#if defined(__x86_64__)
	if (t == HL7_TOKENISER_AVX512)
		return scan_avx512;
	if (t == HL7_TOKENISER_AVX2)
		return scan_avx2;
#endif
	return scan_scalar;
}
