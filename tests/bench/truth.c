/* tests/bench/truth.c - see truth.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "truth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"

#define MUST(x) \
	do { \
		if (!(x)) { \
			perror("bench: " #x); \
			exit(3); \
		} \
	} while (0)

#define CONNS_MAX 20000
#define HEAD_MAX 4096

#define STREAM_HEAD \
	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" \
	"Transfer-Encoding: chunked\r\n\r\n"
#define EVENT_HEAD \
	"data: {\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\"," \
	"\"created\":1700000000,\"model\":\"truth\",\"choices\":[{\"index\":0,\"delta\":" \
	"{\"content\":\""
#define EVENT_TAIL "\"},\"finish_reason\":null}]}\n\n"
#define STREAM_TAIL_DATA \
	"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" \
	"data: [DONE]\n\n"
#define SMALL \
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n" \
	"{\"text\": \"ok.\"}"

struct server_conn {
	int fd;
	char head[HEAD_MAX];
	size_t head_len;
	uint64_t body_left;
	uint32_t stream, event;
	uint64_t due;
	bool streaming, blocked;
};

struct server {
	struct truth_spec spec;
	struct truth_moment *moments;
	int listener, epoll;
	struct server_conn *conns[CONNS_MAX];	/* by descriptor */
	struct server_conn **ring;		/* streams by due moment: their gaps are equal */
	size_t ring_at, ring_n;
	uint32_t n_streams;
	char event[512];
	size_t event_len, tag_at;
	char tail[512];
	size_t tail_len;
};

static void make_texts(struct server *s)
{
	const char *data = EVENT_HEAD "0000000" EVENT_TAIL;
	int n = snprintf(s->event, sizeof(s->event), "%zx\r\n%s\r\n", strlen(data), data);
	s->event_len = (size_t)n;
	s->tag_at = (size_t)(strstr(s->event, "0000000\"") - s->event);
	n = snprintf(s->tail, sizeof(s->tail), "%zx\r\n%s\r\n0\r\n\r\n", strlen(STREAM_TAIL_DATA),
		     STREAM_TAIL_DATA);
	s->tail_len = (size_t)n;
}

static void drop(struct server *s, struct server_conn *c)
{
	(void)close(c->fd);
	s->conns[c->fd] = NULL;
	if (!c->streaming)
		free(c);
	else
		c->fd = -1;	/* the ring frees it */
}

static void push(struct server *s, struct server_conn *c)
{
	s->ring[(s->ring_at + s->ring_n++) % CONNS_MAX] = c;
}

static struct server_conn *pop(struct server *s)
{
	struct server_conn *c = s->ring[s->ring_at];
	s->ring_at = (s->ring_at + 1) % CONNS_MAX;
	s->ring_n--;
	return c;
}

static void answer(struct server *s, struct server_conn *c)
{
	if (s->spec.kind == TRUTH_SMALL) {
		(void)!send(c->fd, SMALL, sizeof(SMALL) - 1, MSG_NOSIGNAL);
		return;
	}
	(void)!send(c->fd, STREAM_HEAD, sizeof(STREAM_HEAD) - 1, MSG_NOSIGNAL);
	c->stream = s->n_streams++;
	c->event = 0;
	c->streaming = true;
	c->due = clock_now() + s->spec.gap_ns;
	push(s, c);
}

/* What a request's head says of its body; heads are short and come whole or nearly so. */
static size_t take_head(struct server_conn *c, const char *data, size_t len)
{
	size_t had = c->head_len, room = HEAD_MAX - 1 - had;
	size_t n = len < room ? len : room;
	memcpy(c->head + had, data, n);
	c->head_len += n;
	c->head[c->head_len] = '\0';
	const char *end = strstr(c->head, "\r\n\r\n");
	MUST(end || c->head_len < HEAD_MAX - 1);
	if (!end)
		return n;
	size_t used = (size_t)(end + 4 - c->head) - had;
	const char *length = strcasestr(c->head, "\r\nContent-Length:");
	c->body_left = length ? strtoull(length + 17, NULL, 10) : 0;
	c->head_len = HEAD_MAX;	/* complete */
	return used;
}

static void take(struct server *s, struct server_conn *c, const char *data, size_t len)
{
	while (len > 0) {
		size_t n;
		if (c->head_len < HEAD_MAX) {
			n = take_head(c, data, len);
		} else {
			n = len < c->body_left ? len : (size_t)c->body_left;
			c->body_left -= n;
		}
		data += n;
		len -= n;
		if (c->head_len == HEAD_MAX && c->body_left == 0) {
			c->head_len = 0;
			answer(s, c);
		}
	}
}

static void on_readable(struct server *s, struct server_conn *c)
{
	static char room[256 << 10];
	ssize_t n = recv(c->fd, room, sizeof(room), MSG_DONTWAIT);
	if (n > 0)
		take(s, c, room, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		drop(s, c);
}

static void accept_all(struct server *s)
{
	int fd;
	while ((fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		int one = 1;
		struct server_conn *c = calloc(1, sizeof(*c));
		MUST(c && fd < CONNS_MAX);
		c->fd = fd;
		s->conns[fd] = c;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};
		MUST(epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) == 0);
	}
}

