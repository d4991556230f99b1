/* Arenas, buffers, maps and lists keep what is put in, within their stated limits. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/map.h"
#include "tests/unit/unit.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

/* True when all bytes have this value; check itself is too slow to be asked for each. */
static bool
all_bytes(const unsigned char *at, size_t size, unsigned char value)
{
	for (size_t i = 0; i < size; i++)
		if (at[i] != value)
			return false;
	return true;
}

START_TEST(arena_memory_is_zeroed_aligned_and_apart)
{
	struct arena *a = arena_new(0);
	unsigned char *piece[2000];
	size_t size[2000];

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 2000; i++) {
			size[i] = i * 37 % 700 + (i % 500 == 0 ? 100000 : 0);
			piece[i] = arena_alloc(a, size[i]);
			ck_assert_uint_eq((uintptr_t)piece[i] % 16, 0);
			ck_assert(all_bytes(piece[i], size[i], 0));
			memset(piece[i], (int)(i % 255 + 1), size[i]);
		}
		for (size_t i = 0; i < 2000; i++)
			ck_assert(all_bytes(piece[i], size[i], (unsigned char)(i % 255 + 1)));
		ck_assert_uint_ge(arena_used(a), 700000);
		arena_reset(a);
		ck_assert_uint_eq(arena_used(a), 0);
	}
	arena_free(a);
	arena_free(NULL);
}
END_TEST

START_TEST(an_arena_copies_text)
{
	struct arena *a = arena_new(0);
	struct slice copy = arena_slice(a, slice_from("a\0b", 3));

	ck_assert_uint_eq(copy.len, 3);
	ck_assert_mem_eq(copy.at, "a\0b", 4);
	ck_assert_str_eq(arena_text(a, SLICE("abc")), "abc");
	ck_assert_str_eq(arena_text(a, slice_of(NULL)), "");
	ck_assert_str_eq(arena_printf(a, "%d-%s", 7, "x"), "7-x");
	arena_free(a);
}
END_TEST

START_TEST(an_array_in_an_arena_grows)
{
	struct arena *a = arena_new(0);
	struct {
		int *item;
		size_t count, capacity;
	} list = { 0 };

	for (int i = 0; i < 10000; i++)
		*ARENA_PUSH(a, list.item, list.count, list.capacity) = i;
	ck_assert_uint_eq(list.count, 10000);
	for (int i = 0; i < 10000; i++)
		ck_assert(list.item[i] == i);
	arena_free(a);
}
END_TEST

START_TEST(an_arena_may_be_filled_to_its_maximum)
{
	struct arena *a = arena_new(1000);

	ck_assert_ptr_nonnull(arena_alloc(a, 500));
	ck_assert_ptr_nonnull(arena_alloc(a, 480));
	arena_reset(a);
	ck_assert_ptr_nonnull(arena_alloc(a, 1000));
	arena_free(a);
}
END_TEST

START_TEST(an_arena_beyond_its_maximum_ends_the_process)
{
	struct arena *a = arena_new(1000);

	arena_alloc(a, 500);
	arena_alloc(a, 501);
}
END_TEST

START_TEST(an_array_size_that_overflows_ends_the_process)
{
	arena_array(arena_new(0), SIZE_MAX / 2, 3);
}
END_TEST

START_TEST(a_map_keeps_values_in_insertion_order)
{
	struct arena *a = arena_new(0);
	struct map *m = map_new(a);
	static int value[20000];
	size_t cursor = 0;
	struct slice key;
	void *found;

	ck_assert_ptr_null(map_get(m, SLICE("k1")));
	for (int i = 0; i < 20000; i++) {
		char text[16];
		int len = snprintf(text, sizeof(text), "k%d", i);

		/* keys are copied: text is overwritten each time */
		ck_assert_ptr_null(map_put(m, slice_from(text, (size_t)len), &value[i]));
	}
	ck_assert_uint_eq(map_count(m), 20000);
	ck_assert_ptr_eq(map_get(m, SLICE("k0")), &value[0]);
	ck_assert_ptr_eq(map_get(m, SLICE("k19999")), &value[19999]);
	ck_assert_ptr_null(map_get(m, SLICE("k20000")));
	ck_assert_ptr_eq(map_put(m, SLICE("k7"), &value[0]), &value[7]);
	ck_assert_uint_eq(map_count(m), 20000);
	for (int i = 0; map_next(m, &cursor, &key, &found); i++)
		ck_assert(found == &value[i == 7 ? 0 : i]);
	ck_assert_uint_eq(cursor, 20000);
	arena_free(a);
}
END_TEST

