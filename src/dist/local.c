/* src/dist/local.c - transport local: one process alone, no messages.
 * SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stddef.h>

#include "dist/transport.h"

static bool launched(void)
{
	return true;
}

static int open_alone(void **ret_state, struct peers *ret, struct err *e)
{
	(void)e;
	*ret_state = NULL;
	*ret = (struct peers){.rank = 0, .size = 1, .via = "local"};
	return 0;
}

static int send_none(void *state, int to, const void *data, size_t len, struct err *e)
{
	(void)state;
	(void)data;
	(void)len;
	(void)e;
	assert(!"there is nobody to send to");
	return to;
}

static int receive_none(void *state, uint64_t until_ns, int *ret_from, struct buf *data,
			struct err *e)
{
	(void)state;
	(void)until_ns;
	(void)ret_from;
	(void)data;
	(void)e;
	return 0;
}

static void leave(void *state, bool orderly)
{
	(void)state;
	(void)orderly;
}

const struct transport transport_local = {
	.name = "local",
	.launched = launched,
	.open = open_alone,
	.send = send_none,
	.receive = receive_none,
	.close = leave,
};
