/* Tokens, passwords, and the brake. Expected values: FIPS 180-4 (SHA-256 of "abc"), RFC 9106 (argon2id). */
#include "base/buf.h"
#include "server/sec/sec.h"
#include "tests/unit/unit.h"

static const struct sec_argon cheap = { 64, 1, 1 };

START_TEST(digests_are_sha256)
{
	unsigned char hash[SEC_HASH_BYTES];
	const struct slice part[] = { SLICE("a"), SLICE(""), SLICE("bc") };
	struct buf b;
	buf_init(&b, 100);
	sec_sha256(part, 3, hash);
	buf_add_hex(&b, slice_from((char *)hash, sizeof(hash)));
	ck_slice(buf_slice(&b), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	buf_free(&b);
}
END_TEST

START_TEST(a_token_is_known_by_its_hash)
{
	char token[SEC_TOKEN_TEXT + 1], other[SEC_TOKEN_TEXT + 1], header[80];
	unsigned char hash[SEC_HASH_BYTES], found[SEC_HASH_BYTES];
	sec_token_new(token, hash);
	sec_token_new(other, found);
	ck_assert_uint_eq(strlen(token), SEC_TOKEN_TEXT);
	ck_assert_str_ne(token, other);
	snprintf(header, sizeof(header), "Bearer %s", token);
	ck_assert(sec_token_hash(slice_of(header), found));
	ck_assert_mem_eq(hash, found, SEC_HASH_BYTES);
	snprintf(header, sizeof(header), "bearer %s", token); /* RFC 9110, 11.1: case does not matter */
	ck_assert(sec_token_hash(slice_of(header), found));
}
END_TEST

START_TEST(what_is_no_token_is_refused)
{
	static const char *const wrong[] = { "", "Bearer", "Bearer ", "Bearer abc", "Basic dXNlcjpwYXNz",
		"Bearer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=",
		"Bearer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	unsigned char hash[SEC_HASH_BYTES];
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!sec_token_hash(slice_of(wrong[i]), hash), "%s", wrong[i]);
	ck_assert(!sec_token_hash(slice_of(NULL), hash));
}
END_TEST

START_TEST(a_password_is_judged_by_its_hash)
{
	char hash[SEC_PASSWORD_HASH_MAX], again[SEC_PASSWORD_HASH_MAX];
	struct err e = { 0 };
	ck_assert_int_eq(sec_password_hash(SLICE("mật khẩu dài"), &cheap, hash, &e), 0);
	ck_assert_int_eq(sec_password_hash(SLICE("mật khẩu dài"), &cheap, again, &e), 0);
	ck_assert_str_ne(hash, again); /* salted */
	ck_assert_int_eq(strncmp(hash, "$argon2id$v=19$m=64,t=1,p=1$", 28), 0);
	ck_assert_int_eq(sec_password_verify(hash, SLICE("mật khẩu dài"), &e), 0);
	ck_assert_int_eq(sec_password_verify(hash, SLICE("mật khẩu dàj"), &e), ERR_DENIED);
	ck_assert_int_eq(sec_password_verify("$argon2id$broken", SLICE("x"), &e), ERR_IO);
}
END_TEST

START_TEST(passwords_have_a_least_quality)
{
	struct err e = { 0 };
	ck_assert_int_eq(sec_password_judge(SLICE("short"), &e), ERR_INPUT);
	ck_assert_int_eq(sec_password_judge(SLICE("aaaaaaaaaaaaaaaa"), &e), ERR_INPUT);
	ck_assert_int_eq(sec_password_judge(SLICE("mua xuan 2026"), &e), 0);
	char long_one[200];
	memset(long_one, 'x', sizeof(long_one));
	ck_assert_int_eq(sec_password_judge(slice_from(long_one, 129), &e), ERR_INPUT);
}
END_TEST

START_TEST(the_brake_lets_a_burst_through_and_then_one_at_a_time)
{
	struct sec_brake *b = sec_brake_new(64, 3, 1000);
	int64_t now = 1000000000;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(sec_brake_take(b, SLICE("a"), now), 0);
	ck_assert_int_eq(sec_brake_take(b, SLICE("a"), now), 1);
	ck_assert_int_eq(sec_brake_take(b, SLICE("b"), now), 0); /* another key is free */
	ck_assert_int_eq(sec_brake_take(b, SLICE("a"), now + 999999), 1);
	ck_assert_int_eq(sec_brake_take(b, SLICE("a"), now + 1000000), 0);
	ck_assert_int_eq(sec_brake_take(b, SLICE("a"), now + 1000000), 1);
	ck_assert_int_eq(sec_brake_take(b, SLICE("a"), now + 9000000), 0);
	sec_brake_free(b);
}
END_TEST

START_TEST(many_keys_do_not_grow_the_brake)
{
	struct sec_brake *b = sec_brake_new(16, 2, 60000);
	char key[32];
	for (int i = 0; i < 10000; i++) {
		int len = snprintf(key, sizeof(key), "%d", i);
		sec_brake_take(b, slice_from(key, (size_t)len), 1000000000);
	}
	sec_brake_free(b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sec");
	TCase *t = tcase_create("sec");
	tcase_add_test(t, digests_are_sha256);
	tcase_add_test(t, a_token_is_known_by_its_hash);
	tcase_add_test(t, what_is_no_token_is_refused);
	tcase_add_test(t, a_password_is_judged_by_its_hash);
	tcase_add_test(t, passwords_have_a_least_quality);
	tcase_add_test(t, the_brake_lets_a_burst_through_and_then_one_at_a_time);
	tcase_add_test(t, many_keys_do_not_grow_the_brake);
	suite_add_tcase(s, t);
	return unit_main(s);
}
