/* src/monitor/latest.h - the newest value of every reading: for a table and for Prometheus.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_LATEST_H
#define MONITOR_LATEST_H

#include "base/buf.h"
#include "monitor/monitor.h"

/* Safe for one thread that adds and others that write. */
struct latest;

/* A value that no reading renewed for this long is forgotten. */
struct latest *latest_new(uint64_t keep_ns);
struct latest *latest_free(struct latest *l);

void latest_add(struct latest *l, const struct reading *r);

/* Prometheus text exposition: assay_<name>_<unit>{source=…,device=…} value. */
void latest_to_page(struct latest *l, uint64_t now_ns, struct buf *out);

/* One paragraph per device, wrapped to the width. */
void latest_to_table(struct latest *l, uint64_t now_ns, size_t width, struct buf *out);

#endif
