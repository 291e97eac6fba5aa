/* src/serve/pool_parts.h - what pool.c and call.c share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_POOL_PARTS_H
#define SERVE_POOL_PARTS_H

#include <pthread.h>

#include "serve/pool.h"
#include "worker/host.h"

/* A frame on its way to the thread that asked. */
struct part {
	struct part *next;
	json_t *header;
	enum call_result kind;	/* FRAME, DONE, ERROR */
	size_t len;
	char payload[];
};

enum call_state {
	STATE_QUEUED,		/* in the pool's queue */
	STATE_RUNNING,		/* a worker has it */
	STATE_ENDED,		/* the worker has not got it any more: `end` says why */
	STATE_CANCELLING,	/* closed by its owner; the pool frees it when the worker lets go */
};

struct call {
	struct pool *pool;
	struct call *next;	/* in the queue, or among the slot's calls */
	struct slot *slot;	/* NULL when queued or ended */
	enum call_state state;
	enum call_result end;
	enum call_result refuse;	/* SLOW or STOPPED, whatever comes; 0: none */
	int64_t id;
	int event_fd;		/* counts up when something happened */
	int client_fd;
	uint64_t until_ns;
	struct part *first, *last, *now;
	size_t bytes;		/* of the parts waiting */
	json_t *ready;
	bool sent;		/* the worker knows of it */
	bool cancel_sent;
	uint64_t kill_at;
};

enum slot_state { SLOT_DOWN, SLOT_STARTING, SLOT_READY };

struct slot {
	struct worker *w;	/* only the pool's thread changes it */
	enum slot_state state;
	uint64_t since;		/* of this state */
	uint64_t start_at;	/* DOWN: when to start it */
	unsigned failures;	/* in a row */
	bool started;		/* was up before */
	bool condemned;		/* half a frame was sent to it: it must be ended */
	bool paused;		/* not read from: the owner of its one call is slow */
	bool unread;		/* its reader may hold whole frames that poll() knows nothing of */
	int64_t parallel;
	int64_t active;
	struct call *calls;
	size_t senders;		/* threads inside call_send() */
	pthread_mutex_t send;	/* whole frames only */
	json_t *ready;
};

struct pool {
	struct pool_spec spec;
	pthread_mutex_t lock;	/* everything below, and all calls */
	pthread_cond_t unsent;	/* a slot's senders became 0 */
	pthread_t thread;
	int wake_fd;
	bool end;		/* the thread must end */
	bool stopping;		/* nothing new */
	bool was_ready;
	bool fatal;		/* the workers can never do: last_error says why */
	size_t n;
	struct slot *slots;
	struct call *queue_first, *queue_last;
	size_t queued;
	int64_t last_id;
	uint64_t restarts, kills, refused;
	json_t *ready;
	struct err last_error;
};

/* All with the lock held. */
void pool_dispatch(struct pool *p);		/* queued calls to free workers */
bool pool_failing(const struct pool *p);
void pool_wake(struct pool *p);
void call_signal(struct call *c);
void call_detach(struct call *c);		/* from its slot */
void call_end(struct call *c, enum call_result why);	/* detach, and tell or free */
void call_drop_parts(struct call *c);
struct call *call_drop(struct call *c);	/* the memory */
/* Take a frame of the worker for this call (copies the payload). */
void call_take(struct call *c, const struct frame *f);

#endif
