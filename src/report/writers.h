/* src/report/writers.h - the rows of the table of writers, one per write_*.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_WRITERS_H
#define REPORT_WRITERS_H

#include "report/writer.h"

extern const struct writer writer_terminal, writer_json, writer_junit, writer_markdown,
	writer_csv, writer_html;

/* Chinese? By the option, or for "auto" by the environment. */
bool writer_chinese(const struct writer_options *o);

#endif
