/* src/monitor/npu_text.h - understanding what npu-smi printed, of any version and product.
 *
 * Formats: hicann/driver, npucli/src/npu_info_print.c. Tables are read by their '|' fields and
 * header words, never by columns of text: their widths differ by version. What a text does not
 * say, or says incompletely, stays unknown.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_NPU_TEXT_H
#define MONITOR_NPU_TEXT_H

#include "monitor/device.h"

/* Any output of npu-smi, an npu-exporter or DCGM page, or version.info files. What cannot be
 * recognised gives an error in the capture. text need not end with '\0'. */
void npu_text_parse(const char *text, size_t len, struct capture *ret);

/* The cause in words for an exit status of npu-smi (its low 8 bits): -8005 … or 0. */
int npu_text_code_of_status(int status);

/* One line of `npu-smi info watch`. header: the columns, kept between lines; zeroed at first. */
struct watch_columns {
	int items[24];	/* enum quantity; or one of WATCH_… */
	size_t n;
};
bool npu_text_watch_line(const char *line, size_t len, struct watch_columns *columns,
			 struct capture *c);

/* For the parts of the parser (npu_table.c, npu_pairs.c). */

/* A value as printed: NaN for NA, "-" and all that is no number. */
double npu_number(struct span s);
int64_t npu_whole(struct span s);	/* -1: none */
/* Split at white space; returns how many there are, at most max are stored. */
size_t npu_words(struct span s, struct span *out, size_t max);
/* "59356/ 65536": both NaN when it is none. */
void npu_pair(struct span s, double *ret_used, double *ret_total);

/* "| a | b |": the fields; 0 when the line is no complete row. */
size_t npu_fields(struct span line, struct span *out, size_t max);

struct table_state;
struct pairs_state;
/* Feed lines; true: the line was one of this kind. */
bool npu_table_line(struct table_state *t, struct span line);
bool npu_pairs_line(struct pairs_state *p, struct span line);
struct table_state *npu_table_new(struct capture *c);
struct pairs_state *npu_pairs_new(struct capture *c);
void npu_pairs_end(struct pairs_state *p);

#endif
