/* src/result/reader.h - taking fields out of JSON by name and type, with one sticky error.
 *
 * A key that is absent gives "not known"; a key of the wrong type is an error that names its
 * place. The first error stays; check r->failed at the end. Texts are copied into the arena.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_READER_H
#define RESULT_READER_H

#include "base/json.h"
#include "result/result.h"

struct reader {
	struct arena *a;
	struct err *e;
	const char *where;	/* "runs[2]" */
	bool failed;
};

void reader_fail(struct reader *rd, const char *key, const char *must);
const json_t *reader_object(struct reader *rd, const json_t *j, const char *key);
const json_t *reader_list(struct reader *rd, const json_t *j, const char *key);
const char *reader_text(struct reader *rd, const json_t *j, const char *key);
double reader_real(struct reader *rd, const json_t *j, const char *key);
uint64_t reader_count(struct reader *rd, const json_t *j, const char *key);
int64_t reader_whole(struct reader *rd, const json_t *j, const char *key);
bool reader_bool(struct reader *rd, const json_t *j, const char *key);
void reader_texts(struct reader *rd, const json_t *j, const char *key, struct strings *ret);
/* [lo, hi], each a number or null. */
void reader_interval(struct reader *rd, const json_t *j, const char *key, double *ret_lo,
		     double *ret_hi);
enum verdict reader_verdict(struct reader *rd, const json_t *j, const char *key);
/* NULL when the object has none; a fresh histogram otherwise (NULL when it is damaged). */
struct hist *reader_hist(struct reader *rd, const json_t *j);

/* The parts of run that have arrays of their own (result_read_run.c). */
void reader_run(struct reader *rd, struct result *r, const json_t *j);
void reader_run_host(struct reader *rd, const json_t *j, struct run_host *ret);
void reader_targets(struct reader *rd, const json_t *j, struct target **ret, size_t *ret_n);

#endif
