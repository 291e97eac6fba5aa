/* src/monitor/page.h - Prometheus text pages: npu-exporter, DCGM exporter, inference servers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_PAGE_H
#define MONITOR_PAGE_H

#include "monitor/device.h"

/* One line "name{labels} value [timestamp]". Spans point into the page. */
struct page_sample {
	struct span name, labels;
	double value;		/* may be NaN or infinite, as written */
};

struct page_cursor {
	const char *at, *end;
};

/* The next sample; comments and lines that are none are passed over. false: the end. */
bool page_next(struct page_cursor *c, struct page_sample *ret);

/* The value of a label with its escapes as written; false: no such label. */
bool page_label(struct span labels, const char *key, struct span *ret);

bool page_looks_like(const char *text, size_t len);

/* Devices of an npu-exporter or DCGM page. */
void page_to_devices(const char *text, size_t len, struct capture *ret);

/* A sample of our own page (assay monitor --listen on another machine), as that assay read it;
 * false: it is none. Texts live in the arena. "clock" is that machine's wall clock, s. */
struct page_own {
	const char *device, *name, *unit;
	double value;
};
bool page_to_own(const struct page_sample *s, struct arena *a, struct page_own *ret);

/* "B" → "_bytes": how our page ends the name of a metric; "" for other units. */
const char *page_unit_suffix(const char *unit);

/* What an inference server says of itself. Counters and sums are since its start. */
#define PAGE_VALUES(X) \
	X(RUNNING, "server_running", "count", GAUGE) \
	X(WAITING, "server_waiting", "count", GAUGE) \
	X(SWAPPED, "server_swapped", "count", GAUGE) \
	X(CACHE, "server_cache", "%", SHARE) \
	X(PREEMPTIONS, "server_preemptions", "1/s", COUNTER) \
	X(PROMPT_TOKENS, "server_prompt_tokens", "tokens/s", COUNTER) \
	X(OUTPUT_TOKENS, "server_output_tokens", "tokens/s", COUNTER) \
	X(REQUESTS, "server_requests", "1/s", COUNTER) \
	X(TTFT_SUM, "server_ttft", "s", SUM) \
	X(TTFT_COUNT, NULL, NULL, COUNT) \
	X(TPOT_SUM, "server_tpot", "s", SUM) \
	X(TPOT_COUNT, NULL, NULL, COUNT) \
	X(LATENCY_SUM, "server_latency", "s", SUM) \
	X(LATENCY_COUNT, NULL, NULL, COUNT) \
	X(QUEUE_SUM, "server_queue_time", "s", SUM) \
	X(QUEUE_COUNT, NULL, NULL, COUNT)

enum page_value {
#define PAGE_ENUM(id, name, unit, kind) PAGE_##id,
	PAGE_VALUES(PAGE_ENUM)
#undef PAGE_ENUM
	PAGE_COUNT_OF_VALUES,
};

struct page_server {
	double values[PAGE_COUNT_OF_VALUES];	/* NaN: the page does not say */
};

/* Returns how many values the page has (0: no page of a known server). */
size_t page_to_server(const char *text, size_t len, struct page_server *ret);

#endif
