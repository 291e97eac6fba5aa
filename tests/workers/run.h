/* tests/workers/run.h - start a worker program and ask it, for the tests of workers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_WORKERS_RUN_H
#define TESTS_WORKERS_RUN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "../sanitize/sanitized.h"
#include "base/buf.h"
#include "worker/host.h"

/* Ready to be asked; the test is skipped when the worker was not built. */
struct worker *run_worker(const char *name);

/* What came back for one request. */
struct reply {
	struct buf payload;	/* of all frames */
	int frames;		/* in front of done */
	json_t *first;		/* header of the first of them */
	json_t *list;		/* headers of all of them */
	json_t *done;		/* NULL: it failed */
	bool client_fault;
	struct err err;
	uint64_t first_ns;	/* from asking to the first frame */
	uint64_t total_ns;
};

void reply_release(struct reply *r);

/* Steals header; anything but done or an error of the worker's fails the test. */
void ask(struct worker *w, json_t *header, const void *payload, size_t len, struct reply *ret);

/* The same; "id" and the frames were sent already. */
void collect(struct worker *w, int64_t id, struct reply *ret);

/* Speech as mono s16le at 16 kHz (flite). */
void speak(struct worker *w, const char *text, const char *speaker, double speed,
	   struct reply *ret);

/* Peak memory of a running worker, bytes. */
size_t peak_memory(const struct worker *w);

/* A number in /proc/PID/status; -1 when it is not there. */
long status_number(const struct worker *w, const char *key);

#endif
