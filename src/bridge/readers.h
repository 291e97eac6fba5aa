/* src/bridge/readers.h - result files of other tools, as results to compare with (docs/bridges.md).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BRIDGE_READERS_H
#define BRIDGE_READERS_H

#include <stdbool.h>

#include "base/err.h"
#include "result/result.h"

/* What is looked at to tell whose file it is. */
struct reader_file {
	const char *path;
	bool is_dir;
	const char *head;	/* its first bytes as text; "" for a folder */
};

struct result_reader {
	const char *name;	/* "vllm" */
	const char *summary;
	bool (*knows)(const struct reader_file *f, struct arena *a);
	/* Fill an empty result. -1: damaged, *e says where. */
	int (*read)(const char *path, struct result *r, struct err *e);
};

const struct result_reader *result_reader_at(size_t i);	/* NULL at the end */
const struct result_reader *result_reader_find(const char *path, struct arena *a);

/* Read with it; NULL: *e says why. Caller: result_free(). */
struct result *result_reader_read(const struct result_reader *reader, const char *path,
				  struct err *e);

extern const struct result_reader reader_vllm;
extern const struct result_reader reader_evalscope;

#endif
