/* src/serve/conn.c - see conn.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/conn.h"

#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "base/util.h"

#define LOOK_EVERY_MS 100
#define LOOK_OFTEN_MS 10	/* when a limit is so short that it matters */

struct conns {
	const struct limits *limits;
	pthread_mutex_t lock;
	pthread_t thread;
	int end_fd;
	struct conn *first;
	size_t count;
	uint64_t closed;
};

/* A client takes its reply as long as the kernel's send queue changes. */
static bool stuck(const struct limits *l, struct conn *c, uint64_t now)
{
	int queued = 0;
	if (ioctl(c->fd, SIOCOUTQ, &queued) == 0 && (uint64_t)queued != c->acked) {
		c->acked = (uint64_t)queued;
		c->since = now;
	}
	return now - c->since > l->write_ns;
}

static bool late(const struct limits *l, struct conn *c, uint64_t now)
{
	uint64_t age = now - c->since;
	switch (c->phase) {
	case CONN_HEADER:
		return age > l->header_ns;
	case CONN_KEPT:
		return age > l->idle_ns;
	case CONN_BODY:
		return now - c->moved > l->idle_ns || age > l->upload_ns;
	case CONN_WRITE:
		return stuck(l, c, now);
	case CONN_BUSY:
		break;
	}
	return false;
}

static void *watch(void *arg)
{
	struct conns *cs = arg;
	const struct limits *l = cs->limits;
	uint64_t shortest = MIN(MIN(l->header_ns, l->idle_ns), MIN(l->upload_ns, l->write_ns));
	int every = shortest < NS_PER_S ? LOOK_OFTEN_MS : LOOK_EVERY_MS;
	struct pollfd end = {.fd = cs->end_fd, .events = POLLIN};
	while (poll(&end, 1, every) <= 0) {
		(void)pthread_mutex_lock(&cs->lock);
		uint64_t now = clock_now();
		for (struct conn *c = cs->first; c; c = c->next) {
			if (!late(l, c, now))
				continue;
			(void)shutdown(c->fd, SHUT_RDWR);
			c->phase = CONN_BUSY;
			cs->closed++;
		}
		(void)pthread_mutex_unlock(&cs->lock);
	}
	return NULL;
}

int conns_new(const struct limits *limits, struct conns **ret, struct err *e)
{
	struct conns *cs = calloc(1, sizeof(*cs));
	int fd = eventfd(0, EFD_CLOEXEC);
	if (!cs || fd < 0) {
		free(cs);
		return err_set(e, ERR_SYSTEM, "out of memory or file descriptors for the server");
	}
	cs->limits = limits;
	cs->end_fd = fd;
	(void)pthread_mutex_init(&cs->lock, NULL);
	if (thread_start(&cs->thread, "watchdog", watch, cs, e) < 0) {
		(void)close(fd);
		free(cs);
		return -1;
	}
	*ret = cs;
	return 0;
}

struct conns *conns_free(struct conns *cs)
{
	if (!cs)
		return NULL;
	uint64_t one = 1;
	ssize_t n = write(cs->end_fd, &one, sizeof(one));
	(void)n;
	(void)pthread_join(cs->thread, NULL);
	while (cs->first) {
		struct conn *next = cs->first->next;
		free(cs->first);
		cs->first = next;
	}
	(void)pthread_mutex_destroy(&cs->lock);
	(void)close(cs->end_fd);
	free(cs);
	return NULL;
}

size_t conns_count(struct conns *cs)
{
	(void)pthread_mutex_lock(&cs->lock);
	size_t n = cs->count;
	(void)pthread_mutex_unlock(&cs->lock);
	return n;
}

uint64_t conns_closed(struct conns *cs)
{
	(void)pthread_mutex_lock(&cs->lock);
	uint64_t n = cs->closed;
	(void)pthread_mutex_unlock(&cs->lock);
	return n;
}

void conn_phase(struct conns *cs, struct conn *c, enum conn_phase phase)
{
	if (!c)
		return;
	(void)pthread_mutex_lock(&cs->lock);
	c->phase = phase;
	c->since = clock_now();
	c->moved = c->since;
	c->acked = UINT64_MAX;
	(void)pthread_mutex_unlock(&cs->lock);
}

void conn_wake(struct conns *cs, struct conn *c)
{
	if (!c)
		return;
	(void)pthread_mutex_lock(&cs->lock);
	if (c->phase == CONN_KEPT) {
		c->phase = CONN_HEADER;
		c->since = clock_now();
	}
	(void)pthread_mutex_unlock(&cs->lock);
}

void conn_moved(struct conns *cs, struct conn *c)
{
	if (!c)
		return;
	(void)pthread_mutex_lock(&cs->lock);
	c->moved = clock_now();
	(void)pthread_mutex_unlock(&cs->lock);
}

static void add(struct conns *cs, struct MHD_Connection *m, void **context)
{
	struct conn *c = calloc(1, sizeof(*c));
	const union MHD_ConnectionInfo *info =
		mhd.get_connection_info(m, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (!c || !info) {
		free(c);
		return;
	}
	c->fd = info->connect_fd;
	c->since = clock_now();
	c->moved = c->since;
	(void)pthread_mutex_lock(&cs->lock);
	c->next = cs->first;
	if (cs->first)
		cs->first->prev = c;
	cs->first = c;
	cs->count++;
	(void)pthread_mutex_unlock(&cs->lock);
	*context = c;
}

/* Called before libmicrohttpd closes the socket: the watchdog never touches a number that
 * belongs to another connection. */
static void remove_conn(struct conns *cs, struct conn *c)
{
	(void)pthread_mutex_lock(&cs->lock);
	if (c->prev)
		c->prev->next = c->next;
	else
		cs->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	cs->count--;
	(void)pthread_mutex_unlock(&cs->lock);
	free(c);
}

void conns_notify(void *cls, struct MHD_Connection *m, void **context,
		  enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		add(cls, m, context);
	} else if (*context) {
		remove_conn(cls, *context);
		*context = NULL;
	}
}
