/* src/http/conn.c - see conn.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "http/conn_in.h"

/* What is no larger leaves at once, whatever the window: no acknowledgement has to be watched for
 * (two more wake-ups per request) to know when its last byte was there. */
#define ONE_FLIGHT ((size_t)12 << 10)

/* No segment is sent again earlier: what was found so long ago of a connection still holds. */
#define TRIP_AGE (5 * NS_PER_MS)

int net_new(struct net **ret_net, struct err *e)
{
	struct net *n = calloc(1, sizeof(*n));
	if (!n)
		return err_sys(e, "cannot set up the network side of a thread");
	n->stamp_holder = -1;
	n->inbox = malloc(INBOX_SIZE);
	n->records = calloc(INBOX_RECORDS, sizeof(*n->records));
	n->first_stamp = UINT64_MAX;
	for (size_t i = 0; i < ARRAY_LEN(n->plain); i++)
		n->plain[i] = malloc(PLAIN_SIZE);
	n->bio_method = conn_tls_method_new();
	if (!n->inbox || !n->records || !n->plain[0] || !n->plain[1] || !n->plain[2] ||
	    !n->bio_method) {
		net_free(n);
		return err_set(e, ERR_SYSTEM, "cannot set up the network side of a thread: "
			       "no memory");
	}
	if (loop_new(&n->loop, e) != 0) {
		net_free(n);
		return -1;
	}
	/* the kernel switches stamping on with a delay after the first socket wants it */
	n->stamp_holder = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->stamp_holder >= 0)
		(void)stamp_enable_receive(n->stamp_holder);
	stamp_clock_init(&n->clock);
	loop_set_deliver(n->loop, inbox_deliver, n);
	*ret_net = n;
	return 0;
}

struct net *net_free(struct net *n)
{
	if (!n)
		return NULL;
	while (n->open)
		conn_close(n->open);
	for (int list = 0; list < 2; list++) {
		struct conn *c = list == 0 ? n->dead : n->spare;
		while (c) {
			struct conn *next = c->next;
			free(c);
			c = next;
		}
	}
	close_fd(&n->stamp_holder);
	loop_free(n->loop);
	conn_tls_method_free(n->bio_method);
	for (size_t i = 0; i < ARRAY_LEN(n->plain); i++)
		free(n->plain[i]);
	free(n->records);
	free(n->inbox);
	free(n);
	return NULL;
}

struct loop *net_loop(struct net *n)
{
	return n->loop;
}

void net_reads(const struct net *n, uint64_t *ret_stamped, uint64_t *ret_user)
{
	*ret_stamped = n->reads_stamped;
	*ret_user = n->reads_user;
}

static void hurry(struct conn *c, bool on)
{
	if (c->hurried != on)
		loop_hurry(c->net->loop, on ? 1 : -1);
	c->hurried = on;
}

static void forget_socket(struct conn *c)
{
	if (c->watch.fd < 0)
		return;
	loop_remove(c->net->loop, &c->watch);
	close_fd(&c->watch.fd);
}

/* Off all lists that could still reach it; its memory is used again after this batch. */
static void kill_conn(struct conn *c)
{
	struct net *n = c->net;
	assert(c->state != CONN_CLOSED);
	c->state = CONN_CLOSED;
	hurry(c, false);
	inbox_forget(c);
	loop_timer_clear(n->loop, &c->refused);
	conn_tls_end(c);
	forget_socket(c);
	*c->before = c->next;
	if (c->next)
		c->next->before = c->before;
	c->next = n->dead;
	n->dead = c;
}

void conn_close(struct conn *c)
{
	if (c && c->state != CONN_CLOSED)
		kill_conn(c);
}

void conn_fail(struct conn *c, enum outcome why, const char *words, uint64_t ns)
{
	if (words != c->words)
		(void)snprintf(c->words, sizeof(c->words), "%s", words);
	kill_conn(c);
	c->events->closed(c->ctx, why, c->words, ns);
}

