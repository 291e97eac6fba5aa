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
struct yaml_node;

/* One key of body, ready to be written. */
struct service_field {
	const char *name;
	const char *json;	/* the value as JSON */
	const char *form;	/* the value as a form field; NULL (JSON null): left out */
};

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
	const char *header_lines;	/* key and headers, each with CRLF; service_check() */
	const char *tls_ca, *tls_cert, *tls_key;
	bool tls_verify;
	const char *source;		/* addresses that connections leave from; NULL: any */
	uint64_t timeout_ns;		/* per request */
	uint64_t idle_timeout_ns;	/* between two reads of a stream; 0: timeout only */
	uint64_t connect_timeout_ns;
	json_t *body;			/* merged into every request body, or NULL */
	const struct service_field *fields;	/* body's keys; service_check() */
	size_t n_fields;
	struct service *reference;	/* {url: …}: same keys; NULL: none */
	const char *reference_answers;	/* {answers: DIR}; NULL: none */
	const char *deploy;		/* "deploy.yaml#asr" */
	const char *monitor;		/* URL of a Prometheus page */
	int64_t pid;			/* its main process on this host; 0: not known */

	/* Keys that belong to the protocol (mode, sample_rate …): as read, as the struct that
	 * protocol->options fills, and as the echo of it. The last two by service_check(). */
	const struct yaml_node *protocol_keys;
	const void *settings;
	json_t *protocol_options;

	const struct yaml_node *reference_node;	/* as read; service_check() makes the above */
};

/* Its keys in a plan and on the command line; the protocol's own keys come on top: inline in a
 * plan, as `--protocol-keys '{sample_rate: 22050}'` on the command line. */
extern const struct opt service_options[];

void service_defaults(struct service *s);

/* Read a service block of a plan (service_defaults() included). Keys that service_options does
 * not have are left for the protocol: service_check() finds the wrong ones. */
int service_from_yaml(struct service *s, const char *name, const struct yaml_node *map,
		      struct arena *a, struct err *e);

/* Names looked up, URLs parsed, key read; says what is wrong and what would be right. Without
 * a protocol, the kind and the URL tell it: …/v1 is OpenAI's, anything else is assay's own. */
int service_check(struct service *s, struct arena *a, struct err *e);

/* What is not in the arena (JSON); the reference's too. NULL is fine. */
void service_release(struct service *s);

/* This key of body as a word; else the fallback. */
const char *service_body_text(const struct service *s, const char *key, const char *fallback);

/* Does body set this key (so that the protocol must not)? */
bool service_body_has(const struct service *s, const char *key);

#endif
