/* src/catalog/model_dir.c - which weight files a server would load, and how large they are.
 *
 * A folder may hold the same weights twice (.bin beside .safetensors, fp32 beside fp16): the
 * index file or the one standard name counts, never the sum of all files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "catalog/model_dir.h"

#include <dirent.h>
#include <math.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"

static int64_t file_size(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_size : -1;
}

static int add_file(const char *path, struct arena *a, struct model_files *m, struct err *e)
{
	if (str_ends(path, ".safetensors"))
		return safetensors_read(path, a, m, e);
	if (str_ends(path, ".gguf"))
		return gguf_read(path, a, m, e);
	m->bytes += (uint64_t)file_size(path);
	return 0;
}

static int read_index(const char *dir, const char *name, struct arena *a, struct model_files *m,
		      struct err *e)
{
	const char *path = arena_fmt(a, "%s/%s", dir, name);
	CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)64 << 20);
	if (file_read(path, &text, e) < 0)
		return -1;
	CLEANUP(json_unref) json_t *root = json_read(text.data ? text.data : "", text.len, 8, e);
	if (!root)
		return err_prefix(e, "%s: ", path);
	json_t *map = json_object_get(root, "weight_map");
	struct strings shards = {0};
	const char *key;
	json_t *value;
	json_object_foreach(map, key, value) {
		const char *shard = json_string_value(value);
		if (!shard || strchr(shard, '/') || strings_has(&shards, shard))
			continue;	/* only files of this folder */
		strings_add(&shards, a, arena_str(a, shard));
	}
	for (size_t i = 0; i < shards.n; i++) {
		const char *file = arena_fmt(a, "%s/%s", dir, shards.items[i]);
		if (file_size(file) < 0)
			strings_add(&m->problems, a, arena_fmt(a, "%s is named by the index and is "
							       "missing: fetch it", file));
		else if (add_file(file, a, m, e) < 0)
			return -1;
	}
	int64_t total;
	if (json_whole(root, "metadata.total_size", &total) && total > 0 && !m->problems.n &&
	    str_ends(name, ".bin.index.json"))
		m->bytes = (uint64_t)total;
	m->how = arena_fmt(a, "%zu file%s of %s", shards.n, str_plural(shards.n), name);
	return shards.n ? 0 : err_set(e, ERR_DATA, "%s names no files", path);
}

/* Files with this ending, in no order. */
static struct strings find_files(const char *dir, const char *ending, struct arena *a)
{
	struct strings list = {0};
	DIR *d = opendir(dir);
	struct dirent *entry;
	while (d && (entry = readdir(d)))
		if (str_ends(entry->d_name, ending))
			strings_add(&list, a, arena_str(a, entry->d_name));
	if (d)
		(void)closedir(d);
	return list;
}

/* 1: found and read. 0: no such file. */
static int try_standard(const char *dir, struct arena *a, struct model_files *m, struct err *e)
{
	static const char *const indices[] = {"model.safetensors.index.json",
					      "pytorch_model.bin.index.json"};
	static const char *const names[] = {"model.safetensors", "pytorch_model.bin", "model.pt",
					    "model.om"};
	for (size_t i = 0; i < ARRAY_LEN(indices); i++)
		if (file_size(arena_fmt(a, "%s/%s", dir, indices[i])) >= 0)
			return read_index(dir, indices[i], a, m, e) < 0 ? -1 : 1;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *path = arena_fmt(a, "%s/%s", dir, names[i]);
		if (file_size(path) < 0)
			continue;
		m->how = names[i];
		return add_file(path, a, m, e) < 0 ? -1 : 1;
	}
	return 0;
}

/* CosyVoice keeps its three networks in three files. */
static int try_cosyvoice(const char *dir, struct arena *a, struct model_files *m, struct err *e)
{
	static const char *const names[] = {"llm.pt", "flow.pt", "hift.pt"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (file_size(arena_fmt(a, "%s/%s", dir, names[i])) < 0)
			return 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (add_file(arena_fmt(a, "%s/%s", dir, names[i]), a, m, e) < 0)
			return -1;
	m->how = "llm.pt, flow.pt and hift.pt";
	m->dtype = "float32";
	return 1;
}

static int try_single(const char *dir, struct arena *a, struct model_files *m, struct err *e)
{
	static const char *const endings[] = {".safetensors", ".gguf", ".om", ".pt", ".bin"};
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		struct strings list = find_files(dir, endings[i], a);
		if (list.n == 0)
			continue;
		if (list.n > 1)
			return err_set(e, ERR_USAGE, "'%s' holds %zu %s files and no index says "
				       "which belong together; name one file", dir, list.n,
				       endings[i]);
		m->how = list.items[0];
		return add_file(arena_fmt(a, "%s/%s", dir, list.items[0]), a, m, e) < 0 ? -1 : 1;
	}
	return 0;
}

static int read_dir(const char *dir, struct arena *a, struct model_files *m, struct err *e)
{
	int rc = try_standard(dir, a, m, e);
	if (rc == 0)
		rc = try_cosyvoice(dir, a, m, e);
	if (rc == 0)
		rc = try_single(dir, a, m, e);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(e, ERR_USAGE, "'%s' holds no weights (.safetensors, .bin, .pt, "
			       ".om, .gguf)", dir);
	if (m->dims.layers)	/* GGUF said it all */
		return 0;
	return model_config_read(arena_fmt(a, "%s/config.json", dir), a, m, e);
}

int model_files_read(const char *path, struct arena *a, struct model_files *ret, struct err *e)
{
	struct model_files m = {.path = arena_str(a, path), .parameters = NAN};
	struct stat st;
	if (stat(path, &st) < 0)
		return err_sys(e, "cannot look at '%s'", path);
	if (S_ISDIR(st.st_mode)) {
		if (read_dir(path, a, &m, e) < 0)
			return -1;
	} else {
		m.how = "the file itself";
		if (add_file(path, a, &m, e) < 0)
			return -1;
	}
	*ret = m;
	return 0;
}
