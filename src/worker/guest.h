/* src/worker/guest.h - the worker's side: the loop that every C worker program shares.
 *
 * A worker fills a struct guest, and its main() returns guest_main(). guest_main() announces
 * ready, reads frames from fd 3, and calls the hooks; it answers cancel, unknown types and
 * broken frames by itself. One request at a time ("parallel": 1).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WORKER_GUEST_H
#define WORKER_GUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "worker/frame.h"

struct guest_request;	/* the request being worked on, for the guest_* calls below */

struct guest {
	const char *name;	/* "flite" */
	const char *task;	/* asr, tts, chat, decode, draw */
	size_t payload_max;	/* of one frame from the host; 0: 64 MiB */

	/* Load models; add keys to the ready frame (languages, speakers, sample_rate, device …).
	 * -1: the worker ends with status 1 and the error on its stderr. */
	int (*open)(int argc, char **argv, json_t *ready, struct err *e);

	/* A one-frame request (tts, chat, decode, draw): any number of guest_reply(), then return
	 * 0 (the loop sends "done" with what `done` was given) or -1 (the loop sends "error"; with
	 * e->code ERR_USAGE or ERR_DATA as client fault, else as ours). */
	int (*request)(struct guest_request *r, const struct frame *f, json_t *done, struct err *e);

	/* ASR: frames begin, audio*, end. Same rules; begin() is never called twice without an
	 * end() or an abandoned request between: begin() must forget what was left of the last
	 * one. NULL when request is given. */
	int (*begin)(struct guest_request *r, const struct frame *f, struct err *e);
	int (*audio)(struct guest_request *r, const struct frame *f, struct err *e);
	int (*end)(struct guest_request *r, const struct frame *f, json_t *done, struct err *e);

	void (*close)(void);	/* before the program ends; may be NULL */
};

int guest_main(const struct guest *g, int argc, char **argv);

/* Send a reply frame for this request: header is stolen; type and id are set. */
int guest_reply(struct guest_request *r, const char *type, json_t *header, const void *payload,
		size_t len, struct err *e);

/* Has the host sent "cancel" for it, or gone away (reads what is waiting on the socket, never
 * blocks; the request's frame stays valid)? Long work asks now and then and returns -1 with
 * ERR_INTERRUPTED. */
bool guest_cancelled(struct guest_request *r);

/* The word for "code" if this request ends in an error ("too_long"): a literal. */
void guest_code(struct guest_request *r, const char *code);

/* The request's id, e.g. to tell a new utterance from the last one. */
int64_t guest_id(const struct guest_request *r);

#endif