START_TEST(map_keys_are_any_bytes)
{
	struct arena *a = arena_new(0);
	struct map *m = map_new(a);
	static const char zeros[40];
	static int value[41];

	/* keys that differ only in their length */
	for (size_t n = 0; n <= 40; n++)
		ck_assert_ptr_null(map_put(m, slice_from(zeros, n), &value[n]));
	for (size_t n = 0; n <= 40; n++)
		ck_assert_ptr_eq(map_get(m, slice_from(zeros, n)), &value[n]);
	ck_assert_ptr_eq(map_get(m, slice_of(NULL)), &value[0]);
	arena_free(a);
}
END_TEST

struct numbered {
	int number;
	struct list_node node;
};

START_TEST(a_list_keeps_order_and_allows_removal_while_walking)
{
	struct list_node head;
	struct numbered item[10];
	int sum = 0, left = 0;

	list_init(&head);
	ck_assert(list_is_empty(&head));
	for (int i = 0; i < 10; i++) {
		item[i].number = i;
		list_init(&item[i].node);
		list_append(&head, &item[i].node);
	}
	LIST_FOREACH(n, &head)
	{
		struct numbered *x = LIST_ITEM(n, struct numbered, node);

		ck_assert_int_eq(x->number, sum++);
		if (x->number % 2 == 0)
			list_remove(n);
	}
	list_remove(&item[0].node); /* twice is harmless */
	LIST_FOREACH(n, &head)
	ck_assert_int_eq(LIST_ITEM(n, struct numbered, node)->number, 2 * left++ + 1);
	ck_assert_int_eq(left, 5);
	LIST_FOREACH(n, &head)
	list_remove(n);
	ck_assert(list_is_empty(&head));
}
END_TEST

START_TEST(a_buffer_grows_to_its_maximum_and_no_further)
{
	struct buf b;

	buf_init(&b, 1000);
	ck_assert_uint_eq(buf_slice(&b).len, 0);
	for (int i = 0; i < 100; i++)
		buf_add_text(&b, "0123456789");
	ck_assert(buf_ok(&b));
	ck_assert_uint_eq(b.len, 1000);
	ck_assert_uint_eq(strlen(b.at), 1000);
	buf_add(&b, SLICE(""));
	ck_assert(buf_ok(&b));
	buf_add_char(&b, 'x');
	ck_assert(!buf_ok(&b));
	ck_assert_uint_eq(b.len, 1000);
	buf_reset(&b);
	buf_add_text(&b, "after");
	ck_assert(buf_ok(&b));
	ck_assert_str_eq(b.at, "after");
	buf_free(&b);
}
END_TEST

START_TEST(a_failed_buffer_takes_nothing_more)
{
	struct buf b;

	buf_init(&b, 5);
	buf_add_text(&b, "abc");
	buf_addf(&b, "%d", 123);
	ck_assert(!buf_ok(&b));
	buf_add_text(&b, "d");
	ck_slice(buf_slice(&b), "abc");
	buf_free(&b);
}
END_TEST

START_TEST(a_buffer_prints)
{
	struct buf b;

	buf_init(&b, 10000);
	buf_add_int(&b, -9223372036854775807LL - 1);
	buf_addf(&b, "|%05d|%s|", 42, "x");
	buf_add_hex(&b, SLICE("\x00\x7f\xff\xa5"));
	ck_slice(buf_slice(&b), "-9223372036854775808|00042|x|007fffa5");
	buf_free(&b);
}
END_TEST

