/* src/deploy/replica.h - one process of a deployment and its thread; inside of supervisor.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DEPLOY_REPLICA_H
#define DEPLOY_REPLICA_H

#include <pthread.h>
#include <stdatomic.h>

#include "deploy/probe.h"
#include "deploy/supervisor.h"

#define REPLICA_ASKS_MAX 3

enum replica_state {
	REPLICA_STARTING,	/* its process was started and does not answer yet */
	REPLICA_WARMING,	/* answers; is warmed up and proven */
	REPLICA_READY,
	REPLICA_BACKOFF,	/* ended; is started again soon */
	REPLICA_FAILED,		/* ended and stays so */
	REPLICA_STOPPED,	/* by assay down */
};

const char *replica_state_name(enum replica_state s);

struct warmth {
	char ask[16];			/* text, image, audio; the probe that asked is gone later */
	uint64_t first_ns, last_ns;	/* 0: not asked yet */
	int64_t requests;
};

/* What state.json says of it; under supervisor.lock. */
struct replica_view {
	enum replica_state state;
	pid_t pid;			/* 0: none */
	json_t *process;
	int64_t restarts;
	uint64_t started_wall, ready_ns;	/* ready: from its start; 0: not yet */
	struct warmth warmth[REPLICA_ASKS_MAX];
	struct proof proof;
	char reason[400];		/* why it is in this state, or "" */
};

struct supervisor;

struct replica {
	struct supervisor *all;
	const struct launch *launch;
	struct replica_view view;
	pthread_t thread;
	/* the thread's own */
	pid_t pid;
	int status;			/* how it ended, as waitpid() gives it */
	bool was_ready;			/* ever: a service that never worked is not tried again */
};

struct supervisor {
	const struct supervision *spec;
	struct probe_media *media;
	struct replica *replicas;
	size_t n;
	pthread_mutex_t lock;
	pthread_cond_t stop_cond;
	atomic_bool stopping;
};

/* The thread. */
void *replica_main(void *replica);

/* Change the view and write the state. */
void replica_say(struct replica *r, enum replica_state state, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Write state.json; the lock is held. */
void supervisor_write(struct supervisor *s);

#endif
