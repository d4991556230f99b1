/*
 * Amounts are exact. The expected values are worked out by hand from the rule "one rounding, half away
 * from zero", and from the limits of int64 (9,223,372,036,854,775,807).
 */
#include "base/decimal.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	int scale;
	int64_t value;
	const char *printed, *fixed;
} good[] = {
	{ "0", 2, 0, "0", "0.00" },
	{ "-0", 2, 0, "0", "0.00" },
	{ "0.00", 2, 0, "0", "0.00" },
	{ "15300.5", 3, 15300500, "15300.5", "15300.500" },
	{ "15300.500", 3, 15300500, "15300.5", "15300.500" },
	{ "15300.5000000000", 3, 15300500, "15300.5", "15300.500" },
	{ "007", 0, 7, "7", "7" },
	{ "0.1", 1, 1, "0.1", "0.1" },
	{ "-0.01", 2, -1, "-0.01", "-0.01" },
	{ "-1.000001", 6, -1000001, "-1.000001", "-1.000001" },
	{ "100", 2, 10000, "100", "100.00" },
	{ "39000", 2, 3900000, "39000", "39000.00" },
	{ "0000000000000000000000000000001.10", 2, 110, "1.1", "1.10" },
	{ "9223372036854775807", 0, INT64_MAX, "9223372036854775807", "9223372036854775807" },
	{ "-9223372036854775808", 0, INT64_MIN, "-9223372036854775808", "-9223372036854775808" },
	{ "92233720368547758.07", 2, INT64_MAX, "92233720368547758.07", "92233720368547758.07" },
	{ "-92233720368547758.08", 2, INT64_MIN, "-92233720368547758.08", "-92233720368547758.08" },
	{ "-9223372036854.775808", 6, INT64_MIN, "-9223372036854.775808", "-9223372036854.775808" },
};

START_TEST(good_numbers_are_read_and_printed_exactly)
{
	char out[DECIMAL_TEXT_MAX];
	struct err e;
	int64_t value;

	ck_assert_int_eq(decimal_parse(slice_of(good[_i].text), good[_i].scale, &value, &e), 0);
	ck_assert_int_eq(value, good[_i].value);
	ck_assert_uint_eq(decimal_print(value, good[_i].scale, out), strlen(good[_i].printed));
	ck_assert_str_eq(out, good[_i].printed);
	ck_assert_uint_eq(decimal_print_fixed(value, good[_i].scale, out), strlen(good[_i].fixed));
	ck_assert_str_eq(out, good[_i].fixed);
}
END_TEST

static const struct {
	const char *text;
	int scale;
	int code;
} bad[] = {
	{ "", 2, ERR_INPUT },
	{ "-", 2, ERR_INPUT },
	{ ".", 2, ERR_INPUT },
	{ ".5", 2, ERR_INPUT },
	{ "5.", 2, ERR_INPUT },
	{ "-.5", 2, ERR_INPUT },
	{ "--1", 2, ERR_INPUT },
	{ "+1", 2, ERR_INPUT },
	{ " 1", 2, ERR_INPUT },
	{ "1 ", 2, ERR_INPUT },
	{ "1,5", 2, ERR_INPUT },
	{ "1.000.000", 2, ERR_INPUT },
	{ "1e3", 2, ERR_INPUT },
	{ "0x10", 2, ERR_INPUT },
	{ "NaN", 2, ERR_INPUT },
	{ "1.-5", 2, ERR_INPUT },
	{ "\xef\xbc\x91", 2, ERR_INPUT }, /* fullwidth 1 */
	{ "1.001", 2, ERR_INPUT },
	{ "1.5", 0, ERR_INPUT },
	{ "9223372036854775808", 0, ERR_OVERFLOW },
	{ "-9223372036854775809", 0, ERR_OVERFLOW },
	{ "92233720368547758.08", 2, ERR_OVERFLOW },
	{ "18446744073709551616", 0, ERR_OVERFLOW },
	{ "99999999999999999999999999999999", 6, ERR_OVERFLOW },
};

START_TEST(bad_numbers_are_refused_and_change_nothing)
{
	struct err e;
	int64_t value = 42;

	ck_assert_int_eq(decimal_parse(slice_of(bad[_i].text), bad[_i].scale, &value, &e), bad[_i].code);
	ck_assert_int_eq(e.code, bad[_i].code);
	ck_assert_str_eq(e.field, "");
	ck_assert_int_eq(value, 42);
}
END_TEST

