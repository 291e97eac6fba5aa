/* src/serve/route_stream.c - live speech: GET / and /stream as a WebSocket, in FunASR's protocol.
 *
 * The client opens with {"mode": "2pass" | "online" | "offline", …, "is_speaking": true}, sends PCM
 * (mono, 16 bit) as it is spoken and ends with {"is_speaking": false}. Online messages bring words
 * as soon as two results of the recogniser agree on them; an offline message of each stretch of
 * speech replaces them. The last message has is_end. The stream runs on its connection's thread
 * and holds one worker.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <wslay/wslay.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "http/websocket.h"
#include "serve/routes.h"
#include "serve/server_parts.h"

#define MESSAGE_MAX ((size_t)1 << 20)
#define OUT_MAX ((size_t)1 << 20)
#define STREAM_MAX_NS (4 * 3600 * NS_PER_S)
#define RATE_DEFAULT 16000
#define LOOK_EVERY_MS 250
#define LINGER NS_PER_S
#define NAME_MAX_BYTES 256

enum mode { MODE_NONE, MODE_OFFLINE, MODE_ONLINE, MODE_2PASS };

struct stream {
	struct server *server;
	struct conn *conn;
	int fd;
	wslay_event_context_ptr frames;
	struct buf early;		/* bytes that came with the request */
	size_t early_at;
	struct buf out;
	struct call *call;
	uint64_t moved;			/* when bytes last came from the client */
	enum mode mode;
	char name[NAME_MAX_BYTES];
	bool ended;			/* the client has said all */
	bool over;			/* nothing more is to be done */
	uint64_t over_since;
	bool gone;			/* the client has left */
	struct buf last;		/* the partial before: what two agree on is shown */
	size_t shown;			/* bytes of it that were shown */
	struct buf text, stamps;	/* of all segments, for mode offline */
	json_t *sentences;
};

