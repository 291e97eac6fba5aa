/* src/worker/frame.c - see frame.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "worker/frame.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"

#define LENGTH_SIZE ((size_t)4)
#define READ_SIZE ((size_t)65536)
#define KEEP_SIZE ((size_t)4 << 20)
#define HEADER_DEPTH_MAX JSON_DEPTH_MAX

/* What the start of a frame says about it. */
struct start {
	json_t *header;
	size_t payload_at;
	size_t payload_len;
};

struct frame_reader {
	struct buf in;		/* bytes read */
	size_t pos;		/* up to here they were given */
	struct buf held;	/* where the last frame lies after frame_fill() had to move on */
	bool given;		/* the frame given last lies in `in`, in front of pos */
	struct start now;	/* of the frame at pos; header NULL: not known yet */
	json_t *last;		/* header of the frame given last */
	size_t looked;		/* frames in front of this are not what frame_waits() sought */
	const char *sought;
	int64_t sought_id;
	size_t payload_max;
	bool broken;
};

struct frame_reader *frame_reader_new(size_t payload_max)
{
	struct frame_reader *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->payload_max = payload_max;
	/* Room for the largest frame and for what comes in one read behind it. */
	size_t max = LENGTH_SIZE + FRAME_HEADER_MAX + payload_max + READ_SIZE;
	buf_init(&r->in, max);
	buf_init(&r->held, max);
	return r;
}

struct frame_reader *frame_reader_free(struct frame_reader *r)
{
	if (!r)
		return NULL;
	json_decref(r->now.header);
	json_decref(r->last);
	buf_release(&r->in);
	buf_release(&r->held);
	free(r);
	return NULL;
}

/* Bytes not given yet. */
static const char *rest(const struct frame_reader *r)
{
	return r->in.data ? r->in.data + r->pos : "";
}

/* Empty it; memory that one large frame needed is not kept. */
static void empty(struct buf *b)
{
	if (b->room > KEEP_SIZE)
		buf_release(b);
	buf_clear(b);
}

static bool plain_text(const json_t *j)
{
	const char *s = json_string_value(j);
	return s && *s && strlen(s) == json_string_length(j);
}

/* Check what a header must have; takes the header over. */
static int check_header(json_t *header, size_t payload_max, size_t *ret_payload, struct err *e)
{
	if (!json_is_object(header))
		return err_set(e, ERR_DATA, "broken frame: its header is not a JSON object");
	if (!plain_text(json_object_get(header, "type")))
		return err_set(e, ERR_DATA, "broken frame: its header has no \"type\"");
	const json_t *id = json_object_get(header, "id");
	if (id && (!json_is_integer(id) || json_integer_value(id) < 0))
		return err_set(e, ERR_DATA, "broken frame: \"id\" is not a whole number");
	const json_t *payload = json_object_get(header, "payload");
	*ret_payload = 0;
	if (!payload)
		return 0;
	if (!json_is_integer(payload) || json_integer_value(payload) < 0)
		return err_set(e, ERR_DATA, "broken frame: \"payload\" is not a number of bytes");
	if ((uint64_t)json_integer_value(payload) > payload_max)
		return err_set(e, ERR_DATA, "frame with %lld bytes of payload; the limit is %zu",
			       (long long)json_integer_value(payload), payload_max);
	*ret_payload = (size_t)json_integer_value(payload);
	return 0;
}

/* 1: *ret is filled (its header is the caller's). 0: too few bytes. -1: broken. */
static int read_start(const char *data, size_t len, size_t payload_max, struct start *ret,
		      struct err *e)
{
	if (len < LENGTH_SIZE)
		return 0;
	const unsigned char *b = (const unsigned char *)data;
	size_t n = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
	if (n == 0 || n > FRAME_HEADER_MAX)
		return err_set(e, ERR_DATA, "broken frame: a header of %zu bytes (1 to %zu are "
			       "allowed)", n, FRAME_HEADER_MAX);
	if (len < LENGTH_SIZE + n)
		return 0;
	json_t *header = json_read(data + LENGTH_SIZE, n, HEADER_DEPTH_MAX, e);
	if (!header)
		return err_prefix(e, "broken frame: ");
	if (check_header(header, payload_max, &ret->payload_len, e) < 0) {
		json_decref(header);
		return -1;
	}
	ret->header = header;
	ret->payload_at = LENGTH_SIZE + n;
	return 1;
}

