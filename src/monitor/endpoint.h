/* src/monitor/endpoint.h - our own Prometheus page: GET /metrics of the latest readings.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_ENDPOINT_H
#define MONITOR_ENDPOINT_H

#include "monitor/latest.h"

struct metrics_endpoint;

/* at: "PORT", "HOST:PORT" or "[IPv6]:PORT"; without a host 127.0.0.1; port 0: any free one.
 * The readings must stay until it is stopped. */
int metrics_endpoint_start(const char *at, struct latest *latest,
			   struct metrics_endpoint **ret_endpoint, struct err *e);
int metrics_endpoint_port(const struct metrics_endpoint *x);
struct metrics_endpoint *metrics_endpoint_stop(struct metrics_endpoint *x);	/* NULL is fine */

#endif
