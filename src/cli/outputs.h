/* src/cli/outputs.h - what a session writes into while it runs: report folder, page, exports.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include "cli/live_page.h"
#include "cli/session.h"

/* What rank 0 writes into: the report folder, the page; and the requests that every rank keeps for
 * exports. */
struct outputs {
	struct store *store;
	struct live_page *live;
	struct keeper *keeper;
};

/* Those that were asked for. -1: close what is there. */
int outputs_open(const struct session *s, struct outputs *o, struct err *e);

/* Write the exports of the result (NULL: it came to none), and close all but the page. */
int outputs_close(const struct session *s, struct outputs *o, const struct result *r,
		  struct err *e);

#endif