/* RFC 4648 §10 */
static const struct {
	const char *plain, *coded;
} base64[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xfe", "+//+" },
};

START_TEST(base64_vectors)
{
	struct buf b;

	buf_init(&b, 100);
	buf_add_base64(&b, slice_of(base64[_i].plain));
	ck_slice(buf_slice(&b), base64[_i].coded);
	buf_reset(&b);
	ck_assert_int_eq(buf_add_base64_decoded(&b, slice_of(base64[_i].coded)), 0);
	ck_slice(buf_slice(&b), base64[_i].plain);
	buf_free(&b);
}
END_TEST

/* Every byte, in every place of the blocks: `seq`-like bytes 0 … 255 through coreutils' base64. */
START_TEST(base64_of_every_byte)
{
	static const char coded[] =
	    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7"
	    "PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3"
	    "eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6PkJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmqq6ytrq+wsbKz"
	    "tLW2t7i5uru8vb6/wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t/g4eLj5OXm5+jp6uvs7e7v"
	    "8PHy8/T19vf4+fr7/P3+/w==";
	char bytes[256];
	struct buf b;

	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	buf_init(&b, 1000);
	for (size_t len = 0; len <= 252; len += 3) { /* whole groups: no padding differs */
		buf_reset(&b);
		buf_add_base64(&b, slice_from(bytes, len));
		ck_assert(slice_eq(buf_slice(&b), slice_from(coded, len / 3 * 4)));
	}
	buf_reset(&b);
	buf_add_base64(&b, slice_from(bytes, 256));
	ck_slice(buf_slice(&b), coded);
	buf_free(&b);
}
END_TEST

static const struct {
	const char *coded;
	int code;
	const char *plain;
} base64_oddities[] = {
	{ " Zm9v\r\n\tYmFy\n", 0, "foobar" },
	{ "Zm9vYg=\n=", 0, "foob" },
	{ "Zm9vYg", ERR_INPUT, "foo" },
	{ "Zm9vYg=", ERR_INPUT, "foo" },
	{ "Zm9vYg===", ERR_INPUT, "foo" },
	{ "Zm9vY", ERR_INPUT, "foo" },
	{ "Zm9v====", ERR_INPUT, "foo" },
	{ "====", ERR_INPUT, "" },
	{ "Zg==Zg==", ERR_INPUT, "" },
	{ "Zm9v-_", ERR_INPUT, "foo" },
	{ "Zh==", ERR_INPUT, "" }, /* unused bits are not zero */
	{ "Zm9=", ERR_INPUT, "" },
};

START_TEST(base64_is_strict)
{
	struct buf b;

	buf_init(&b, 100);
	ck_assert_int_eq(
	    buf_add_base64_decoded(&b, slice_of(base64_oddities[_i].coded)), base64_oddities[_i].code);
	ck_slice(buf_slice(&b), base64_oddities[_i].plain);
	buf_free(&b);
	buf_init(&b, 2);
	ck_assert_int_eq(buf_add_base64_decoded(&b, SLICE("Zm9v")), ERR_LIMIT);
	buf_free(&b);
}
END_TEST

