#include "base/decimal.h"

#include <assert.h>
#include <stdbool.h>

#define DECIMAL_SCALE_MAX 6
#define MONEY_SCALE 2
#define QUANTITY_SCALE 3
#define PERCENT_SCALE 2
#define PERCENT_WHOLE 10000 /* 100 % */
#define LINE_RATES_MAX 3

/*
 * Products are formed as sign and magnitude: 128-bit unsigned arithmetic needs no support beyond
 * libgcc with either compiler, and half away from zero is plain half up on a magnitude.
 */
__extension__ typedef unsigned __int128 wide;

struct product {
	wide magnitude;
	bool negative;
	bool overflow;
};

static uint64_t
magnitude_of(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static void
product_times(struct product *p, int64_t factor)
{
	uint64_t m = magnitude_of(factor);

	if (m != 0 && p->magnitude > ~(wide)0 / m)
		p->overflow = true;
	p->magnitude *= m;
	p->negative ^= factor < 0;
}

static int
signed_of(uint64_t magnitude, bool negative, int64_t *ret)
{
	if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return ERR_OVERFLOW;
	*ret = negative ? (int64_t)(-magnitude) : (int64_t)magnitude;
	return 0;
}

/* The only place where an amount is rounded. divisor > 0. */
static int
product_divide(const struct product *p, uint64_t divisor, int64_t *ret)
{
	if (p->overflow)
		return ERR_OVERFLOW;
	wide quotient = p->magnitude / divisor;
	wide rest = p->magnitude % divisor;

	if (rest >= divisor - rest)
		quotient++;
	if (quotient > UINT64_MAX)
		return ERR_OVERFLOW;
	return signed_of((uint64_t)quotient, p->negative, ret);
}

int
decimal_mul_div(int64_t a, int64_t b, int64_t divisor, int64_t *ret)
{
	struct product p = { 1, false, false };

	assert(divisor > 0);
	product_times(&p, a);
	product_times(&p, b);
	return product_divide(&p, (uint64_t)divisor, ret);
}

static bool
add_digit(uint64_t *magnitude, char digit)
{
	return !__builtin_mul_overflow(*magnitude, (uint64_t)10, magnitude) &&
	       !__builtin_add_overflow(*magnitude, (uint64_t)(digit - '0'), magnitude);
}

/* Reads whole and fraction (digits only) as one magnitude of `scale` decimals. */
static int
read_digits(struct slice whole, struct slice fraction, int scale, uint64_t *ret, struct err *e)
{
	uint64_t magnitude = 0;
	size_t kept = (size_t)scale;

	for (size_t i = kept; i < fraction.len; i++)
		if (fraction.at[i] != '0')
			return err_set(e, ERR_INPUT, NULL, "more than %d decimals", scale);
	for (size_t i = 0; i < whole.len; i++)
		if (!add_digit(&magnitude, whole.at[i]))
			return err_set(e, ERR_OVERFLOW, NULL, "the number is too large");
	for (size_t i = 0; i < kept; i++)
		if (!add_digit(&magnitude, i < fraction.len ? fraction.at[i] : '0'))
			return err_set(e, ERR_OVERFLOW, NULL, "the number is too large");
	*ret = magnitude;
	return 0;
}

int
decimal_parse(struct slice s, int scale, int64_t *ret_value, struct err *e)
{
	assert(scale >= 0 && scale <= DECIMAL_SCALE_MAX);
	bool negative = s.len > 0 && s.at[0] == '-';
	struct slice digits = slice_skip(s, negative ? 1 : 0);
	size_t point = slice_find(digits, '.');
	struct slice whole = slice_from(digits.at, point);
	struct slice fraction = slice_skip(digits, point + 1);
	uint64_t magnitude = 0;
	int rc;

	if (!slice_is_digits(whole) || (point < digits.len && !slice_is_digits(fraction)))
		return err_set(e, ERR_INPUT, NULL, "not a decimal number");
	rc = read_digits(whole, fraction, scale, &magnitude, e);
	if (rc != 0)
		return rc;
	if (signed_of(magnitude, negative, ret_value) != 0)
		return err_set(e, ERR_OVERFLOW, NULL, "the number is too large");
	return 0;
}

static size_t
print(int64_t value, int scale, int decimals_kept, char out[DECIMAL_TEXT_MAX])
{
	char reversed[DECIMAL_TEXT_MAX];
	uint64_t magnitude = magnitude_of(value);
	size_t n = 0, len = 0;

	for (int i = 0; i < scale; i++, magnitude /= 10)
		if (i >= scale - decimals_kept)
			reversed[n++] = (char)('0' + magnitude % 10);
	if (decimals_kept > 0)
		reversed[n++] = '.';
	do
		reversed[n++] = (char)('0' + magnitude % 10);
	while ((magnitude /= 10) != 0);
	if (value < 0)
		reversed[n++] = '-';
	while (n > 0)
		out[len++] = reversed[--n];
	out[len] = '\0';
	return len;
}

size_t
decimal_print(int64_t value, int scale, char out[DECIMAL_TEXT_MAX])
{
	assert(scale >= 0 && scale <= DECIMAL_SCALE_MAX);
	int kept = scale;

	for (int64_t rest = value; kept > 0 && rest % 10 == 0; rest /= 10)
		kept--;
	return print(value, scale, kept, out);
}

size_t
decimal_print_fixed(int64_t value, int scale, char out[DECIMAL_TEXT_MAX])
{
	assert(scale >= 0 && scale <= DECIMAL_SCALE_MAX);
	return print(value, scale, scale, out);
}

int
money_parse(struct slice s, struct money *ret, struct err *e)
{
	return decimal_parse(s, MONEY_SCALE, &ret->hundredths, e);
}

int
quantity_parse(struct slice s, struct quantity *ret, struct err *e)
{
	return decimal_parse(s, QUANTITY_SCALE, &ret->thousandths, e);
}

int
price_parse(struct slice s, struct price *ret, struct err *e)
{
	return decimal_parse(s, QUANTITY_SCALE, &ret->thousandths, e);
}

int
percent_parse(struct slice s, struct percent *ret, struct err *e)
{
	int64_t value;
	int rc = decimal_parse(s, PERCENT_SCALE, &value, e);

	if (rc != 0)
		return rc;
	if (value < INT32_MIN || value > INT32_MAX)
		return err_set(e, ERR_OVERFLOW, NULL, "the percentage is too large");
	ret->hundredths = (int32_t)value;
	return 0;
}

size_t
money_print(struct money m, char out[DECIMAL_TEXT_MAX])
{
	return decimal_print(m.hundredths, MONEY_SCALE, out);
}

int
money_add(struct money a, struct money b, struct money *ret)
{
	int64_t sum;

	if (__builtin_add_overflow(a.hundredths, b.hundredths, &sum))
		return ERR_OVERFLOW;
	ret->hundredths = sum;
	return 0;
}

int
money_sub(struct money a, struct money b, struct money *ret)
{
	int64_t difference;

	if (__builtin_sub_overflow(a.hundredths, b.hundredths, &difference))
		return ERR_OVERFLOW;
	ret->hundredths = difference;
	return 0;
}

int
money_percent(struct money a, struct percent p, struct money *ret)
{
	return decimal_mul_div(a.hundredths, p.hundredths, PERCENT_WHOLE, &ret->hundredths);
}

int
money_of_line(struct quantity q, struct price p, const struct percent *rate, size_t count, struct money *ret)
{
	/* Three decimals twice, less the two of money. */
	uint64_t divisor = 10000;
	struct product product = { 1, false, false };
	bool zero = q.thousandths == 0 || p.thousandths == 0;

	assert(count <= LINE_RATES_MAX);
	product_times(&product, q.thousandths);
	product_times(&product, p.thousandths);
	for (size_t i = 0; i < count; i++) {
		product_times(&product, rate[i].hundredths);
		divisor *= PERCENT_WHOLE;
		zero |= rate[i].hundredths == 0;
	}
	/* Without a zero factor the whole product overflows 128 bits only when the amount overflows too. */
	if (zero)
		product = (struct product){ 0, false, false };
	return product_divide(&product, divisor, &ret->hundredths);
}