int frame_next(struct frame_reader *r, struct frame *ret, struct err *e)
{
	if (r->broken)
		return err_set(e, ERR_DATA, "the stream of frames is broken");
	empty(&r->held);
	r->given = false;
	json_decref(r->last);
	r->last = NULL;
	if (!r->now.header) {
		int rc = read_start(rest(r), r->in.len - r->pos, r->payload_max, &r->now, e);
		r->broken = rc < 0;
		if (rc <= 0)
			return rc;
	}
	size_t need = r->now.payload_at + r->now.payload_len;
	if (r->in.len - r->pos < need)
		return 0;
	r->last = r->now.header;
	*ret = (struct frame){
		.header = r->last,
		.type = json_string_value(json_object_get(r->last, "type")),
		.id = -1,
		.payload = r->in.data + r->pos + r->now.payload_at,
		.payload_len = r->now.payload_len,
	};
	(void)json_whole(r->last, "id", &ret->id);
	r->pos += need;
	r->now = (struct start){0};
	r->given = true;
	return 1;
}

/* Where the next bytes go, at most *ret_len; NULL when the reader is full (*ret_len 0) or
 * memory is exhausted. The frame given last must not move. */
static void *place_for_more(struct frame_reader *r, size_t *ret_len)
{
	if (r->given) {
		struct buf moved = r->held;
		if (buf_add(&moved, rest(r), r->in.len - r->pos) < 0) {
			r->held = moved;
			*ret_len = 1;
			return NULL;
		}
		r->held = r->in;
		r->in = moved;
		r->given = false;
	} else if (r->pos == r->in.len) {
		empty(&r->in);
	} else {
		buf_consume(&r->in, r->pos);
	}
	r->looked = r->looked > r->pos ? r->looked - r->pos : 0;
	r->pos = 0;
	/* A frame whose size is known is read in one piece. */
	size_t want = READ_SIZE;
	if (r->now.header && r->now.payload_at + r->now.payload_len > r->in.len)
		want = MAX(want, r->now.payload_at + r->now.payload_len - r->in.len);
	*ret_len = MIN(want, r->in.max - r->in.len);
	return *ret_len > 0 ? buf_reserve(&r->in, *ret_len) : NULL;
}

/* One read. 1: something came (or the reader is full: *ret_full). 0: nothing now. -1: the end. */
static int read_more(struct frame_reader *r, int fd, int flags, bool *ret_full, struct err *e)
{
	size_t len;
	void *to = place_for_more(r, &len);
	*ret_full = len == 0;
	if (len == 0)
		return 1;
	if (!to)
		return err_set(e, ERR_SYSTEM, "out of memory for a frame");
	ssize_t n;
	do {
		n = recv(fd, to, len, flags);
		if (n < 0 && errno == ENOTSOCK)
			n = read(fd, to, len);
	} while (n < 0 && errno == EINTR);
	if (n > 0) {
		buf_grew(&r->in, (size_t)n);
		return 1;
	}
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n < 0 && errno != ECONNRESET)
		return err_sys(e, "cannot read a frame");
	return err_set(e, ERR_DATA, r->in.len == 0 ? "closed" : "closed within a frame");
}

int frame_read(struct frame_reader *r, int fd, struct frame *ret, struct err *e)
{
	for (;;) {
		int rc = frame_next(r, ret, e);
		if (rc != 0)
			return rc;
		bool full;
		rc = read_more(r, fd, 0, &full, e);
		if (rc <= 0)
			return rc;
		assert(!full);	/* the largest frame fits */
	}
}

int frame_fill(struct frame_reader *r, int fd, struct err *e)
{
	bool full = false;
	int rc;
	do {
		rc = read_more(r, fd, MSG_DONTWAIT, &full, e);
	} while (rc > 0 && !full);
	return rc < 0 ? -1 : 0;
}