static const struct {
	int64_t a, b, divisor;
	int64_t want;
	int code;
} quotients[] = {
	{ 5, 1, 10, 1, 0 },                                                                    /* 0.5 → 1 */
	{ -5, 1, 10, -1, 0 }, { 5, -1, 10, -1, 0 }, { -5, -1, 10, 1, 0 }, { 15, 1, 10, 2, 0 }, /* 1.5 → 2 */
	{ 25, 1, 10, 3, 0 }, /* 2.5 → 3, not the even 2 */
	{ -25, 1, 10, -3, 0 }, { 4, 1, 10, 0, 0 }, { -4, 1, 10, 0, 0 }, { 1, 1, 3, 0, 0 }, { 2, 1, 3, 1, 0 },
	{ 3, 1, 2, 2, 0 }, { 0, INT64_MIN, 7, 0, 0 }, { INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, 0 },
	{ INT64_MIN, INT64_MAX, INT64_MAX, INT64_MIN, 0 }, { INT64_MIN, 1, 1, INT64_MIN, 0 },
	{ INT64_MIN, -1, 1, 0, ERR_OVERFLOW }, { INT64_MIN, INT64_MIN, 1, 0, ERR_OVERFLOW },
	{ INT64_MIN, INT64_MIN, INT64_MAX, 0, ERR_OVERFLOW }, { INT64_MAX, 2, 1, 0, ERR_OVERFLOW },
	{ INT64_MAX, 3, 3, INT64_MAX, 0 }, { INT64_MAX, 1, INT64_MAX, 1, 0 },
	{ INT64_MAX / 2, 1, INT64_MAX, 0, 0 },     /* just below a half */
	{ INT64_MAX / 2 + 1, 1, INT64_MAX, 1, 0 }, /* just above */
};

START_TEST(a_half_is_rounded_away_from_zero)
{
	int64_t value = 42;
	int rc = decimal_mul_div(quotients[_i].a, quotients[_i].b, quotients[_i].divisor, &value);

	ck_assert_int_eq(rc, quotients[_i].code);
	ck_assert_int_eq(value, rc == 0 ? quotients[_i].want : 42);
}
END_TEST

static const struct {
	const char *quantity, *price;
	const char *rate[3];
	const char *want; /* NULL: too large */
} lines[] = {
	{ "1", "39000", { NULL }, "39000" },
	{ "3", "12345.678", { NULL }, "37037.03" }, /* 37037.034 */
	{ "0.5", "0.01", { NULL }, "0.01" },        /* 0.005 */
	{ "-0.5", "0.01", { NULL }, "-0.01" },      /* −0.005 */
	{ "0.001", "4.999", { NULL }, "0" },        /* 0.004999 */
	{ "0.001", "5", { NULL }, "0.01" },         /* 0.005 */
	{ "2", "1500.255", { "80" }, "2400.41" },   /* 2400.408 */
	{ "1", "0.01", { "50" }, "0.01" },          /* 0.005 */
	{ "1", "0.01", { "49.99" }, "0" },          /* 0.004999 */
	{ "1", "0.05", { "30", "33.33" }, "0" }, /* 0.0049995: rounding 30 % first gives 0.02 × … = 0.01 */
	{ "1", "1000", { "95", "80", "50" }, "380" },                  /* 1000 × 0.95 × 0.8 × 0.5 */
	{ "-2", "1000", { "95", "-80", "50" }, "760" },                /* signs multiply too */
	{ "7", "333.333", { "100", "100", "100" }, "2333.33" },        /* 2333.331 */
	{ "1000000000", "1000000000", { "100", "100", "100" }, NULL }, /* 10^18 đ > 9.2 × 10^16 đ */
	{ "9000000", "10000000000", { "100", "100", "100" }, "90000000000000000" },
	{ "9223372036854775.807", "9223372036854775.807", { NULL }, NULL },
	{ "9223372036854775.807", "9223372036854775.807", { "21474836.47", "21474836.47", "0" }, "0" },
	{ "9223372036854775.807", "9223372036854775.807", { "21474836.47", "21474836.47", "21474836.47" },
	    NULL },
	{ "9223372036854775.807", "0.001", { "0.01", "0.01", "0.01" },
	    "9.22" }, /* 9.223 372 × 10^12 × 10^-12 */
	{ "0", "9223372036854775.807", { NULL }, "0" },
};

