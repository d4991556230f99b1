/*
 * Promises of base/decimal.h: printing and parsing are inverse, a product is the nearest amount (half away
 * from zero) or an overflow. The peer for products is the definition itself, |2(ab − qd)| ≤ d.
 *
 * Input: 1 byte scale, 3 × 8 bytes of integers, the rest is a number's text.
 */
#include <assert.h>
#include <string.h>

#include "base/decimal.h"
#include "tests/fuzz/fuzz.h"

__extension__ typedef __int128 wide;

static void
check_print(int64_t value, int scale)
{
	char out[DECIMAL_TEXT_MAX], fixed[DECIMAL_TEXT_MAX];
	size_t len = decimal_print(value, scale, out);
	size_t fixed_len = decimal_print_fixed(value, scale, fixed);
	int64_t again;

	assert(len == strlen(out) && fixed_len == strlen(fixed) && len <= fixed_len);
	assert(decimal_parse(slice_from(out, len), scale, &again, NULL) == 0 && again == value);
	assert(decimal_parse(slice_from(fixed, fixed_len), scale, &again, NULL) == 0 && again == value);
	assert(memchr(out, '.', len) == NULL || out[len - 1] != '0');
}

static void
check_text(struct slice text, int scale)
{
	int64_t value = 42, whole;
	struct err e = { 0 };
	int rc = decimal_parse(text, scale, &value, &e);

	if (rc != 0) {
		assert((rc == ERR_INPUT || rc == ERR_OVERFLOW) && e.code == rc && value == 42);
		return;
	}
	assert(text.len > 0 && e.code == ERR_NONE);
	check_print(value, scale);
	/* What is an integer for one reader is the same integer for the other. */
	if (slice_to_int64(text, &whole) == 0)
		for (int i = 0; i < scale; i++)
			whole *= 10;
	else
		return;
	assert(whole == value);
}

static void
check_quotient(int64_t a, int64_t b, int64_t divisor)
{
	wide product = (wide)a * b;
	int64_t q = 42;

	if (decimal_mul_div(a, b, divisor, &q) != 0) {
		/* The exact quotient, rounded, lies beyond int64. */
		wide limit = product < 0 ? -((wide)INT64_MIN) : (wide)INT64_MAX;
		wide magnitude = product < 0 ? -product : product;

		assert(q == 42 && magnitude / divisor >= limit);
		assert(magnitude / divisor > limit || 2 * (magnitude % divisor) >= divisor);
		return;
	}
	wide difference = product - (wide)q * divisor;
	wide distance = difference < 0 ? -difference : difference;

	assert(2 * distance <= divisor);
	/* Exactly half: away from zero, so the quotient is the larger magnitude. */
	if (2 * distance == divisor)
		assert((difference < 0) == (product > 0));
}

static void
check_line(int64_t a, int64_t b, int64_t c)
{
	struct percent rate[3] = { { (int32_t)(c & 0xffff) }, PERCENT(100), { (int32_t)(c >> 32) } };
	struct money plain, full, some;
	struct quantity q = { a };
	struct price p = { b };
	int64_t want = 0;
	int rc = money_of_line(q, p, NULL, 0, &plain);

	assert(rc == decimal_mul_div(a, b, 10000, &want));
	assert(rc != 0 || plain.hundredths == want);
	/* 100 % changes nothing, and the order of the factors does not matter. */
	assert(money_of_line(q, p, &rate[1], 1, &full) == rc);
	assert(rc != 0 || full.hundredths == plain.hundredths);
	rc = money_of_line(q, p, rate, 3, &some);
	struct percent turned[3] = { rate[2], rate[0], rate[1] };

	assert(money_of_line((struct quantity){ b }, (struct price){ a }, turned, 3, &full) == rc);
	assert(rc != 0 || full.hundredths == some.hundredths);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t number[3];
	int scale;

	if (size < 1 + sizeof(number))
		return 0;
	scale = data[0] % 7;
	memcpy(number, data + 1, sizeof(number));
	for (int i = 0; i < 3; i++)
		check_print(number[i], scale);
	int64_t divisor = number[2] == INT64_MIN ? INT64_MAX : number[2] < 0 ? -number[2] : number[2];

	check_quotient(number[0], number[1], divisor == 0 ? 1 : divisor);
	check_quotient(number[0], number[1] % 100000, divisor % 100000 + 1);
	check_line(number[0], number[1], number[2]);
	check_line(number[0] % 100000000, number[1] % 100000000000, number[2]);
	check_text(slice_from((const char *)data + 25, size - 25), scale);
	return 0;
}