static ssize_t take_in(wslay_event_context_ptr ctx, uint8_t *to, size_t len, int flags, void *user)
{
	struct stream *s = user;
	(void)flags;
	if (s->early_at < s->early.len) {
		size_t n = MIN(len, s->early.len - s->early_at);
		memcpy(to, s->early.data + s->early_at, n);
		s->early_at += n;
		return (ssize_t)n;
	}
	ssize_t n = recv(s->fd, to, len, MSG_DONTWAIT);
	if (n > 0) {
		s->moved = clock_now();
		return n;
	}
	bool later = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
	s->gone = !later;
	wslay_event_set_error(ctx, later ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t put_out(wslay_event_context_ptr ctx, const uint8_t *data, size_t len, int flags,
		       void *user)
{
	struct stream *s = user;
	(void)flags;
	if (buf_add(&s->out, data, len) == 0)
		return (ssize_t)len;
	s->gone = true;	/* it does not read what it asked for */
	wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static void flush(struct stream *s)
{
	if (wslay_event_want_write(s->frames) && wslay_event_send(s->frames) != 0)
		s->gone = true;
	while (s->out.len > 0 && !s->gone) {
		ssize_t n = send(s->fd, s->out.data, s->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			buf_consume(&s->out, (size_t)n);
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return;
		else if (errno != EINTR)
			s->gone = true;
	}
}

static void say(struct stream *s, json_t *steal)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(OUT_MAX);
	if (s->name[0])
		json_put_text(steal, "wav_name", s->name);
	if (json_write(steal, false, &text) == 0) {
		const struct wslay_event_msg m = {WSLAY_TEXT_FRAME, (const uint8_t *)text.data,
						  text.len};
		/* at once: a closing frame would overtake it in the queue */
		if (wslay_event_queue_msg(s->frames, &m) != 0 || wslay_event_send(s->frames) != 0)
			s->gone = true;
	}
	json_decref(steal);
}

/* Say what is wrong, and close. */
static void refuse_stream(struct stream *s, unsigned code, const char *words)
{
	say(s, json_pack("{s:{s:s}, s:b}", "error", "message", words, "is_end", 1));
	(void)wslay_event_queue_close(s->frames, (uint16_t)code, NULL, 0);
	s->over = true;
}

static void refuse_result(struct stream *s, enum call_result why, const json_t *header)
{
	static const struct {
		enum call_result why;
		const char *words;
	} rows[] = {
		{CALL_FULL, "all workers are busy and the queue is full; try again later"},
		{CALL_NONE, "no worker is ready"},
		{CALL_LATE, "no worker became free in time"},
		{CALL_DIED, "the worker died; try again"},
		{CALL_STOPPED, "the server is being stopped"},
		{CALL_SLOW, "the results were not read"},
	};
	const char *words = json_is_true(json_object_get(header, "client"))
				    ? "the worker refused the speech"
				    : "the worker could not do it";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].why == why)
			words = rows[i].words;
	if (why == CALL_GONE)
		s->gone = true;
	else
		refuse_stream(s, WSLAY_CODE_INTERNAL_SERVER_ERROR, words);
}

static void to_worker(struct stream *s, json_t *header, const void *data, size_t len)
{
	enum call_result rc = call_send(s->call, header, data, len);
	if (rc != CALL_FRAME)
		refuse_result(s, rc, NULL);
}

/* The opening: mode, name, rate. */
static void open_stream(struct stream *s, const json_t *j)
{
	static const struct {
		const char *name;
		enum mode mode;
	} modes[] = {{"2pass", MODE_2PASS}, {"online", MODE_ONLINE}, {"offline", MODE_OFFLINE}};
	const char *mode = json_text(j, "mode", "2pass");
	const char *format = json_text(j, "wav_format", "pcm");
	int64_t rate = RATE_DEFAULT, asked = RATE_DEFAULT;
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (strcmp(modes[i].name, mode) == 0)
			s->mode = modes[i].mode;
	str_cut_copy(s->name, sizeof(s->name), json_text(j, "wav_name", ""));
	(void)json_whole(j, "audio_fs", &asked);
	json_t *ready = pool_ready(s->server->spec.pool);
	(void)json_whole(ready, "sample_rate", &rate);
	json_decref(ready);
	if (s->mode == MODE_NONE) {
		refuse_stream(s, WSLAY_CODE_POLICY_VIOLATION,
			      "mode must be 2pass, online or offline");
	} else if (strcmp(format, "pcm") != 0 || asked != rate) {
		char words[120];
		(void)snprintf(words, sizeof(words), "send wav_format pcm: mono, 16 bit, audio_fs "
			       "%lld", (long long)rate);
		refuse_stream(s, WSLAY_CODE_POLICY_VIOLATION, words);
	}
	if (s->over)
		return;
	uint64_t wait = clock_now() + s->server->spec.limits->deadline_ns;
	enum call_result rc = call_open(s->server->spec.pool, wait, s->fd, &s->call);
	if (rc != CALL_FRAME) {
		refuse_result(s, rc, NULL);
		return;
	}
	call_extend(s->call, clock_now() + STREAM_MAX_NS);
	to_worker(s, json_pack("{s:s, s:s, s:b, s:b}", "type", "begin", "format", "s16le",
			       "partials", s->mode != MODE_OFFLINE, "word_times", 1), NULL, 0);
}

static void on_text(struct stream *s, const char *data, size_t len)
{
	CLEANUP(json_unref) json_t *j = json_read(data, len, 8, NULL);
	const json_t *speaking = json_object_get(j, "is_speaking");
	if (!json_is_object(j)) {
		refuse_stream(s, WSLAY_CODE_POLICY_VIOLATION, "a text message must be a JSON "
			      "object");
		return;
	}
	if (s->mode == MODE_NONE)
		open_stream(s, j);
	if (!s->over && s->call && !s->ended && json_is_false(speaking)) {
		s->ended = true;
		to_worker(s, json_pack("{s:s}", "type", "end"), NULL, 0);
	}
}

static void on_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *m,
		       void *user)
{
	struct stream *s = user;
	(void)ctx;
	if (s->over || wslay_is_ctrl_frame(m->opcode))
		return;
	if (m->opcode == WSLAY_TEXT_FRAME)
		on_text(s, (const char *)m->msg, m->msg_length);
	else if (s->mode == MODE_NONE)
		refuse_stream(s, WSLAY_CODE_POLICY_VIOLATION, "before speech comes a JSON opening, "
			      "such as {\"mode\": \"2pass\", \"is_speaking\": true}");
	else if (m->msg_length % 2 != 0)
		refuse_stream(s, WSLAY_CODE_POLICY_VIOLATION, "speech does not hold whole samples");
	else if (m->msg_length > 0 && !s->ended)
		to_worker(s, json_pack("{s:s}", "type", "audio"), m->msg, m->msg_length);
}

/* Whole words that both results begin with, but for the last of the new one: it may still grow. */
static size_t agreed(const struct buf *before, const char *now)
{
	size_t n = 0, words = 0;
	while (n < before->len && now[n] && before->data[n] == now[n]) {
		n++;
		if (now[n - 1] == ' ')
			words = n;
	}
	return words;
}