void conn_opened(struct conn *c)
{
	c->state = CONN_OPEN;
	hurry(c, false);
	c->events->open(c->ctx);
}

static int begin_connect(struct conn *c)
{
	const struct endpoint_address *a = &c->endpoint->addresses[c->address];
	int one = 1;
	c->watch.fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->watch.fd < 0)
		return -1;
	(void)setsockopt(c->watch.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->stamps = stamp_enable_receive(c->watch.fd) == 0;
	if (sources_bind(&c->endpoint->sources, c->net->next_source++, a->sa.ss_family,
			 c->watch.fd) != 0)
		return -1;
	if (connect(c->watch.fd, (const struct sockaddr *)&a->sa, a->len) != 0 &&
	    errno != EINPROGRESS)
		return -1;
	return loop_add(c->net->loop, &c->watch, EPOLLOUT);
}

/* This address, or the next that begins to connect. false: none is left; words are set. */
static bool try_addresses(struct conn *c)
{
	for (; c->address < c->endpoint->n_addresses; c->address++) {
		if (begin_connect(c) == 0)
			return true;
		char words[96];
		const char *text = errno == EADDRNOTAVAIL
			? "this host has no free port left to it; give more source addresses "
			  "('source')"
			: strerror_r(errno, words, sizeof(words));
		(void)snprintf(c->words, sizeof(c->words), "%s: %s",
			       c->endpoint->addresses[c->address].text, text);
		forget_socket(c);
	}
	return false;
}

static void on_refused(struct loop_timer *t)
{
	struct conn *c = (struct conn *)((char *)t - offsetof(struct conn, refused));
	conn_fail(c, OUTCOME_CONNECT, c->words, clock_now());
}

