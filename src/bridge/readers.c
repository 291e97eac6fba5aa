/* src/bridge/readers.c - see readers.h: the one list of readers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bridge/readers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"

#define HEAD_MAX 4096

static const struct result_reader *const readers[] = {&reader_vllm, &reader_evalscope};

const struct result_reader *result_reader_at(size_t i)
{
	return i < ARRAY_LEN(readers) ? readers[i] : NULL;
}

/* The first bytes of a file; NUL bytes become blanks. */
static void read_head(const char *path, char head[HEAD_MAX + 1])
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? 0 : read(fd, head, HEAD_MAX);
	n = MAX(n, (ssize_t)0);
	for (ssize_t i = 0; i < n; i++)
		if (!head[i])
			head[i] = ' ';
	head[n] = '\0';
}

const struct result_reader *result_reader_find(const char *path, struct arena *a)
{
	char head[HEAD_MAX + 1] = "";
	struct stat st;
	struct reader_file f = {.path = path, .head = head};
	if (stat(path, &st) < 0)
		return NULL;
	f.is_dir = S_ISDIR(st.st_mode);
	if (S_ISREG(st.st_mode))
		read_head(path, head);
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (readers[i]->knows(&f, a))
			return readers[i];
	return NULL;
}

struct result *result_reader_read(const struct result_reader *reader, const char *path,
				  struct err *e)
{
	struct result *r = result_new();
	if (!r) {
		(void)err_set(e, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	r->tool_version = reader->name;
	if (reader->read(path, r, e) == 0) {
		result_judge(r);
		return r;
	}
	(void)err_prefix(e, "%s (read as a result of %s): ", path, reader->name);
	return result_free(r);
}