/* A folder of its own for each test of files. */
static char *
make_folder(char path[64])
{
	snprintf(path, 64, "/tmp/hmis-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
	ck_assert_int_eq(chdir(path), 0);
	return path;
}

static void
drop_folder(const char *path)
{
	ck_assert_int_eq(chdir("/"), 0);
	/* rmdir fails when anything else was left behind */
	ck_assert_int_eq(rmdir(path), 0);
}

START_TEST(files_are_replaced_whole_and_keep_their_mode)
{
	char path[64];
	struct buf b;
	struct stat st;
	struct err e;

	make_folder(path);
	buf_init(&b, 1 << 20);
	buf_add_text(&b, "first");
	ck_assert_int_eq(buf_write_file(&b, "f", &e), 0);
	ck_assert_int_eq(chmod("f", 0600), 0);
	for (int i = 0; i < 100000; i++)
		buf_add_text(&b, "x");
	ck_assert_int_eq(buf_write_file(&b, "./f", &e), 0);
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	buf_reset(&b);
	ck_assert_int_eq(buf_read_file(&b, "f", &e), 0);
	ck_assert_uint_eq(b.len, 100005);
	ck_assert_int_eq(unlink("f"), 0);
	buf_free(&b);
	drop_folder(path);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_says_so)
{
	char path[64];
	struct buf b;
	struct err e;

	make_folder(path);
	buf_init(&b, 10);
	buf_add_text(&b, "x");
	ck_assert_int_eq(buf_write_file(&b, "no/such/folder", &e), ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.detail, "no/such/folder"));
	ck_assert_int_eq(buf_write_file(&b, ".", &e), ERR_IO);
	ck_assert_int_eq(buf_write_file(&b, "/dev/full", &e), ERR_IO);
	ck_assert_int_eq(buf_write_file(&b, "/dev/null", &e), 0);
	buf_add_text(&b, "more than ten bytes");
	ck_assert_int_eq(buf_write_file(&b, "f", &e), ERR_IO);
	ck_assert_int_ne(access("f", F_OK), 0);
	buf_free(&b);
	drop_folder(path);
}
END_TEST

START_TEST(a_file_longer_than_the_buffer_is_refused)
{
	char path[64];
	struct buf b, small;
	struct err e;

	make_folder(path);
	buf_init(&b, 100);
	buf_add_text(&b, "0123456789");
	ck_assert_int_eq(buf_write_file(&b, "f", &e), 0);
	buf_init(&small, 12);
	ck_assert_int_eq(buf_read_file(&small, "f", &e), 0);
	ck_slice(buf_slice(&small), "0123456789");
	ck_assert_int_eq(buf_read_file(&small, "f", &e), ERR_LIMIT);
	ck_slice(buf_slice(&small), "0123456789");
	buf_free(&small);
	buf_init(&small, 10);
	ck_assert_int_eq(buf_read_file(&small, "f", &e), 0);
	ck_assert_int_eq(buf_read_file(&small, "missing", &e), ERR_IO);
	ck_assert_int_eq(buf_read_file(&small, ".", &e), ERR_IO);
	ck_slice(buf_slice(&small), "0123456789");
	ck_assert_int_eq(unlink("f"), 0);
	buf_free(&small);
	buf_free(&b);
	drop_folder(path);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("memory");
	TCase *tc = tcase_create("memory");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, arena_memory_is_zeroed_aligned_and_apart);
	tcase_add_test(tc, an_arena_copies_text);
	tcase_add_test(tc, an_array_in_an_arena_grows);
	tcase_add_test(tc, an_arena_may_be_filled_to_its_maximum);
	tcase_add_test_raise_signal(tc, an_arena_beyond_its_maximum_ends_the_process, SIGABRT);
	tcase_add_test_raise_signal(tc, an_array_size_that_overflows_ends_the_process, SIGABRT);
	tcase_add_test(tc, a_map_keeps_values_in_insertion_order);
	tcase_add_test(tc, map_keys_are_any_bytes);
	tcase_add_test(tc, a_list_keeps_order_and_allows_removal_while_walking);
	tcase_add_test(tc, a_buffer_grows_to_its_maximum_and_no_further);
	tcase_add_test(tc, a_failed_buffer_takes_nothing_more);
	tcase_add_test(tc, a_buffer_prints);
	tcase_add_test(tc, base64_of_every_byte);
	tcase_add_loop_test(tc, base64_vectors, 0, COUNT(base64));
	tcase_add_loop_test(tc, base64_is_strict, 0, COUNT(base64_oddities));
	tcase_add_test(tc, files_are_replaced_whole_and_keep_their_mode);
	tcase_add_test(tc, a_file_that_cannot_be_written_says_so);
	tcase_add_test(tc, a_file_longer_than_the_buffer_is_refused);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