static void finish_connect(struct conn *c)
{
	int error = 0;
	socklen_t len = sizeof(error);
	if (getsockopt(c->watch.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error != 0) {
		char words[96];
		(void)snprintf(c->words, sizeof(c->words), "%s: %s", conn_peer(c),
			       strerror_r(error, words, sizeof(words)));
		forget_socket(c);
		c->address++;
		if (!try_addresses(c)) {
			c->address = c->endpoint->n_addresses - 1;
			conn_fail(c, OUTCOME_CONNECT, c->words, clock_now());
		}
		return;
	}
	c->moments.connected = clock_now();
	c->empty = c->moments.connected;
	c->acks = c->stamps && stamp_enable_sent(c->watch.fd) == 0;
	(void)loop_change(c->net->loop, &c->watch, CONN_READS);
	if (!c->endpoint->tls)
		conn_opened(c);
	else if (conn_tls_begin(c) != 0)
		conn_fail(c, OUTCOME_TLS, c->words, clock_now());
}

/* The last byte is there one round trip after it left, even when the peer took its time to say so
 * (delayed acknowledgements wait for the reply, or for 40 ms). */
static uint64_t upload_end(struct conn *c, uint64_t acked)
{
	if (c->left == 0)
		return acked;
	if (acked - c->trip_at > TRIP_AGE) {
		c->trip = stamp_round_trip(c->watch.fd);
		c->trip_at = acked;
	}
	return c->trip != 0 ? MIN(acked, c->left + c->trip) : acked;
}

uint64_t conn_upload_end(struct conn *c, uint64_t reply)
{
	return c->want_ack ? reply : upload_end(c, reply);
}

static void take_sent(struct conn *c)
{
	struct stamp_sent sent;
	while (stamp_next_sent(c->watch.fd, &sent)) {
		uint64_t ns, now = clock_now();
		if (!c->want_ack || sent.bytes != (uint32_t)c->sent)
			continue;
		if (!stamp_map(&c->net->clock, sent.real, c->moments.connected, now, &ns))
			ns = now;
		if (!sent.acked) {
			c->left = ns;
			continue;
		}
		c->want_ack = false;
		c->events->acked(c->ctx, upload_end(c, ns));
	}
}

static void on_ready(struct loop_watch *w, uint32_t epoll_events)
{
	struct conn *c = (struct conn *)w;
	struct net *n = c->net;

	if (n->checked != loop_now(n->loop)) {
		n->checked = n->read_at = loop_now(n->loop);
		n->clock_stepped = stamp_clock_check(&n->clock, n->checked);
	}
	if (c->state == CONN_CONNECTING) {
		finish_connect(c);
		return;
	}
	if (epoll_events & EPOLLERR)
		take_sent(c);
	if (epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		inbox_read(c, epoll_events);
	if ((epoll_events & EPOLLOUT) && c->state != CONN_CLOSED) {
		(void)loop_change(n->loop, w, CONN_READS);
		hurry(c, c->state != CONN_OPEN);
		if (c->state == CONN_OPEN)
			c->events->writable(c->ctx);
		else
			(void)conn_tls_feed(c, NULL, 0, false, NULL);
	}
}

struct conn *conn_open(struct net *n, const struct endpoint *ep, const struct conn_events *events,
		       void *ctx)
{
	struct conn *c = n->spare;
	if (c)
		n->spare = c->next;
	else
		c = malloc(sizeof(*c));
	if (!c)
		return NULL;
	*c = (struct conn){
		.watch = {.fd = -1, .ready = on_ready},
		.net = n,
		.events = events,
		.ctx = ctx,
		.endpoint = ep,
		.refused = {.fire = on_refused},
		.next = n->open,
		.before = &n->open,
	};
	if (n->open)
		n->open->before = &c->next;
	n->open = c;
	c->moments.connect_start = clock_now();
	hurry(c, true);
	if (!try_addresses(c)) {
		c->address = ep->n_addresses - 1;
		if (loop_timer_set(n->loop, &c->refused, 0) != 0) {
			kill_conn(c);
			return NULL;
		}
	}
	return c;
}

void conn_set_user(struct conn *c, const struct conn_events *events, void *ctx)
{
	c->events = events;
	c->ctx = ctx;
	c->n_warm = 0;
}

void conn_set_warm(struct conn *c, const struct conn_warm *pieces, int n)
{
	assert(n <= CONN_WARM_MAX);
	for (int i = 0; i < n; i++)
		c->warm[i] = (struct conn_warm){pieces[i].at, MIN(pieces[i].len, CONN_WARM_SIZE)};
	c->n_warm = n;
}

ssize_t conn_raw_send(struct conn *c, const struct iovec *iov, int n, bool final)
{
	ssize_t r;
	if (c->broken)
		return -1;
	size_t total = 0;
	for (int i = 0; final && i < n; i++)
		total += iov[i].iov_len;
	bool acks = final && c->acks && total > ONE_FLIGHT;
	do
		r = stamp_send(c->watch.fd, iov, n, acks);
	while (r < 0 && errno == EINTR);
	if (r >= 0) {
		c->sent += (uint64_t)r;
		c->want_ack = acks;
		c->left = final && !acks && (size_t)r == total ? clock_now() : 0;
		return r;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
		(void)loop_change(c->net->loop, &c->watch, CONN_READS | EPOLLOUT);
		hurry(c, true);
		return 0;
	}
	c->broken = true;
	return -1;
}

ssize_t conn_send(struct conn *c, const struct iovec *iov, int n, bool final)
{
	assert(c->state == CONN_OPEN);
	return c->ssl ? conn_tls_send(c, iov, n, final) : conn_raw_send(c, iov, n, final);
}

bool conn_connected(const struct conn *c)
{
	return c->moments.connected != 0;
}

const struct conn_moments *conn_moments(const struct conn *c)
{
	return &c->moments;
}

const char *conn_peer(const struct conn *c)
{
	return c->endpoint->addresses[c->address].text;
}
