/* src/cli/result_file.c - see result_file.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/result_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "bridge/readers.h"
#include "store/store.h"

static struct result *read_json(const char *path, struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	if (file_read(path, &text, e) < 0)
		return NULL;
	CLEANUP(json_unref) json_t *j = json_read(text.data ? text.data : "", text.len,
						  JSON_DEPTH_MAX, e);
	struct result *r = j ? result_from_json(j, e) : NULL;
	if (!r)
		(void)err_prefix(e, "%s: ", path);
	return r;
}

static bool is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

struct result *result_file_open(const char *path, struct arena *a, struct err *e)
{
	const char *db = path;
	struct result *r = NULL;
	if (is_dir(path)) {
		const char *json = arena_fmt(a, "%s/result.json", path);
		db = arena_fmt(a, "%s/results.db", path);
		if (access(json, F_OK) == 0)
			return read_json(json, e);
		if (access(db, F_OK) != 0) {
			(void)err_set(e, ERR_USAGE, "'%s' holds neither result.json nor results.db",
				      path);
			return NULL;
		}
	} else if (!str_ends(path, ".db")) {
		return read_json(path, e);
	}
	return store_load(db, &r, e) < 0 ? NULL : r;
}

struct result *result_file_open_any(const char *path, struct arena *a, struct err *e)
{
	const struct result_reader *reader = result_reader_find(path, a);
	return reader ? result_reader_read(reader, path, e) : result_file_open(path, a, e);
}