START_TEST(a_line_is_rounded_once_at_its_end)
{
	struct quantity q;
	struct price p;
	struct percent rate[3];
	struct money m = { 42 };
	size_t count = 0;
	char out[DECIMAL_TEXT_MAX];

	ck_assert_int_eq(quantity_parse(slice_of(lines[_i].quantity), &q, NULL), 0);
	ck_assert_int_eq(price_parse(slice_of(lines[_i].price), &p, NULL), 0);
	for (; count < 3 && lines[_i].rate[count] != NULL; count++)
		ck_assert_int_eq(percent_parse(slice_of(lines[_i].rate[count]), &rate[count], NULL), 0);
	int rc = money_of_line(q, p, rate, count, &m);

	if (lines[_i].want == NULL) {
		ck_assert_int_eq(rc, ERR_OVERFLOW);
		ck_assert_int_eq(m.hundredths, 42);
		return;
	}
	ck_assert_int_eq(rc, 0);
	money_print(m, out);
	ck_assert_str_eq(out, lines[_i].want);
}
END_TEST

START_TEST(a_percentage_of_money)
{
	struct money m;

	/* 80 % of 0.03 đ is 0.024; 50 % of ±0.01 đ is ±0.005 */
	ck_assert_int_eq(money_percent((struct money){ 3 }, PERCENT(80), &m), 0);
	ck_assert_int_eq(m.hundredths, 2);
	ck_assert_int_eq(money_percent((struct money){ 1 }, PERCENT(50), &m), 0);
	ck_assert_int_eq(m.hundredths, 1);
	ck_assert_int_eq(money_percent((struct money){ -1 }, PERCENT(50), &m), 0);
	ck_assert_int_eq(m.hundredths, -1);
	ck_assert_int_eq(money_percent(MONEY_DONG(2340000), PERCENT(15), &m), 0);
	ck_assert_int_eq(m.hundredths, MONEY_DONG(351000).hundredths);
	ck_assert_int_eq(money_percent((struct money){ INT64_MAX }, PERCENT(101), &m), ERR_OVERFLOW);
}
END_TEST

START_TEST(sums_that_do_not_fit_are_refused)
{
	struct money m = { 42 };

	ck_assert_int_eq(money_add((struct money){ INT64_MAX }, (struct money){ 1 }, &m), ERR_OVERFLOW);
	ck_assert_int_eq(money_sub((struct money){ INT64_MIN }, (struct money){ 1 }, &m), ERR_OVERFLOW);
	ck_assert_int_eq(money_sub((struct money){ 0 }, (struct money){ INT64_MIN }, &m), ERR_OVERFLOW);
	ck_assert_int_eq(m.hundredths, 42);
	ck_assert_int_eq(money_add(MONEY_DONG(10), (struct money){ -1 }, &m), 0);
	ck_assert_int_eq(m.hundredths, 999);
	ck_assert_int_eq(money_sub(MONEY_DONG(10), (struct money){ 1 }, &m), 0);
	ck_assert_int_eq(m.hundredths, 999);
}
END_TEST

START_TEST(a_percentage_fits_32_bits)
{
	struct percent p = { 42 };

	ck_assert_int_eq(percent_parse(SLICE("21474836.48"), &p, NULL), ERR_OVERFLOW);
	ck_assert_int_eq(p.hundredths, 42);
	ck_assert_int_eq(percent_parse(SLICE("21474836.47"), &p, NULL), 0);
	ck_assert_int_eq(p.hundredths, INT32_MAX);
	ck_assert_int_eq(percent_parse(SLICE("95"), &p, NULL), 0);
	ck_assert_int_eq(p.hundredths, PERCENT(95).hundredths);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("decimal");
	TCase *tc = tcase_create("decimal");

	tcase_add_loop_test(tc, good_numbers_are_read_and_printed_exactly, 0, COUNT(good));
	tcase_add_loop_test(tc, bad_numbers_are_refused_and_change_nothing, 0, COUNT(bad));
	tcase_add_loop_test(tc, a_half_is_rounded_away_from_zero, 0, COUNT(quotients));
	tcase_add_loop_test(tc, a_line_is_rounded_once_at_its_end, 0, COUNT(lines));
	tcase_add_test(tc, a_percentage_of_money);
	tcase_add_test(tc, sums_that_do_not_fit_are_refused);
	tcase_add_test(tc, a_percentage_fits_32_bits);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
