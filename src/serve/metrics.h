/* src/serve/metrics.h - what the server counts, as Prometheus text.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct metrics;

/* One row of counters per route and one for "none". */
struct metrics *metrics_new(size_t n_routes);
struct metrics *metrics_free(struct metrics *m);

/* A request to route i (n_routes: no such route) was completed. status 0: the client left. */
void metrics_request(struct metrics *m, size_t route, unsigned status, uint64_t ns);
void metrics_decode_failure(struct metrics *m);

/* name(i) gives the label of route i. */
void metrics_write(struct metrics *m, const char *(*name)(size_t i), struct buf *out);

/* Lines for one number. */
void metrics_put(struct buf *out, const char *name, const char *type, const char *help,
		 double value);

/* This process: resident memory, open files, start. */
void metrics_process(struct buf *out);

#endif