/* The next event of a stream. false: it is over, or its socket is full. */
static bool send_event(struct server *s, struct server_conn *c)
{
	char tag[16];
	(void)snprintf(tag, sizeof(tag), "%06u ", c->stream % 1000000);
	memcpy(s->event + s->tag_at, tag, TRUTH_TAG);
	struct truth_moment at = {.before = clock_now()};
	ssize_t n = send(c->fd, s->event, s->event_len, MSG_DONTWAIT | MSG_NOSIGNAL);
	at.after = clock_now();
	if (n < 0 && errno == EAGAIN)
		return true;	/* flood: the reader is behind; asked again in the next round */
	MUST(n < 0 || n == (ssize_t)s->event_len);
	if (s->moments && c->stream < s->spec.streams)
		s->moments[(size_t)c->stream * s->spec.events + c->event] = at;
	if (++c->event < s->spec.events && n > 0)
		return true;
	(void)!send(c->fd, s->tail, s->tail_len, MSG_NOSIGNAL);
	c->streaming = false;
	return false;
}

/* Send what is due. Returns the moment of the next; UINT64_MAX: nothing streams. */
static uint64_t send_due(struct server *s)
{
	for (size_t round = s->ring_n; round > 0; round--) {
		struct server_conn *c = s->ring[s->ring_at];
		if (s->spec.gap_ns > 0 && c->due > clock_now())
			return c->due;
		(void)pop(s);
		if (c->fd < 0) {
			free(c);
			continue;
		}
		if (!send_event(s, c))
			continue;
		c->due += s->spec.gap_ns;
		push(s, c);
	}
	if (s->ring_n == 0)
		return UINT64_MAX;
	return s->spec.gap_ns > 0 ? s->ring[s->ring_at]->due : 0;
}

static void serve(struct server *s)
{
	struct epoll_event batch[256];
	for (;;) {
		uint64_t next = send_due(s), now = clock_now();
		uint64_t wait = next > now ? next - now : 0;
		struct timespec t = {(time_t)(wait / NS_PER_S), (long)(wait % NS_PER_S)};
		int n = epoll_pwait2(s->epoll, batch, 256, next == UINT64_MAX ? NULL : &t, NULL);
		for (int i = 0; i < n; i++) {
			if (batch[i].data.fd == s->listener)
				accept_all(s);
			else if (s->conns[batch[i].data.fd])
				on_readable(s, s->conns[batch[i].data.fd]);
		}
	}
}

static void become_server(struct server *s)
{
	struct rlimit files = {CONNS_MAX, CONNS_MAX};
	struct sched_param prompt = {.sched_priority = 1};
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_TIMERSLACK, 1ul);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	if (s->spec.cpu >= 0)
		(void)thread_pin(s->spec.cpu, NULL);
	if (s->spec.prompt)
		(void)sched_setscheduler(0, SCHED_FIFO, &prompt);
	make_texts(s);
	s->ring = calloc(CONNS_MAX, sizeof(struct server_conn *));
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = s->listener};
	MUST(s->ring && s->epoll >= 0);
	MUST(epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &ev) == 0);
	serve(s);
}

void truth_start(struct truth *t, const struct truth_spec *spec)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	socklen_t len = sizeof(sa);
	size_t bytes = sizeof(struct truth_moment) * spec->streams * spec->events;
	struct truth_moment *moments = NULL;
	*t = (struct truth){.spec = *spec};
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (spec->kind == TRUTH_PACED && bytes > 0) {
		moments = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);
		MUST(moments != MAP_FAILED);
	}
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	MUST(fd >= 0 && bind(fd, (struct sockaddr *)&sa, len) == 0 && listen(fd, 16384) == 0);
	MUST(getsockname(fd, (struct sockaddr *)&sa, &len) == 0);
	(void)fflush(NULL);
	t->pid = fork();
	MUST(t->pid >= 0);
	if (t->pid == 0) {
		struct server *s = calloc(1, sizeof(*s));
		MUST(s);
		s->spec = *spec;
		s->moments = moments;
		s->listener = fd;
		become_server(s);
		_exit(0);
	}
	(void)close(fd);
	t->port = ntohs(sa.sin_port);
	t->moments = moments;
	(void)snprintf(t->url, sizeof(t->url), "http://127.0.0.1:%d/v1", t->port);
}

void truth_stop(struct truth *t)
{
	int status;
	(void)kill(t->pid, SIGKILL);
	(void)waitpid(t->pid, &status, 0);
	if (t->moments)
		(void)munmap((void *)(uintptr_t)t->moments,
			     sizeof(*t->moments) * t->spec.streams * t->spec.events);
}
