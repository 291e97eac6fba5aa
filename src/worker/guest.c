/* src/worker/guest.c - see guest.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "worker/guest.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/json.h"
#include "base/util.h"

#define PROTOCOL_VERSION 1
#define PAYLOAD_MAX_DEFAULT ((size_t)64 << 20)

struct guest_request {
	const struct guest *g;
	struct frame_reader *reader;
	int64_t id;		/* -1: none so far */
	bool open;		/* not ended by done or error yet */
	bool cancelled;
	bool gone;		/* the host cannot be reached any more */
	const char *code;
};

int64_t guest_id(const struct guest_request *r)
{
	return r->id;
}

void guest_code(struct guest_request *r, const char *code)
{
	r->code = code;
}

static int send_for(struct guest_request *r, int64_t id, const char *type, json_t *header,
		    const void *payload, size_t len, struct err *e)
{
	if (!header)
		header = json_object();
	if (!header)
		return err_set(e, ERR_SYSTEM, "out of memory for a reply");
	json_put_text(header, "type", type);
	json_put_int(header, "id", id);
	int rc = frame_exchange(WORKER_FD, r->reader, header, payload, len, UINT64_MAX, e);
	/* Half a frame cannot be taken back: only an error of ours leaves the stream whole. */
	if (rc < 0 && e->code == ERR_SYSTEM)
		r->gone = true;
	return rc;
}

int guest_reply(struct guest_request *r, const char *type, json_t *header, const void *payload,
		size_t len, struct err *e)
{
	struct err local = {0};
	return send_for(r, r->id, type, header, payload, len, e ? e : &local);
}

bool guest_cancelled(struct guest_request *r)
{
	if (r->cancelled || r->gone)
		return true;
	if (frame_fill(r->reader, WORKER_FD, NULL) < 0)
		r->gone = true;
	r->cancelled = frame_waits(r->reader, "cancel", r->id);
	return r->cancelled || r->gone;
}

static int send_error(struct guest_request *r, int64_t id, const struct err *why,
		      const char *code, struct err *e)
{
	json_t *h = json_object();
	if (!h)
		return err_set(e, ERR_SYSTEM, "out of memory for a reply");
	/* A text that quotes what is not UTF-8 must not keep the error from being sent. */
	json_t *message = json_string(why->text);
	json_put(h, "message", message ? message : json_string("error without a printable text"));
	json_put_bool(h, "client", why->code == ERR_USAGE || why->code == ERR_DATA);
	json_put_text(h, "code", why->code == ERR_INTERRUPTED ? "cancelled" : code);
	return send_for(r, id, "error", h, NULL, 0, e);
}

/* End the request with done, or with what went wrong. -1: the host cannot be told. */
static int finish(struct guest_request *r, int rc, json_t *done, const struct err *why,
		  struct err *e)
{
	r->open = false;
	if (r->gone)
		return err_set(e, ERR_DATA, "closed");
	if (rc == 0 && done)
		return send_for(r, r->id, "done", json_incref(done), NULL, 0, e);
	return send_error(r, r->id, why, r->code, e);
}

/* An answer to a frame that the state does not allow. */
static int refuse(struct guest_request *r, int64_t id, const char *text, struct err *e)
{
	struct err why;
	(void)err_set(&why, ERR_DATA, "%s", text);
	return send_error(r, id, &why, "protocol", e);
}

static void start(struct guest_request *r, int64_t id)
{
	r->id = id;
	r->open = true;
	r->cancelled = false;
	r->code = NULL;
}

static int on_request(struct guest_request *r, const struct frame *f, struct err *e)
{
	struct err why = {0};
	CLEANUP(json_unref) json_t *done = json_object();
	if (!done)
		return err_set(e, ERR_SYSTEM, "out of memory for a reply");
	start(r, f->id);
	int rc = r->g->request(r, f, done, &why);
	return finish(r, rc, done, &why, e);
}