bool frame_waits(struct frame_reader *r, const char *type, int64_t id)
{
	if (r->sought_id != id || !r->sought || strcmp(r->sought, type) != 0)
		r->looked = 0;
	r->sought = type;
	r->sought_id = id;
	r->looked = MAX(r->looked, r->pos);
	for (;;) {
		struct start s;
		size_t left = r->in.len - r->looked;
		const char *here = rest(r) + (r->looked - r->pos);
		if (r->broken || read_start(here, left, r->payload_max, &s, NULL) <= 0)
			return false;
		int64_t its_id = -1;
		(void)json_whole(s.header, "id", &its_id);
		bool found = its_id == id && strcmp(json_text(s.header, "type", ""), type) == 0;
		json_decref(s.header);
		if (left < s.payload_at + s.payload_len)
			return false;
		if (found)
			return true;
		r->looked += s.payload_at + s.payload_len;
	}
}

/* The length and the text of a header that announces len bytes. */
static int put_header(struct buf *out, json_t *header, size_t len, struct err *e)
{
	int rc = len > 0 ? json_object_set_new(header, "payload", json_integer((json_int_t)len))
			 : json_object_del(header, "payload");
	if (len > 0 && rc < 0)
		return err_set(e, ERR_SYSTEM, "out of memory for a frame");
	size_t at = out->len;
	bool fits = buf_add(out, "\0\0\0\0", LENGTH_SIZE) == 0 &&
		    json_write(header, false, out) == 0;
	size_t n = fits ? out->len - at - LENGTH_SIZE : 0;
	if (!fits || n > FRAME_HEADER_MAX) {
		out->len = at;
		return err_set(e, ERR_DATA, "a frame's header does not fit into %zu bytes",
			       FRAME_HEADER_MAX);
	}
	unsigned char *b = (unsigned char *)out->data + at;
	for (size_t i = 0; i < LENGTH_SIZE; i++)
		b[i] = (unsigned char)(n >> (24 - 8 * i));
	return 0;
}

int frame_put(struct buf *out, json_t *header, const void *payload, size_t len, struct err *e)
{
	size_t at = out->len;
	if (put_header(out, header, len, e) < 0)
		return -1;
	if (buf_add(out, payload, len) < 0) {
		out->len = at;
		return err_set(e, ERR_SYSTEM, "out of memory for a frame");
	}
	return 0;
}

static int wait_for_room(int fd, bool read_too, uint64_t until_ns, short *ret_events,
			 struct err *e)
{
	uint64_t now = clock_now();
	if (now >= until_ns)
		return err_set(e, ERR_SYSTEM, "the other side did not take a frame in time");
	struct pollfd p = {.fd = fd, .events = (short)(POLLOUT | (read_too ? POLLIN : 0))};
	int ms = (int)MIN((until_ns - now) / NS_PER_MS + 1, (uint64_t)60000);
	*ret_events = 0;
	if (poll(&p, 1, ms) < 0 && errno != EINTR)
		return err_sys(e, "cannot wait for a socket");
	*ret_events = p.revents;
	return 0;
}

static int write_all(int fd, struct frame_reader *r, const char *data, size_t len,
		     uint64_t until_ns, struct err *e)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == ENOTSOCK)
			n = write(fd, data, len);
		if (n > 0) {
			data += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
			return err_sys(e, "cannot send a frame");
		short events = 0;
		if (wait_for_room(fd, r && r->in.len < r->in.max, until_ns, &events, e) < 0)
			return -1;
		/* An end of the stream shows in the next send; what it had sent stays. */
		if (r && (events & POLLIN) && frame_fill(r, fd, NULL) < 0)
			r = NULL;
	}
	return 0;
}

int frame_exchange(int fd, struct frame_reader *r, json_t *header, const void *payload,
		   size_t len, uint64_t until_ns, struct err *e)
{
	CLEANUP(buf_release) struct buf head = BUF_INIT(LENGTH_SIZE + FRAME_HEADER_MAX * 2);
	int rc = put_header(&head, header, len, e);
	json_decref(header);
	if (rc < 0 || write_all(fd, r, head.data, head.len, until_ns, e) < 0)
		return -1;
	return write_all(fd, r, payload, len, until_ns, e);
}

int frame_send(int fd, json_t *header, const void *payload, size_t len, uint64_t until_ns,
	       struct err *e)
{
	return frame_exchange(fd, NULL, header, payload, len, until_ns, e);
}