static void on_partial(struct stream *s, const char *text)
{
	size_t n = agreed(&s->last, text);
	if (n > s->shown) {
		CLEANUP(buf_release) struct buf more = BUF_INIT(OUT_MAX);
		(void)buf_add(&more, text + s->shown, n - s->shown);
		say(s, json_pack("{s:s, s:s, s:b}", "mode",
				 s->mode == MODE_2PASS ? "2pass-online" : "online", "text",
				 more.data, "is_final", 0));
		s->shown = n;
	}
	buf_clear(&s->last);
	(void)buf_str(&s->last, text);
}

static void put_stamp(struct buf *to, double from, double until)
{
	(void)buf_fmt(to, "%s[%.0f,%.0f]", to->len > 0 ? "," : "", from * 1000, until * 1000);
}

static void on_segment(struct stream *s, const json_t *header)
{
	const char *text = json_text(header, "text", "");
	const json_t *words = json_object_get(header, "words");
	CLEANUP(buf_release) struct buf stamps = BUF_INIT(OUT_MAX);
	double start = 0, end = 0;
	size_t i;
	json_t *word;
	json_array_foreach(words, i, word)
		if (json_number(word, "start", &start) && json_number(word, "end", &end))
			put_stamp(&stamps, start, end);
	(void)json_number(header, "start", &start);
	(void)json_number(header, "end", &end);
	json_t *sentence = json_pack("{s:s, s:f, s:f}", "text_seg", text, "start", start * 1000,
				     "end", end * 1000);
	if (s->mode == MODE_2PASS) {
		json_t *j = json_pack("{s:s, s:s, s:b, s:[O]}", "mode", "2pass-offline", "text",
				      text, "is_final", 0, "stamp_sents", sentence);
		json_put(j, "timestamp", json_sprintf("[%s]", stamps.data ? stamps.data : ""));
		say(s, j);
	} else if (s->mode == MODE_ONLINE && strlen(text) > 0) {
		/* what was shown stays; what the segment has beyond it is new */
		size_t n = agreed(&s->last, text);
		const char *rest = n >= s->shown ? text + MIN(s->shown, strlen(text)) : "";
		if (*rest)
			say(s, json_pack("{s:s, s:o, s:b}", "mode", "online", "text",
					 json_sprintf("%s ", rest), "is_final", 0));
	}
	(void)json_array_append_new(s->sentences, sentence);
	(void)buf_fmt(&s->text, "%s%s", s->text.len > 0 ? " " : "", text);
	if (stamps.len > 0)
		(void)buf_fmt(&s->stamps, "%s%s", s->stamps.len > 0 ? "," : "", stamps.data);
	buf_clear(&s->last);
	s->shown = 0;
}

