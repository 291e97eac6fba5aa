/* src/serve/pool_info.c - what a pool tells about itself, see pool.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/util.h"
#include "serve/pool_parts.h"

#define LOOK_AGAIN_MS 20

void pool_state(struct pool *p, struct pool_state *ret)
{
	(void)pthread_mutex_lock(&p->lock);
	*ret = (struct pool_state){
		.workers = p->n, .queued = p->queued, .restarts = p->restarts,
		.kills = p->kills, .refused = p->refused, .failing = pool_failing(p),
	};
	for (size_t i = 0; i < p->n; i++) {
		ret->ready += p->slots[i].state == SLOT_READY;
		ret->busy += (size_t)p->slots[i].active;
	}
	(void)pthread_mutex_unlock(&p->lock);
}

json_t *pool_ready(struct pool *p)
{
	(void)pthread_mutex_lock(&p->lock);
	json_t *ready = json_incref(p->ready);
	(void)pthread_mutex_unlock(&p->lock);
	return ready;
}

size_t pool_pids(struct pool *p, int *ret_pids, size_t max)
{
	size_t n = 0;
	(void)pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n && n < max; i++)
		if (p->slots[i].state == SLOT_READY)
			ret_pids[n++] = (int)worker_pid(p->slots[i].w);
	(void)pthread_mutex_unlock(&p->lock);
	return n;
}

int pool_wait_ready(struct pool *p, uint64_t until_ns, struct err *e)
{
	for (;;) {
		struct pool_state s;
		pool_state(p, &s);
		if (s.ready > 0)
			return 0;
		(void)pthread_mutex_lock(&p->lock);
		struct err last = p->last_error;
		(void)pthread_mutex_unlock(&p->lock);
		if (s.failing)
			return err_set(e, ERR_SYSTEM, "the worker '%s' cannot be used: %.300s",
				       p->spec.program, last.text);
		if (clock_now() >= until_ns)
			return err_set(e, ERR_SYSTEM, "the worker '%s' did not become ready in "
				       "time", p->spec.program);
		struct pollfd stop = {.fd = stop_fd(), .events = POLLIN};
		if (poll(&stop, 1, LOOK_AGAIN_MS) > 0)
			return err_set(e, ERR_INTERRUPTED, "stopped before a worker was ready");
	}
}
