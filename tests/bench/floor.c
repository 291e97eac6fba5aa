/* tests/bench/floor.c - see floor.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

#define REQUEST "GET /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n\r\n"

struct floor_stream {
	int fd;
	uint32_t times;		/* still to ask */
	uint32_t left;		/* events of this reply, its last two included */
	char before;		/* the last byte of the read before */
};

void floor_be_prompt(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = {.size = sizeof(attr), .nice = -10, .runtime = 100 * NS_PER_US};
	(void)syscall(SYS_sched_setattr, 0, &attr, 0u);
}

static void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(3);
	}
}

static void ask(struct floor_stream *s, uint32_t events)
{
	s->left = events + 2;	/* the one with the finish_reason, and [DONE] */
	s->times--;
	must(send(s->fd, REQUEST, sizeof(REQUEST) - 1, MSG_NOSIGNAL) > 0, "floor: send");
}

static uint32_t count_ends(struct floor_stream *s, const char *data, size_t len)
{
	uint32_t n = 0;
	const char *at = data, *end = data + len;
	if (s->before == '\n' && data[0] == '\n')
		n++;
	while ((at = memmem(at, (size_t)(end - at), "\n\n", 2))) {
		n++;
		at += 2;
	}
	s->before = data[len - 1];
	return n;
}

static void read_all(struct floor_stream *s, uint32_t events, uint32_t *live)
{
	static char room[64 << 10];
	for (;;) {
		ssize_t got = recv(s->fd, room, sizeof(room), MSG_DONTWAIT);
		if (got < 0 && errno == EAGAIN)
			return;
		must(got > 0, "floor: recv");
		uint32_t n = count_ends(s, room, (size_t)got);
		s->left -= n < s->left ? n : s->left;
		if (s->left == 0 && memmem(room, (size_t)got, "0\r\n\r\n", 5)) {
			if (s->times == 0) {
				(*live)--;
				return;
			}
			ask(s, events);
		}
		if ((size_t)got < sizeof(room))
			return;
	}
}

double floor_streams(int port, uint32_t streams, uint32_t times, uint32_t events)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	struct floor_stream *all = calloc(streams, sizeof(*all));
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	must(all && epoll >= 0, "floor");
	floor_be_prompt();
	uint64_t cpu = clock_thread_cpu();
	for (uint32_t i = 0; i < streams; i++) {
		struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &all[i]};
		all[i] = (struct floor_stream){.times = times};
		all[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		must(connect(all[i].fd, (struct sockaddr *)&sa, sizeof(sa)) == 0,
		     "floor: connect");
		must(epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &ev) == 0, "floor: epoll");
		ask(&all[i], events);
	}
	for (uint32_t live = streams; live > 0;) {
		struct epoll_event batch[256];
		int n = epoll_wait(epoll, batch, 256, -1);
		for (int i = 0; i < n; i++)
			read_all(batch[i].data.ptr, events, &live);
	}
	cpu = clock_thread_cpu() - cpu;
	for (uint32_t i = 0; i < streams; i++)
		(void)close(all[i].fd);
	(void)close(epoll);
	free(all);
	return (double)cpu / ((double)streams * times * events);
}