static void on_done(struct stream *s)
{
	json_t *j = json_pack("{s:s, s:s, s:b, s:b}", "mode",
			      s->mode == MODE_OFFLINE ? "offline" : s->mode == MODE_ONLINE
			      ? "online" : "2pass-offline", "text", s->mode == MODE_OFFLINE &&
			      s->text.data ? s->text.data : "", "is_final", 1, "is_end", 1);
	if (s->mode == MODE_OFFLINE) {
		json_put(j, "timestamp",
			 json_sprintf("[%s]", s->stamps.data ? s->stamps.data : ""));
		json_put(j, "stamp_sents", json_incref(s->sentences));
	}
	say(s, j);
	(void)wslay_event_queue_close(s->frames, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
	s->over = true;
}

static void from_worker(struct stream *s)
{
	const json_t *header;
	const char *payload;
	size_t len;
	enum call_result rc;
	while (s->call && !s->over && call_try_next(s->call, &rc, &header, &payload, &len)) {
		const char *type = json_text(header, "type", "");
		if (rc == CALL_DONE)
			on_done(s);
		else if (rc != CALL_FRAME)
			refuse_result(s, rc, header);
		else if (strcmp(type, "partial") == 0 && s->mode != MODE_OFFLINE)
			on_partial(s, json_text(header, "text", ""));
		else if (strcmp(type, "segment") == 0)
			on_segment(s, header);
	}
}

static void run(struct stream *s)
{
	const struct limits *l = s->server->spec.limits;
	while (!s->gone) {
		if (wslay_event_recv(s->frames) != 0 && !s->over)
			s->gone = true;
		from_worker(s);
		flush(s);
		if (s->gone || (!wslay_event_want_read(s->frames) && s->out.len == 0))
			return;
		if (atomic_load(&s->server->stopping) && !s->call && !s->over)
			refuse_stream(s, WSLAY_CODE_GOING_AWAY, "the server is being stopped");
		/* the peer's goodbye is waited for: what is on its way to it must arrive */
		if (s->over && s->over_since == 0)
			s->over_since = clock_now();
		uint64_t wait = s->out.len > 0 ? l->write_ns : LINGER;
		if (s->over && clock_now() - s->over_since > wait)
			return;
		if (!s->over && !s->ended && clock_now() - s->moved > l->idle_ns)
			refuse_stream(s, WSLAY_CODE_POLICY_VIOLATION,
				      "no speech came for too long");
		struct pollfd fds[2] = {
			{.fd = s->fd, .events = (short)(POLLIN | (s->out.len > 0 ? POLLOUT : 0))},
			{.fd = s->call ? call_fd(s->call) : -1, .events = POLLIN},
		};
		if (s->early_at >= s->early.len)
			(void)poll(fds, 2, LOOK_EVERY_MS);
	}
}

static void upgraded(void *cls, struct MHD_Connection *c, void *request, const char *extra,
		     size_t extra_len, MHD_socket fd, struct MHD_UpgradeResponseHandle *handle)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = take_in,
		.send_callback = put_out,
		.on_msg_recv_callback = on_message,
	};
	const struct request *r = request;
	struct stream s = {
		.server = cls,
		.conn = r->conn,
		.fd = fd,
		.moved = clock_now(),
		.sentences = json_array(),
	};
	(void)c;
	buf_init(&s.early, BUF_UNLIMITED);
	buf_init(&s.out, OUT_MAX);
	buf_init(&s.last, OUT_MAX);
	buf_init(&s.text, OUT_MAX);
	buf_init(&s.stamps, OUT_MAX);
	conn_phase(s.server->conns, s.conn, CONN_BUSY);
	if (buf_add(&s.early, extra, extra_len) == 0 &&
	    wslay_event_context_server_init(&s.frames, &callbacks, &s) == 0) {
		wslay_event_config_set_max_recv_msg_length(s.frames, MESSAGE_MAX);
		run(&s);
		wslay_event_context_free(s.frames);
	}
	call_close(s.call);
	buf_release(&s.early);
	buf_release(&s.out);
	buf_release(&s.last);
	buf_release(&s.text);
	buf_release(&s.stamps);
	json_decref(s.sentences);
	(void)mhd.upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}

static const char *header_of(const struct request *r, const char *name)
{
	return mhd.lookup_connection_value(r->mhd, MHD_HEADER_KIND, name);
}

/* Is this word in the list (RFC 9110, 5.6.1)? */
static bool lists(const char *list, const char *word)
{
	while (list && *list) {
		size_t len = strcspn(list, ",");
		struct span s = span_trim((struct span){list, len});
		if (s.len == strlen(word) && strncasecmp(s.data, word, s.len) == 0)
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

int route_stream(struct request *r)
{
	const char *key = header_of(r, "Sec-WebSocket-Key");
	const char *version = header_of(r, "Sec-WebSocket-Version");
	char accept[WEBSOCKET_ACCEPT_SIZE];
	if (!lists(header_of(r, "Upgrade"), "websocket") ||
	    !lists(header_of(r, "Connection"), "upgrade"))
		return refuse(r, 426, "websocket_needed", "this route speaks WebSocket: ask for "
			      "'Upgrade: websocket'");
	if (!version || strcmp(version, "13") != 0 || !key || strlen(key) != 24)
		return refuse(r, 400, "bad_request", "a WebSocket needs Sec-WebSocket-Version 13 "
			      "and a Sec-WebSocket-Key");
	if (r->server->tls)
		return refuse(r, 501, "not_implemented", "live speech over TLS is not offered; put "
			      "a proxy in front");
	websocket_accept(key, strlen(key), accept);
	struct MHD_Response *m = mhd.create_response_for_upgrade(upgraded, r->server);
	if (!m)
		return refuse(r, 503, "memory", "the server is out of memory");
	(void)mhd.add_response_header(m, "Upgrade", "websocket");
	(void)mhd.add_response_header(m, "Sec-WebSocket-Accept", accept);
	if (lists(header_of(r, "Sec-WebSocket-Protocol"), "binary"))
		(void)mhd.add_response_header(m, "Sec-WebSocket-Protocol", "binary");
	r->status = 101;
	enum MHD_Result rc = mhd.queue_response(r->mhd, MHD_HTTP_SWITCHING_PROTOCOLS, m);
	mhd.destroy_response(m);
	return rc == MHD_YES ? 0 : -1;
}
