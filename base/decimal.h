/*
 * Exact decimal numbers. Money is int64 in 1/100 đồng; quantities and unit prices are int64 in
 * 1/1000; percentages int32 in 1/100 %. Products are formed in 128 bits and rounded once, half away
 * from zero (spec: BHYT claim standard, "làm tròn"). There is no double anywhere.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

struct money {
	int64_t hundredths; /* 1/100 đồng */
};
struct quantity {
	int64_t thousandths; /* 1/1000 unit */
};
struct price {
	int64_t thousandths; /* 1/1000 đồng per unit */
};
struct percent {
	int32_t hundredths; /* 1/100 %; 100 % is 10000 */
};

#define MONEY_DONG(n) ((struct money){ (int64_t)(n)*100 })
#define PERCENT(n) ((struct percent){ (int32_t)(n)*100 })
#define DECIMAL_TEXT_MAX 32

/*
 * Parses [-]digits[.digits] with at most `scale` decimals (more are allowed only when zero), leading zeros
 * allowed; no blanks, exponent, sign '+' or thousands mark. *ret_value is in units of 10^-scale. scale 0..6.
 * ERR_INPUT or ERR_OVERFLOW; e->field is left empty.
 */
int decimal_parse(struct slice s, int scale, int64_t *ret_value, struct err *e);
/* Prints value × 10^-scale without trailing zeros ("15300.5", "0"); returns the length. */
size_t decimal_print(int64_t value, int scale, char out[DECIMAL_TEXT_MAX]);
/* Prints with exactly `scale` decimals ("15300.500"). */
size_t decimal_print_fixed(int64_t value, int scale, char out[DECIMAL_TEXT_MAX]);

/* decimal_parse with the scale of the type. */
int money_parse(struct slice s, struct money *ret, struct err *e);
int quantity_parse(struct slice s, struct quantity *ret, struct err *e);
int price_parse(struct slice s, struct price *ret, struct err *e);
int percent_parse(struct slice s, struct percent *ret, struct err *e);
size_t money_print(struct money m, char out[DECIMAL_TEXT_MAX]);

/* *ret = a + b, a − b: 0 or ERR_OVERFLOW. */
int money_add(struct money a, struct money b, struct money *ret);
int money_sub(struct money a, struct money b, struct money *ret);
/* *ret = round(a × p): 0 or ERR_OVERFLOW. */
int money_percent(struct money a, struct percent p, struct money *ret);
/*
 * *ret = round(quantity × price × rate[0] × rate[1] …), one rounding at the end: 0 or ERR_OVERFLOW.
 * count 0..3.
 */
int money_of_line(
    struct quantity q, struct price p, const struct percent *rate, size_t count, struct money *ret);
/* round(a × b / divisor) half away from zero in 128 bits: 0 or ERR_OVERFLOW. divisor > 0. */
int decimal_mul_div(int64_t a, int64_t b, int64_t divisor, int64_t *ret);
