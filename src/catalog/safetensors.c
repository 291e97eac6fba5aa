/* src/catalog/safetensors.c - the header of a .safetensors file: tensors, types, completeness.
 *
 * Format: 8 bytes little-endian length, a JSON object of that length, then the data.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/util.h"
#include "catalog/model_dir.h"

#define HEADER_MAX ((size_t)100 << 20)

static const char *dtype_name(const char *short_name)
{
	static const char *const rows[][2] = {
		{"BF16", "bfloat16"}, {"F16", "float16"}, {"F32", "float32"}, {"F64", "float64"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i][0], short_name) == 0)
			return rows[i][1];
	return NULL;
}

/* Parameters of one tensor; -1: no shape. */
static double elements(const json_t *tensor)
{
	const json_t *shape = json_object_get(tensor, "shape");
	if (!json_is_array(shape))
		return -1;
	double n = 1;
	for (size_t i = 0; i < json_array_size(shape); i++)
		n *= (double)json_integer_value(json_array_get(shape, i));
	return n;
}

static int read_header(int fd, const char *path, uint64_t size, json_t **ret, uint64_t *ret_data,
		       struct err *e)
{
	unsigned char head[8];
	uint64_t len = 0;
	if (pread(fd, head, 8, 0) != 8)
		return err_set(e, ERR_DATA, "'%s' is no safetensors file: too short", path);
	for (int i = 7; i >= 0; i--)
		len = len << 8 | head[i];
	if (len == 0 || len > HEADER_MAX || len + 8 > size)
		return err_set(e, ERR_DATA, "'%s' is no safetensors file, or is cut short", path);
	CLEANUP(free_ptr) char *text = malloc(len);
	if (!text || pread(fd, text, len, 8) != (ssize_t)len)
		return err_set(e, ERR_DATA, "cannot read the header of '%s'", path);
	*ret = json_read(text, len, 8, e);
	*ret_data = len + 8;
	return *ret ? 0 : err_prefix(e, "header of '%s': ", path);
}

int safetensors_read(const char *path, struct arena *a, struct model_files *add, struct err *e)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "cannot open '%s'", path);
	CLEANUP(json_unref) json_t *header = NULL;
	uint64_t data = 0;
	uint64_t end = 0;
	if (read_header(fd, path, (uint64_t)st.st_size, &header, &data, e) < 0)
		return -1;
	const char *key;
	json_t *tensor;
	const char *name = "";
	double most = 0;
	json_object_foreach(header, key, tensor) {
		double n = elements(tensor);
		if (strcmp(key, "__metadata__") == 0 || n < 0)
			continue;
		int64_t to = 0;
		if (json_whole(tensor, "data_offsets.1", &to) && to > 0)
			end = MAX(end, (uint64_t)to);
		add->parameters = (isnan(add->parameters) ? 0 : add->parameters) + n;
		if (n > most) {		/* the type of the largest tensor is the type of it all */
			most = n;
			name = json_text(tensor, "dtype", "");
		}
	}
	/* Packed numbers (I32 of GPTQ and AWQ) are served as they are, and are no parameters. */
	if (dtype_name(name))
		add->dtype = dtype_name(name);
	else if (*name)
		add->dtype = arena_fmt(a, "quantised (%s)", name);
	if (*name && !dtype_name(name))
		add->parameters = NAN;
	add->bytes += end;
	if (data + end != (uint64_t)st.st_size)
		strings_add(&add->problems, a,
			    arena_fmt(a, "%s has %llu bytes, its header says %llu: fetch it again",
				      path, (unsigned long long)st.st_size,
				      (unsigned long long)(data + end)));
	return 0;
}
