/* src/deploy/probe.h - does a service really answer: readiness, first requests, warm-up.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DEPLOY_PROBE_H
#define DEPLOY_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "deploy/launch.h"

/* One second of speech, a short text, a small picture: made once, shared by all. */
struct probe_media;
int probe_media_new(struct probe_media **ret, struct err *e);
struct probe_media *probe_media_free(struct probe_media *m);

/* A service that can be asked. One thread at a time. */
struct probe;
int probe_new(const struct launch *l, const struct probe_media *media, struct probe **ret,
	      struct err *e);
struct probe *probe_free(struct probe *p);

/* "text", "image", "audio": what is asked of this service, in order; NULL at the end. */
const char *probe_asks(const struct probe *p, size_t i);

struct probe_reply {
	bool ok;
	int status;		/* HTTP; 0: none */
	uint64_t latency_ns;
	char words[200];	/* why not */
};

/* GET the path. 0 whatever became of it. */
int probe_get(const struct launch *l, const char *path, uint64_t timeout_ns,
	      struct probe_reply *ret, struct err *e);

/* One real request: one second of audio to recognise, a word to speak, one token of chat. */
int probe_ask(struct probe *p, size_t i, uint64_t timeout_ns, struct probe_reply *ret,
	      struct err *e);

#endif
