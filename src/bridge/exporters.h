/* src/bridge/exporters.h - every request of the runs, in a form for other programs (--export).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BRIDGE_EXPORTERS_H
#define BRIDGE_EXPORTERS_H

#include "base/buf.h"
#include "load/record.h"
#include "result/result.h"

/* Text on its way to a file, in pieces. */
struct export_file {
	int fd;
	struct buf text;
};

struct exporter {
	const char *name;	/* "csv" */
	const char *summary;
	int (*write)(const struct result *r, const struct keeper *records,
		     struct export_file *out, struct err *e);
};

const struct exporter *exporter_at(size_t i);	/* NULL at the end */

/* "csv:requests.csv" → its exporter and the name of the file (inside text). */
const struct exporter *exporter_parse(const char *text, const char **ret_path, struct err *e);

/* Write the file, complete or not at all: it replaces an older one at the end. */
int exporter_write(const struct exporter *x, const char *path, const struct result *r,
		   const struct keeper *records, struct err *e);

/* For the exporters: write out what has gathered, when it is much. */
int export_flush(struct export_file *out, struct err *e);

extern const struct exporter exporter_csv;
extern const struct exporter exporter_vllm;
extern const struct exporter exporter_vllm_detailed;

#endif
