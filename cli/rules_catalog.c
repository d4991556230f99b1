/* Catalogues from files for judging: --catalog FOLDER or --catalog NAME.tsv. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/rules.h"

#define CATALOG_FILE_MAX RULE_CATALOG_BYTES_MAX
#define NAME_MAX_BYTES 64

/* drug of /a/b/drug.tsv; ERR_INPUT for other endings. */
static int
name_of(const char *path, char ret[NAME_MAX_BYTES], struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct slice name = slice_of(slash ? slash + 1 : path);
	if (!slice_ends(name, SLICE(".tsv")) || name.len - 4 >= NAME_MAX_BYTES)
		return err_set(e, ERR_INPUT, path, "a catalogue is a file NAME.tsv");
	memcpy(ret, name.at, name.len - 4);
	ret[name.len - 4] = '\0';
	return 0;
}

static int
read_file(struct rule_catalog_rows *rows, const char *path, struct err *e)
{
	char name[NAME_MAX_BYTES];
	struct buf text;
	int rc = name_of(path, name, e);
	if (rc < 0)
		return rc;
	if (rule_catalog_find(slice_of(name)) < 0)
		return err_set(
		    e, ERR_INPUT, path, "there is no catalogue %s (docs/rules.md lists them)", name);
	buf_init(&text, CATALOG_FILE_MAX);
	rc = buf_read_file(&text, path, e);
	if (rc < 0 && !e->field[0])
		snprintf(e->field, sizeof(e->field), "%s", path);
	if (rc == 0)
		rc = rule_catalog_rows_read(rows, name, buf_slice(&text), e);
	buf_free(&text);
	return rc;
}

static int
read_folder(struct rule_catalog_rows *rows, const char *folder, struct err *e)
{
	char path[4096];
	DIR *d = opendir(folder);
	int rc = d ? 0 : err_set(e, ERR_IO, folder, "%s", strerror(errno));
	for (struct dirent *entry; rc == 0 && (entry = readdir(d));) {
		if (!slice_ends(slice_of(entry->d_name), SLICE(".tsv")))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path))
			rc = err_set(e, ERR_LIMIT, folder, "the path is too long");
		else
			rc = read_file(rows, path, e);
	}
	if (d)
		closedir(d);
	return rc;
}

int
rules_cli_catalogs(struct rule_catalog_rows *rows, const char *path, struct err *e)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return err_set(e, ERR_IO, path, "%s", strerror(errno));
	return S_ISDIR(st.st_mode) ? read_folder(rows, path, e) : read_file(rows, path, e);
}
