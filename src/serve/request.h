/* src/serve/request.h - one HTTP request inside the server: what its handlers see.
 *
 * A handler runs on the connection's thread once the whole request is there. It answers with one of
 * the reply_* calls and returns 0, or sets a refusal and returns -1: `return refuse(r, 400, ...);`.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_REQUEST_H
#define SERVE_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/mhd.h"
#include "serve/conn.h"
#include "serve/pool.h"
#include "serve/server.h"

enum body_kind { BODY_NONE, BODY_JSON, BODY_MULTIPART };

struct request;

struct route {
	const char *method;
	const char *path;
	const char *kind;	/* asr, tts, chat; NULL: every kind of service has it */
	enum body_kind body;
	const char *file_field;	/* multipart: the part that is the file */
	bool open;		/* needs no token */
	int (*handle)(struct request *r);
};

extern const struct route routes[];	/* ends with a row without path */

/* The text fields of a form that are kept. */
enum upload_field {
	UPLOAD_LANGUAGE, UPLOAD_MODEL, UPLOAD_PROMPT, UPLOAD_RESPONSE_FORMAT, UPLOAD_STREAM,
	UPLOAD_TEMPERATURE, UPLOAD_FIELDS,
};
extern const char *const upload_names[UPLOAD_FIELDS];

struct refusal {
	unsigned status;	/* 0: none */
	const char *code;	/* literal */
	char message[240];	/* never holds input */
};

/* A frame of the worker; header and payload are valid until the next one. */
struct answer {
	enum call_result rc;
	const json_t *header;
	const char *payload;
	size_t len;
};

struct request {
	struct server *server;
	struct conn *conn;
	struct MHD_Connection *mhd;
	const struct route *route;	/* NULL: there is none */
	char id[32];
	uint64_t started_ns;
	uint64_t until_ns;	/* deadline, from the complete request on */
	size_t uri_len;
	bool uri_cut;		/* holds a NUL: the path that is seen is not all of it */
	bool begun;		/* the header was looked at */
	bool linger;		/* answered before its body had come: that is read and forgotten */
	struct refusal refusal;
	char echo[256];		/* start of the body, for a defect of the sim */
	unsigned status;	/* that was answered; 0: none yet */

	struct MHD_PostProcessor *post;
	uint64_t body_bytes;
	size_t reserved;	/* of the server's memory for bodies and media */
	struct buf body;	/* JSON, or the file of a form */
	bool has_file;
	size_t parts;
	const char *part;	/* the form's part that is being read: to see a second one */
	struct buf fields[UPLOAD_FIELDS];
	bool has_field[UPLOAD_FIELDS];

	/* a streamed reply */
	int (*pump)(struct request *r);
	struct buf out;
	size_t out_at;
	int pumped;		/* what pump() said last */

	struct call *call;	/* closed with the request */
	struct answer answer;	/* what the worker said last */
	bool peeked;		/* next_answer() gives it once more */
	void *state;		/* the handler's own; freed by end_state */
	void (*end_state)(void *state);
};

/* ---- refusals ---- */

int refuse(struct request *r, unsigned status, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The refusal that belongs to what the pool said; header is the worker's "error" or NULL. */
int refuse_call(struct request *r, enum call_result why, const json_t *header);

/* {"error":{…}} of a refusal, into out. */
void refusal_json(const struct refusal *f, struct buf *out);

/* ---- memory that clients make the server hold ---- */

/* Count len more bytes; a refusal (503, memory) when there is no room. */
int reserve(struct request *r, size_t len);
void unreserve(struct request *r, size_t len);

/* ---- replies: 0, or -1 when it could not be queued (the connection is closed then) ---- */

int reply_refusal(struct request *r);
int reply_json(struct request *r, unsigned status, json_t *steal);
/* Takes the content of b. */
int reply_buf(struct request *r, unsigned status, const char *type, struct buf *b);

/* pump appends to r->out and returns 1 (more will come), 0 (that was all) or -1 (break the
 * connection: the client must see that it is not complete). */
int reply_stream(struct request *r, const char *type, int (*pump)(struct request *r));

/* Put one event into r->out: "data: {…}\n\n"; with the time of sending if the server stamps. */
void put_event(struct request *r, const char *name, json_t *steal);
/* The refusal set in r as a terminal event. */
void put_error_event(struct request *r);

/* ---- talking to a worker ---- */

/* r->call from the service's pool; then each call_* result but FRAME and DONE as a refusal. */
int open_call(struct request *r, struct pool *pool);

/* Send a frame to r->call; a refusal when it cannot be. Steals header. */
int send_frame(struct request *r, json_t *header, const void *payload, size_t len);

/* The worker's next frame into r->answer; 0 for FRAME and DONE, else a refusal. */
int next_answer(struct request *r);
/* The same, but it is given again by the next next_answer(): to choose the status of the reply. */
int peek_answer(struct request *r);

/* ---- bodies ---- */

/* The parsed JSON object of the body, or NULL with a refusal. Caller: json_decref(). The body's
 * memory is given back. */
json_t *read_json_body(struct request *r);

/* Text of a form field, or NULL when it was not sent. */
const char *upload_text(const struct request *r, enum upload_field f);

/* Language tag of the client: letters, digits, '-' and '_', at most 35. */
bool valid_language(const char *text);

/* request.c: the hooks of libmicrohttpd */
void *request_uri(void *server, const char *uri, struct MHD_Connection *c);
enum MHD_Result request_access(void *server, struct MHD_Connection *c, const char *url,
			       const char *method, const char *version, const char *data,
			       size_t *len, void **ctx);
void request_completed(void *server, struct MHD_Connection *c, void **ctx,
		       enum MHD_RequestTerminationCode code);

/* gate.c: everything that can be refused from the header alone. 0, or -1 with a refusal. */
int gate(struct request *r, const char *url, const char *method);

/* upload.c: multipart/form-data */
int upload_begin(struct request *r);	/* normalises Content-Type; -1 with a refusal */
void upload_add(struct request *r, const char *data, size_t len);
int upload_end(struct request *r);

#endif
