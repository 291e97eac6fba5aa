/* src/suite/fault.h - a fault case and the oracle that judges what the service did.
 *
 * The unit is never the bad request alone: canary requests with known answers go before it,
 * beside it and after it (reference: R1 … R7). Findings: wrong-status, slow, collateral, lied,
 * leak, dead.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_FAULT_H
#define SUITE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"
#include "client/raw.h"
#include "suite/check.h"
#include "suite/suite.h"

/* Replies that a case allows. */
enum fault_allowed {
	ALLOW_2XX = 1,		/* a valid answer */
	ALLOW_4XX = 2,
	ALLOW_503 = 4,		/* too busy, or gave up in time: 503 and 504 */
	ALLOW_CLOSE = 8,	/* the connection is closed without a reply */
	ALLOW_EMPTY = 16,	/* 2xx whose answer is empty (text, sound) */
	ALLOW_STREAM_ERROR = 32,	/* an error event, or the end, inside a stream */
};

struct fault;

struct fault_case {
	const char *id;		/* "A12" */
	const char *kind;	/* asr, tts, chat; "all": each kind */
	const char *name;	/* what is sent */
	const char *must;	/* what the service must do, in words */
	const char *source;	/* where it was seen */
	unsigned allowed;	/* enum fault_allowed, of the replies to the fault */
	uint64_t deadline_ns;	/* 0: 10 s */
	/* Send it, and report every reply with fault_judge_*(). False when it could not be sent
	 * (fault_skip() says why). The canaries run beside it. */
	bool (*send)(struct fault *f);
};

/* A case while it runs. */
struct fault {
	const struct fault_case *c;
	const struct suite_env *env;
	const struct service *service;
	struct client *client;		/* for the fault itself; canaries have their own */
	struct arena *scratch;		/* of this case */
	struct rng rng;
	const struct sample *canary;	/* a good input: cases break copies of it */
	const char *marker;		/* words that a reply must never echo */
	uint64_t start_ns;
	/* the verdict so far: the first finding counts, dead outranks all */
	const char *finding;
	char detail[500];
	char skipped[200];
	char seen[200];			/* what came back, for a pass */
};

void fault_find(struct fault *f, const char *finding, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void fault_skip(struct fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* R1, R2, R3 on a reply that came through a protocol, and on one of a raw script. */
void fault_judge_call(struct fault *f, const struct call *call);
void fault_judge_raw(struct fault *f, const struct raw_reply *reply);

/* Send one request through the service's protocol and judge it. */
bool fault_ask(struct fault *f, const struct sample *sample, const struct ask *ask);

/* The same with a file as the audio, or as the only image. */
bool fault_audio(struct fault *f, const char *name, const void *data, size_t len);
bool fault_image(struct fault *f, const char *name, const char *mime, const void *data, size_t len);

/* Play a raw script against the service and judge the reply. */
bool fault_script(struct fault *f, const struct raw_step *steps, size_t n);

/* The head of a POST to the service's route, for scripts that go on from there. */
bool fault_head(struct fault *f, const char *content_type, size_t len, struct buf *out);

/* POST these bytes to the service's route with this content type, by a raw script. */
bool fault_post(struct fault *f, const char *content_type, const void *body, size_t len);

/* Each ends with a nameless row. */
extern const struct fault_case fault_audio_cases[];
extern const struct fault_case fault_image_cases[];
extern const struct fault_case fault_text_cases[];
extern const struct fault_case fault_http_cases[];

#endif
