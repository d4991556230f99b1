/* The three tokenisers and the choice between them. */
#include "hl7/token.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { CLASS_FIELD = 1, CLASS_INNER = 2, CLASS_LINE = 4 };

static void
scan_scalar(
    const uint8_t *p, size_t count, const struct hl7_alphabet *a, struct hl7_block *out, uint64_t *line)
{
	uint8_t class[256] = { 0 };

	for (int i = 0; i < 4; i++)
		class[a->inner[i]] |= CLASS_INNER;
	for (int i = 0; i < 2; i++)
		class[a->line[i]] |= CLASS_LINE;
	class[a->field] |= CLASS_FIELD;
	for (size_t n = 0; n < count; n++, p += 64) {
		uint64_t field = 0, inner = 0, end = 0;

		for (unsigned i = 0; i < 64; i++) {
			uint64_t c = class[p[i]];

			field |= (c & 1) << i;
			inner |= (c >> 1 & 1) << i;
			end |= (c >> 2) << i;
		}
		out[n] = (struct hl7_block){ field, inner };
		line[n] = end;
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

__attribute__((target("avx2"))) static void
scan_avx2(const uint8_t *p, size_t count, const struct hl7_alphabet *a, struct hl7_block *out, uint64_t *line)
{
	const __m256i field = _mm256_set1_epi8((char)a->field);
	__m256i inner[4], end[2];

	for (int i = 0; i < 4; i++)
		inner[i] = _mm256_set1_epi8((char)a->inner[i]);
	for (int i = 0; i < 2; i++)
		end[i] = _mm256_set1_epi8((char)a->line[i]);
	for (size_t n = 0; n < count; n++, p += 64) {
		__m256i low = _mm256_loadu_si256((const void *)p);
		__m256i high = _mm256_loadu_si256((const void *)(p + 32));

		out[n].field = mask_avx2(_mm256_cmpeq_epi8(low, field), _mm256_cmpeq_epi8(high, field));
		out[n].inner = mask_avx2(any4_avx2(low, inner), any4_avx2(high, inner));
		line[n] = mask_avx2(any2_avx2(low, end), any2_avx2(high, end));
	}
}

/*
 * A byte's class comes from one look-up in a table of 128 (VBMI's vpermi2b), its three bits from three tests;
 * bytes from 0x80 on, whose low seven bits would find a class, are masked out by their sign. Delimiters are
 * ASCII (hl7_parse sees to it).
 */
__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static void
scan_avx512(
    const uint8_t *p, size_t count, const struct hl7_alphabet *a, struct hl7_block *out, uint64_t *line)
{
	uint8_t class[128] __attribute__((aligned(64))) = { 0 };

	for (int i = 0; i < 4; i++)
		class[a->inner[i] & 127] |= CLASS_INNER;
	for (int i = 0; i < 2; i++)
		class[a->line[i] & 127] |= CLASS_LINE;
	class[a->field & 127] |= CLASS_FIELD;
	const __m512i table_low = _mm512_load_si512(class), table_high = _mm512_load_si512(class + 64);
	const __m512i one = _mm512_set1_epi8(CLASS_FIELD), two = _mm512_set1_epi8(CLASS_INNER),
		      four = _mm512_set1_epi8(CLASS_LINE);

	for (size_t n = 0; n < count; n++, p += 64) {
		__m512i text = _mm512_loadu_si512(p);
		__mmask64 ascii = ~_mm512_movepi8_mask(text);
		__m512i c = _mm512_permutex2var_epi8(table_low, text, table_high);

		out[n].field = _mm512_mask_test_epi8_mask(ascii, c, one);
		out[n].inner = _mm512_mask_test_epi8_mask(ascii, c, two);
		line[n] = _mm512_mask_test_epi8_mask(ascii, c, four);
	}
}

#endif

bool
hl7_tokeniser_usable(enum hl7_tokeniser t)
{
#if defined(__x86_64__)
	if (t == HL7_TOKENISER_AVX2)
		return __builtin_cpu_supports("avx2");
	if (t == HL7_TOKENISER_AVX512)
		return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi");
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
