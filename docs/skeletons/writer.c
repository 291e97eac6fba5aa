/* docs/skeletons/writer.c - a writer to begin from: one line per run. Goes to
 * src/report/write_NAME.c, with its row in writer.c and a golden file in tests/golden.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/writer.h"

/* A finished result in, text out: nothing is measured, judged or printed here. */
static int write(const struct result *r, const struct writer_options *o, struct buf *out,
		 struct err *e)
{
	(void)o;
	for (size_t i = 0; i < r->n_runs; i++)
		(void)buf_fmt(out, "%s: %s\n", r->runs[i]->name,
			      verdict_name(run_verdict(r->runs[i])));
	/* One look at the end is enough: a failed buffer stays failed. */
	return out->failed ? err_set(e, ERR_SYSTEM, "out of memory") : 0;
}

extern const struct writer writer_skeleton;
const struct writer writer_skeleton = {
	.name = "lines",
	.file = NULL,		/* or its file in a report folder */
	.summary = "one line per run",
	.write = write,
};
