/* src/catalog/gguf.c - the head of a GGUF file (llama.cpp): sizes and number of parameters.
 *
 * Format: github.com/ggml-org/ggml, docs/gguf.md (versions 2 and 3, little-endian).
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "catalog/model_dir.h"

#define TEXT_MAX ((uint64_t)1 << 20)
#define COUNT_MAX ((uint64_t)1 << 24)

enum { GGUF_U8, GGUF_I8, GGUF_U16, GGUF_I16, GGUF_U32, GGUF_I32, GGUF_F32, GGUF_BOOL,
       GGUF_STRING, GGUF_ARRAY, GGUF_U64, GGUF_I64, GGUF_F64 };

static void close_file(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

static bool read_number(FILE *f, size_t bytes, uint64_t *ret)
{
	unsigned char b[8];
	if (fread(b, 1, bytes, f) != bytes)
		return false;
	*ret = 0;
	for (size_t i = bytes; i-- > 0;)
		*ret = *ret << 8 | b[i];
	return true;
}

/* At most size-1 bytes are kept; the rest is passed over. */
static bool read_text(FILE *f, char *out, size_t size)
{
	uint64_t len;
	if (!read_number(f, 8, &len) || len > TEXT_MAX)
		return false;
	size_t kept = MIN((size_t)len, size - 1);
	if (fread(out, 1, kept, f) != kept)
		return false;
	out[kept] = '\0';
	return fseek(f, (long)(len - kept), SEEK_CUR) == 0;
}

static size_t width_of(uint64_t type)
{
	static const size_t widths[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
	return type < ARRAY_LEN(widths) ? widths[type] : 0;
}

static bool skip_array(FILE *f)
{
	uint64_t type, n;
	char text[4];
	if (!read_number(f, 4, &type) || !read_number(f, 8, &n) || n > COUNT_MAX)
		return false;
	if (type == GGUF_STRING) {
		for (uint64_t i = 0; i < n; i++)
			if (!read_text(f, text, sizeof(text)))
				return false;
		return true;
	}
	return width_of(type) && fseek(f, (long)(n * width_of(type)), SEEK_CUR) == 0;
}

static void take(struct dims *d, const char *key, uint64_t v)
{
	const struct {
		const char *end;
		int64_t *to;
	} rows[] = {
		{".embedding_length", &d->hidden}, {".block_count", &d->layers},
		{".attention.head_count", &d->heads}, {".attention.head_count_kv", &d->kv_heads},
		{".attention.key_length", &d->head_dim}, {".feed_forward_length", &d->ffn},
		{".vocab_size", &d->vocab}, {".context_length", &d->max_positions},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_ends(key, rows[i].end) && v <= (uint64_t)1 << 32)
			*rows[i].to = (int64_t)v;
}

static bool read_pair(FILE *f, struct arena *a, struct model_files *m)
{
	char key[256], text[256];
	uint64_t type, v;
	if (!read_text(f, key, sizeof(key)) || !read_number(f, 4, &type))
		return false;
	if (type == GGUF_STRING) {
		if (!read_text(f, text, sizeof(text)))
			return false;
		if (strcmp(key, "general.architecture") == 0)
			m->model_type = arena_str(a, text);
		return true;
	}
	if (type == GGUF_ARRAY)
		return skip_array(f);
	if (!width_of(type) || !read_number(f, width_of(type), &v))
		return false;
	if (type == GGUF_U32 || type == GGUF_U64 || type == GGUF_I32)
		take(&m->dims, key, v);
	return true;
}

static bool read_tensor(FILE *f, double *sum)
{
	char name[256];
	uint64_t n_dims, v;
	if (!read_text(f, name, sizeof(name)) || !read_number(f, 4, &n_dims) || n_dims > 8)
		return false;
	double n = 1;
	for (uint64_t i = 0; i < n_dims; i++) {
		if (!read_number(f, 8, &v))
			return false;
		n *= (double)v;
	}
	*sum += n;
	return read_number(f, 4, &v) && read_number(f, 8, &v);	/* type, offset */
}

int gguf_read(const char *path, struct arena *a, struct model_files *add, struct err *e)
{
	CLEANUP(close_file) FILE *f = fopen(path, "re");
	struct stat st;
	uint64_t magic, version, tensors, pairs;
	if (!f || fstat(fileno(f), &st) < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (!read_number(f, 4, &magic) || magic != 0x46554747 || !read_number(f, 4, &version) ||
	    version < 2 || version > 3 || !read_number(f, 8, &tensors) ||
	    !read_number(f, 8, &pairs) || tensors > COUNT_MAX || pairs > COUNT_MAX)
		return err_set(e, ERR_DATA, "'%s' is no GGUF file of version 2 or 3", path);
	double sum = 0;
	bool ok = true;
	for (uint64_t i = 0; ok && i < pairs; i++)
		ok = read_pair(f, a, add);
	for (uint64_t i = 0; ok && i < tensors; i++)
		ok = read_tensor(f, &sum);
	if (!ok)
		return err_set(e, ERR_DATA, "'%s' is cut short or damaged: fetch it again", path);
	struct dims *d = &add->dims;
	if (!d->kv_heads)
		d->kv_heads = d->heads;
	if (!d->head_dim && d->heads)
		d->head_dim = d->hidden / d->heads;
	add->parameters = sum;
	add->bytes += (uint64_t)st.st_size;
	add->dtype = "quantised as in the file";
	return 0;
}
