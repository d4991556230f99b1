#include "schema/folder.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void
folder_sha256(const struct slice *part, size_t count, char out[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; ok && i < count; i++)
		ok = EVP_DigestUpdate(context, part[i].at, part[i].len) == 1;
	ok = ok && EVP_DigestFinal_ex(context, digest, &len) == 1 && len == 32;
	EVP_MD_CTX_free(context);
	if (!ok)
		fatal("libcrypto has no SHA-256");
	for (size_t i = 0; i < 32; i++) {
		out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	out[64] = '\0';
}

int
folder_read_file(struct arena *a, const char *dir, const char *name, size_t max, struct folder_file *ret_file,
    struct err *e)
{
	struct buf content;

	buf_init(&content, max);
	int r = buf_read_file(&content, arena_printf(a, "%s/%s", dir, name), e);
	if (r == 0) {
		struct folder_file file = { .name = arena_text(a, slice_of(name)),
			.content = arena_slice(a, buf_slice(&content)) };
		folder_sha256(&file.content, 1, file.sha256);
		*ret_file = file;
	} else if (e && e->field[0] == '\0') {
		err_prefix_field(e, name);
	}
	buf_free(&content);
	return r;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
list_names(struct arena *a, const char *dir, const char *suffix, const char ***ret_names, size_t *ret_count,
    struct err *e)
{
	DIR *d = opendir(dir);
	const char **names = NULL;
	size_t count = 0, capacity = 0;

	if (d == NULL)
		return err_set(e, ERR_IO, dir, "cannot open the folder: %s", strerror(errno));
	for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
		struct slice name = slice_of(entry->d_name);
		if (entry->d_name[0] == '.' || !slice_ends(name, slice_of(suffix)))
			continue;
		*ARENA_PUSH(a, names, count, capacity) = arena_text(a, name);
	}
	closedir(d);
	if (count > 0)
		qsort(names, count, sizeof(*names), compare_names);
	*ret_names = names;
	*ret_count = count;
	return 0;
}

int
folder_read_all(struct arena *a, const char *dir, const char *suffix, size_t max,
    struct folder_file **ret_files, size_t *ret_count, struct err *e)
{
	const char **names = NULL;
	size_t count = 0;
	int r = list_names(a, dir, suffix, &names, &count, e);

	struct folder_file *files = ARENA_ARRAY(a, count ? count : 1, struct folder_file);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = folder_read_file(a, dir, names[i], max, &files[i], e);
	if (r < 0)
		return r;
	*ret_files = files;
	*ret_count = count;
	return 0;
}
