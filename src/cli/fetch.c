/* src/cli/fetch.c - see fetch.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/fetch.h"

#include "client/client.h"

int cli_fetch(const char *url, uint64_t timeout_ns, struct buf *body, int *ret_status,
	      struct err *e)
{
	struct get_reply reply;
	if (client_get_url(url, timeout_ns, body, &reply, e) < 0)
		return -1;
	if (reply.status == 0)
		return err_set(e, ERR_SYSTEM, "%s: %s (%s)", url, outcome_help(reply.outcome),
			       outcome_name(reply.outcome));
	*ret_status = reply.status;
	return 0;
}
