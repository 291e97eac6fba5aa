/* src/load/trace.h - arrivals of a real service, to be played again: a JSONL file, one request per
 * line: {"timestamp": 1.25, "prompt_tokens": 300, "output_tokens": 40}.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_TRACE_H
#define LOAD_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct trace_item {
	uint64_t at_ns;		/* from the first one */
	int64_t prompt_tokens, output_tokens;	/* 0: not given */
};

struct trace {
	struct trace_item *items;	/* in the order of their moments */
	size_t n;
};

/* Timestamps in seconds, in any order. The names that other tools give the sizes are read too
 * (input_length, output_length). Errors name file:line. */
int trace_read(const char *path, struct trace *ret, struct err *e);
void trace_release(struct trace *t);

#endif
