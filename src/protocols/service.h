/* src/protocols/service.h - a service as a plan or a command line describes it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_SERVICE_H
#define PROTOCOLS_SERVICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"

struct protocol;

enum service_balance { BALANCE_ROUND_ROBIN, BALANCE_LEAST_OPEN };

struct service {
	const char *name;		/* key in the plan */
	const char *kind;		/* asr, tts, chat: from the protocol unless given */
	const char *protocol_name;
	const struct protocol *protocol;	/* looked up by service_check() */
	const char *url;
	struct strings urls;		/* replicas; service_check() puts url here when alone */
	int balance;
	const char *model;
	const char *api_key_env;
	const char *api_key;		/* read from the environment by service_check() */
	json_t *headers;		/* object of strings, or NULL */
	const char *tls_ca, *tls_cert, *tls_key;
	bool tls_verify;
	uint64_t timeout_ns;		/* per request */
	uint64_t idle_timeout_ns;	/* between two reads of a stream; 0: timeout only */
	uint64_t connect_timeout_ns;
	json_t *body;			/* merged into every request body, or NULL */
	struct service *reference;	/* {url: …}: same keys; NULL: none */
	const char *reference_answers;	/* {answers: DIR}; NULL: none */
	const char *deploy;		/* "deploy.yaml#asr" */
	const char *monitor;		/* URL of a Prometheus page */
	int64_t pid;			/* its main process on this host; 0: not known */
	const json_t *protocol_options;	/* keys that belong to the protocol (mode, sample_rate …) */
};

extern const struct opt service_options[];

void service_defaults(struct service *s);

/* Names looked up, URLs parsed, key read; says what is wrong and what would be right. */
int service_check(struct service *s, struct arena *a, struct err *e);

#endif
