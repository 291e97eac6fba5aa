/* src/report/writer.h - the table of report writers: each turns a finished result into a file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_WRITER_H
#define REPORT_WRITER_H

#include "base/buf.h"
#include "base/err.h"
#include "result/result.h"

struct writer_options {
	const char *lang;	/* en, zh, auto (by $LANG) */
	bool color;		/* terminal */
	size_t width;		/* terminal columns */
};

struct writer {
	const char *name;	/* terminal, json, junit, markdown, html, csv */
	const char *file;	/* in a report directory: "report.html"; NULL: not written there */
	const char *summary;
	int (*write)(const struct result *r, const struct writer_options *o, struct buf *out,
		     struct err *e);
};

const struct writer *writer_find(const char *name);
const struct writer *writer_at(size_t i);	/* NULL at the end */

/* Remove those files, where an earlier result left them. */
int report_clear_dir(const char *dir, struct err *e);

/* Write every writer's file into dir (made when missing). results.db beside them is the store's,
 * which the caller holds open. */
int report_write_dir(const struct result *r, const char *dir, const struct writer_options *o,
		     struct err *e);

#endif
