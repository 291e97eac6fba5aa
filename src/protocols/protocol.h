/* src/protocols/protocol.h - what the engine needs to know of a protocol.
 *
 * A protocol writes one request and understands one reply. It knows no socket and no clock; the
 * engine knows no protocol. encode() borrows media, never copies it. After warm-up, neither
 * encode() nor receive() may allocate for streamed events (buffers are reused).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_PROTOCOL_H
#define PROTOCOLS_PROTOCOL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/opt.h"
#include "base/outcome.h"
#include "http/arrival.h"
#include "http/head.h"
#include "media/sample.h"
#include "protocols/answer.h"
#include "protocols/ask.h"
#include "protocols/service.h"

#define REQUEST_PIECES_MAX 128

/* A request, in pieces: text that was written for it, and media that is only pointed to.
 *
 * The engine writes the request line, Host, Content-Length and service->header_lines (the key and
 * the headers of the plan); head holds what the protocol adds. */
struct request {
	const char *method;	/* "POST"; "GET" has no body and no Content-Length */
	const char *path;	/* added to the URL's path; "" for protocols with full routes */
	struct buf head;	/* further header lines, each with CRLF (Content-Type: …) */
	struct buf text;	/* storage of the written pieces */
	struct request_piece {
		const void *data;	/* NULL: the piece is text.data + offset */
		size_t offset, len;
	} pieces[REQUEST_PIECES_MAX];
	size_t n_pieces;

	/* Of live speech instead of the pieces (protocol->live): a first message, samples that are
	 * sent as they would be spoken, a last message; the messages lie in text. */
	struct request_live {
		size_t opening_at, opening_len, closing_at, closing_len;
		const void *pcm;	/* NULL: text.data + pcm_at */
		size_t pcm_at, pcm_len;
		size_t chunk_len;	/* bytes of one message */
		uint64_t chunk_ns;	/* and how long they last */
		/* So long without a message, behind one that came after the speech, is the end;
		 * without such a one the idle timeout is. 0: silence is no end. */
		uint64_t quiet_ns;
		const char *subprotocol;
	} live;
};

void request_init(struct request *r);
void request_release(struct request *r);
void request_clear(struct request *r);	/* keeps the memory for the next request */
int request_add_text(struct request *r, const void *data, size_t len);	/* copied */
/* The len bytes that the caller has put at r->text.data + r->text.len itself. */
int request_add_written(struct request *r, size_t len);
int request_add_media(struct request *r, const void *data, size_t len);	/* borrowed */
size_t request_length(const struct request *r);	/* of the body */

/* The bytes of piece i; of text pieces only valid until something is added. */
const void *request_piece_data(const struct request *r, size_t i);

struct protocol {
	const char *name;		/* as written in a plan: "openai-chat" */
	const char *kind;		/* asr, tts, chat; NULL: the service says (http, null) */
	const char *summary;		/* one line, for --help and the manual */
	const char *route;		/* the route it speaks, for the manual */
	const char *missing;		/* why this build lacks it, else NULL */
	bool full_route;		/* the URL is the whole route; else a base */
	/* Over a WebSocket, speech sent in real time: encode() fills request->live, head() gets
	 * status 101, receive() gets whole messages and sets answer->complete with the last. */
	bool live;
	const struct opt *options;	/* its own keys in a service block; NULL: none */
	size_t settings_size;		/* of the struct that they fill: service->settings */
	size_t state_size;		/* zeroed by the engine before each head() */

	/* Is this service usable with this protocol (model given, …)? NULL: always. */
	int (*check)(const struct service *s, struct err *e);

	/* Write one request. -1 when the sample lacks what the protocol needs. */
	int (*encode)(const struct service *s, const struct sample *sample, const struct ask *ask,
		      struct request *out, struct err *e);

	/* A reply begins / a piece of its body / its end. The caller has cleared the answer. sample
	 * and ask stay valid until the end. The answer is filled as it comes. Return
	 * OUTCOME_OK to go on, or the reason why this reply is a failure: the engine then stops
	 * reading. head() is called for every status; for one that is not 2xx the engine collects
	 * the body itself (answer->error) and does not call receive(). */
	enum outcome (*head)(void *state, const struct service *s, const struct ask *ask,
			     const struct http_head *head, struct answer *answer);
	enum outcome (*receive)(void *state, const char *data, size_t len,
				const struct arrival *at, struct answer *answer);
	enum outcome (*finish)(void *state, const struct sample *sample, struct answer *answer);
	/* What the state holds; NULL: nothing. Called once after each head(), however the reply
	 * ended. Buffers that are worth keeping live in the answer. */
	void (*release)(void *state);

	/* The route of its health or models, for readiness: "/health"; NULL: a real request. */
	const char *health;
};

const struct protocol *protocol_find(const char *name);
const struct protocol *protocol_at(size_t i);	/* in manual order; NULL at the end */

#endif
