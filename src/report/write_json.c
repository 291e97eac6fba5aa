/* src/report/write_json.c - result.json (docs: the document of assay's commands).
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "report/writers.h"

static int write(const struct result *r, const struct writer_options *o, struct buf *out,
		 struct err *e)
{
	(void)o;
	json_t *j = result_to_json(r);
	int ret = json_write(j, true, out);
	json_decref(j);
	if (ret < 0 || buf_char(out, '\n') < 0)
		return err_set(e, ERR_SYSTEM, "out of memory while writing JSON");
	return 0;
}

const struct writer writer_json = {
	.name = "json",
	.file = "result.json",
	.summary = "everything, for programs",
	.write = write,
};
