/* src/cli/fetch.h - how the monitor gets Prometheus pages: through the client.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_FETCH_H
#define CLI_FETCH_H

#include "monitor/monitor.h"

/* A monitor_fetch. */
int cli_fetch(const char *url, uint64_t timeout_ns, struct buf *body, int *ret_status,
	      struct err *e);

#endif
