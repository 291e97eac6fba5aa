/* src/report/writer.c - the one list of writers, and the folder that they fill.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/writer.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "report/writers.h"

static const struct writer *const writers[] = {
	&writer_terminal, &writer_json, &writer_junit, &writer_markdown, &writer_csv, &writer_html,
};

const struct writer *writer_at(size_t i)
{
	return i < ARRAY_LEN(writers) ? writers[i] : NULL;
}

const struct writer *writer_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(writers); i++)
		if (strcmp(writers[i]->name, name) == 0)
			return writers[i];
	return NULL;
}

bool writer_chinese(const struct writer_options *o)
{
	const char *lang = o && o->lang ? o->lang : "auto";
	if (strcmp(lang, "auto") != 0)
		return strcmp(lang, "zh") == 0;
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return strncmp(value, "zh", 2) == 0;
	}
	return false;
}

/* The next file of a report folder from row *at on; NULL: that was all. */
static const struct writer *next_file(size_t *at)
{
	while (*at < ARRAY_LEN(writers) && !writers[*at]->file)
		++*at;
	return *at < ARRAY_LEN(writers) ? writers[(*at)++] : NULL;
}

static int path_in(const char *dir, const struct writer *w, char path[PATH_MAX], struct err *e)
{
	if (snprintf(path, PATH_MAX, "%s/%s", dir, w->file) >= PATH_MAX)
		return err_set(e, ERR_USAGE, "the path '%s' is too long", dir);
	return 0;
}

int report_clear_dir(const char *dir, struct err *e)
{
	char path[PATH_MAX];
	const struct writer *w;
	for (size_t i = 0; (w = next_file(&i));) {
		if (path_in(dir, w, path, e) < 0)
			return -1;
		if (unlink(path) < 0 && errno != ENOENT)
			return err_sys(e, "cannot remove the earlier report '%s'", path);
	}
	return 0;
}

int report_write_dir(const struct result *r, const char *dir, const struct writer_options *o,
		     struct err *e)
{
	char path[PATH_MAX];
	const struct writer *w;
	if (file_make_dirs(dir, e) < 0)
		return -1;
	for (size_t i = 0; (w = next_file(&i));) {
		CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
		if (path_in(dir, w, path, e) < 0 || w->write(r, o, &out, e) < 0 ||
		    file_write(path, out.data, out.len, e) < 0)
			return -1;
	}
	return 0;
}