static int on_part(struct guest_request *r, const struct frame *f, struct err *e)
{
	struct err why = {0};
	bool begins = strcmp(f->type, "begin") == 0;
	if (begins && r->open)
		return refuse(r, f->id, "another request is being worked on", e);
	if (!begins && f->id != r->id)
		return refuse(r, f->id, "no request with this id was begun", e);
	if (!begins && !r->open)
		return 0;	/* was on its way when the request ended */
	if (begins)
		start(r, f->id);
	if (begins || strcmp(f->type, "audio") == 0) {
		int (*hook)(struct guest_request *, const struct frame *, struct err *) =
			begins ? r->g->begin : r->g->audio;
		if (hook(r, f, &why) < 0)
			return finish(r, -1, NULL, &why, e);
		return 0;
	}
	CLEANUP(json_unref) json_t *done = json_object();
	if (!done)
		return err_set(e, ERR_SYSTEM, "out of memory for a reply");
	int rc = r->g->end(r, f, done, &why);
	return finish(r, rc, done, &why, e);
}

static int on_cancel(struct guest_request *r, const struct frame *f, struct err *e)
{
	if (!r->open || f->id != r->id)
		return 0;	/* it ended while the cancel was on its way */
	struct err why;
	(void)err_set(&why, ERR_INTERRUPTED, "cancelled");
	return finish(r, -1, NULL, &why, e);
}

static bool is_part(const char *type)
{
	return strcmp(type, "begin") == 0 || strcmp(type, "audio") == 0 ||
	       strcmp(type, "end") == 0;
}

static int on_frame(struct guest_request *r, const struct frame *f, struct err *e)
{
	if (f->id < 0)
		return refuse(r, 0, "a frame without an id", e);
	if (strcmp(f->type, "cancel") == 0)
		return on_cancel(r, f, e);
	if (r->g->begin && is_part(f->type))
		return on_part(r, f, e);
	static const char *const with_one_frame[] = {"tts", "speak", "chat", "chat",
						     "decode", "decode", "draw", "draw"};
	for (size_t i = 0; r->g->request && i < ARRAY_LEN(with_one_frame); i += 2)
		if (strcmp(r->g->task, with_one_frame[i]) == 0 &&
		    strcmp(f->type, with_one_frame[i + 1]) == 0)
			return on_request(r, f, e);
	return refuse(r, f->id, "this worker does not know frames of this type", e);
}

static int announce(const struct guest *g, json_t *ready, struct err *e)
{
	json_put_text(ready, "type", "ready");
	json_put_int(ready, "protocol", PROTOCOL_VERSION);
	json_put_text(ready, "name", g->name);
	json_put_text(ready, "task", g->task);
	if (!json_object_get(ready, "device"))
		json_put_text(ready, "device", "cpu");
	json_put_int(ready, "parallel", 1);
	return frame_send(WORKER_FD, json_incref(ready), NULL, 0, UINT64_MAX, e);
}

/* 0 at the end of the stream. */
static int serve_host(struct guest_request *r, struct err *e)
{
	for (;;) {
		struct frame f;
		if (frame_read(r->reader, WORKER_FD, &f, e) < 0)
			return strcmp(e->text, "closed") == 0 ? 0 : -1;
		if (on_frame(r, &f, e) < 0)
			return r->gone ? 0 : -1;
	}
}

static int run(const struct guest *g, int argc, char **argv, struct err *e)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);	/* a file that may not grow is an error of that file */
	int flags = fcntl(WORKER_FD, F_GETFL);
	if (flags < 0)
		return err_set(e, ERR_USAGE, "this program is a worker: it is started by assay, "
			       "which gives it a socket as fd %d", WORKER_FD);
	(void)fcntl(WORKER_FD, F_SETFL, flags & ~O_NONBLOCK);
	(void)fcntl(WORKER_FD, F_SETFD, FD_CLOEXEC);
	CLEANUP(json_unref) json_t *ready = json_object();
	struct guest_request r = {.g = g, .id = -1};
	r.reader = frame_reader_new(g->payload_max ? g->payload_max : PAYLOAD_MAX_DEFAULT);
	int rc = -1;
	if (!ready || !r.reader)
		(void)err_set(e, ERR_SYSTEM, "out of memory");
	else if (g->open(argc, argv, ready, e) == 0 && announce(g, ready, e) == 0)
		rc = serve_host(&r, e);
	frame_reader_free(r.reader);
	return rc;
}

int guest_main(const struct guest *g, int argc, char **argv)
{
	assert((g->request != NULL) != (g->begin != NULL));
	struct err e = {0};
	int rc = run(g, argc, argv, &e);
	if (rc < 0)
		(void)fprintf(stderr, "assay-worker-%s: %s\n", g->name, e.text);
	if (g->close)
		g->close();
	return rc < 0 ? 1 : 0;
}
