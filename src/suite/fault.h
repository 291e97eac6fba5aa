/* src/suite/fault.h - a fault case, what it sends, and how the replies to it are judged.
 *
 * The unit is never the bad request alone: canary requests with known answers go before it,
 * beside it and after it (fault_oracle.h: R1 … R7). Findings, the worst last: slow, wrong-status,
 * leak, collateral, lied, dead.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_FAULT_H
#define SUITE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"
#include "client/raw.h"
#include "suite/canary.h"
#include "suite/check.h"
#include "suite/suite.h"

/* Replies that a case allows. */
enum fault_allowed {
	ALLOW_2XX = 1,		/* a valid answer */
	ALLOW_4XX = 2,
	ALLOW_503 = 4,		/* too busy, or gave up in time: 503 and 504 */
	ALLOW_CLOSE = 8,	/* the connection is closed without a reply */
	ALLOW_EMPTY = 16,	/* with 2XX: the answer may be empty (text, sound) */
	ALLOW_STREAM_ERROR = 32,	/* an error event, or the end, inside a stream */
	ALLOW_SILENCE = 64,	/* no reply while the request is not complete */
	ALLOW_505 = 128,	/* HTTP version not supported */
	ALLOW_5XX = 256,	/* what it needed from elsewhere was not to be had */
	ALLOW_REFUSE = ALLOW_4XX,
	ALLOW_EITHER = ALLOW_4XX | ALLOW_2XX,
	ALLOW_ANY = ALLOW_4XX | ALLOW_2XX | ALLOW_EMPTY,
	ALLOW_BUSY = ALLOW_4XX | ALLOW_2XX | ALLOW_EMPTY | ALLOW_503,
	ALLOW_DROP = ALLOW_4XX | ALLOW_CLOSE,
};

struct fault;

struct fault_case {
	const char *id;		/* "A12"; letters behind it: variants; n: not in the catalogue */
	const char *kinds;	/* "asr", "tts chat", "all" */
	const char *name;	/* what is sent */
	const char *must;	/* what the service must do, in words */
	const char *source;	/* where it was seen */
	unsigned allowed;	/* enum fault_allowed, of the replies to the fault */
	/* Send it, and report every reply with fault_judge_*(). False when it could not be sent
	 * (fault_skip() says why). The canaries run beside it. */
	bool (*send)(struct fault *f);
	int64_t arg;		/* which variant */
	/* s, beside four times what a good request takes now; 0: 1 s */
	double deadline;
	bool heavy;		/* only with --long */
	bool once;		/* for all services together: with the first one only */
};

/* A case while it runs. */
struct fault {
	const struct fault_case *c;
	const struct suite_env *env;
	const struct service *service;
	struct client *client;		/* for the fault itself; canaries have their own */
	struct canary *canary;
	struct arena *scratch;		/* of this case */
	struct rng rng;
	const struct sample *good;	/* the canary's input: cases break copies of it */
	const char *marker;		/* words that a reply must never echo */
	uint64_t start_ns, end_ns;	/* end 0: now */
	uint64_t patience_ns;		/* how long we wait for a reply */
	uint64_t sent_bytes;		/* of bodies */
	uint64_t requests;		/* sent, good and bad */
	uint64_t slowest_ns;		/* reply so far; judged when the case is over */
	uint64_t alone_ns;		/* its own good requests, one by one, took this in all */
	const char *health;		/* the service's route; NULL: it has none */
	bool late;			/* the finding is about time alone */
	/* the verdict so far: the worst finding */
	const char *finding;
	char detail[600];
	char skipped[200];
	char seen[200];			/* what came back, for a pass */
};

void fault_find(struct fault *f, const char *finding, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void fault_skip(struct fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fault_saw(struct fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What the case allows a reply to take, with this much for a good request; of requests that are
 * sent together also twice what they take one by one. */
uint64_t fault_deadline(const struct fault *f, uint64_t good_ns);

/* R1 and R2 on a reply that came through a protocol, and on one of a raw script. */
void fault_judge_call(struct fault *f, const struct call *call);
void fault_judge_raw(struct fault *f, const struct raw_reply *reply);

/* ---- through the service's protocol ---- */

/* Send one request and judge it. */
bool fault_ask(struct fault *f, const struct sample *sample, const struct ask *ask);

/* The same; *ret_text is its text in scratch, or NULL when there was no valid answer. */
bool fault_ask_text(struct fault *f, const struct sample *sample, const struct ask *ask,
		    const char **ret_text);

/* n of them at once, all judged. texts may be NULL. */
bool fault_ask_all(struct fault *f, const struct sample *samples, const struct ask *asks, size_t n,
		   const char **texts);

/* A file as the audio, or as the only image, of a request. Nothing of it is decoded. */
struct media *fault_media(struct fault *f, const char *name, const char *mime, const void *data,
			  size_t len);
bool fault_audio(struct fault *f, const char *name, const void *data, size_t len);
bool fault_image(struct fault *f, const char *name, const char *mime, const void *data, size_t len);

/* ---- raw ---- */

/* The request for a good sample as the protocol writes it. */
struct fault_form {
	char path[4096];
	char authority[300];
	char type[300];		/* Content-Type */
	struct buf body;	/* fault_form_release() */
};
bool fault_form(struct fault *f, struct fault_form *ret);
void fault_form_release(struct fault_form *form);

/* Its body as JSON (caller: decref); NULL with a skip when the protocol posts something else. */
json_t *fault_json(struct fault *f);

/* Play a raw script against the service and judge the reply. */
bool fault_script(struct fault *f, const struct raw_step *steps, size_t n);

/* The head of a POST to the service's route with the service's own headers and `more` lines;
 * length < 0: no Content-Length. */
bool fault_head(struct fault *f, const char *content_type, int64_t length, const char *more,
		struct buf *out);

/* POST these bytes to the service's route with this content type, by a raw script. */
bool fault_post(struct fault *f, const char *content_type, const void *body, size_t len);
bool fault_post_json(struct fault *f, json_t *steal);

/* Each ends with a nameless row. */
extern const struct fault_case fault_audio_cases[];
extern const struct fault_case fault_audio_long_cases[];
extern const struct fault_case fault_image_cases[];
extern const struct fault_case fault_image_many_cases[];
extern const struct fault_case fault_fetch_cases[];
extern const struct fault_case fault_text_cases[];
extern const struct fault_case fault_json_cases[];
extern const struct fault_case fault_http_cases[];
extern const struct fault_case fault_form_cases[];
extern const struct fault_case fault_stream_cases[];
extern const struct fault_case fault_together_cases[];

#endif
