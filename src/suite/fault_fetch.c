/* src/suite/fault_fetch.c - fault cases: addresses that a chat service is asked to read pictures from.
 *
 * A listener of ours plays the host that is named: one that never answers, one whose file does not
 * end, one that sends a byte a second, one without the file. Whether it was asked is seen there.
 * SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/thread.h"
#include "http/url.h"
#include "suite/fault.h"

#define FILE_MAX  ((uint64_t)256 << 20)	/* so much of an endless file we send */
#define READ_MAX  ((uint64_t)64 << 20)	/* who reads more of it has no limit */
#define SLICE_NS  (50 * NS_PER_MS)

enum host_kind { SILENT, ENDLESS, TRICKLE, NOT_FOUND, BROKEN, REDIRECT };

/* The host of the picture, on a thread of its own. */
struct host {
	enum host_kind kind;
	int fd;
	char url[128], elsewhere[128];
	pthread_t thread;
	atomic_bool stop;
	atomic_int asked;
	atomic_uint_fast64_t sent;
};

static bool may_go_on(struct host *h, int fd, short events)
{
	while (!atomic_load(&h->stop)) {
		struct pollfd p = {.fd = fd, .events = events};
		if (poll(&p, 1, (int)(SLICE_NS / NS_PER_MS)) > 0)
			return true;
	}
	return false;
}

static bool give(struct host *h, int fd, const char *data, size_t len)
{
	ssize_t n = may_go_on(h, fd, POLLOUT) ? send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT)
					      : -1;
	if (n > 0)
		(void)atomic_fetch_add(&h->sent, (uint64_t)n);
	return n > 0;
}

static void answer(struct host *h, int fd)
{
	static const char *const heads[] = {
		[ENDLESS] = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
			    "Content-Length: 10000000000\r\n\r\n",
		[TRICKLE] = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
			    "Content-Length: 100000\r\n\r\n",
		[NOT_FOUND] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
		[BROKEN] = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
	};
	static const char piece[65536];
	char request[4096], redirect[300];
	if (h->kind == SILENT || !may_go_on(h, fd, POLLIN) ||
	    recv(fd, request, sizeof(request), MSG_DONTWAIT) <= 0)
		return;
	(void)snprintf(redirect, sizeof(redirect), "HTTP/1.1 302 Found\r\nLocation: %s\r\n"
		       "Content-Length: 0\r\n\r\n", h->elsewhere);
	const char *head = h->kind == REDIRECT ? redirect : heads[h->kind];
	if (!give(h, fd, head, strlen(head)))
		return;
	while (h->kind == ENDLESS && atomic_load(&h->sent) < FILE_MAX &&
	       give(h, fd, piece, sizeof(piece)))
		;
	while (h->kind == TRICKLE && give(h, fd, piece, 1))
		for (int i = 0; i < 20 && !atomic_load(&h->stop); i++)
			(void)clock_sleep_until(clock_now() + SLICE_NS);
}

static void *host_main(void *arg)
{
	struct host *h = arg;
	while (may_go_on(h, h->fd, POLLIN)) {
		int fd = accept4(h->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		(void)atomic_fetch_add(&h->asked, 1);
		answer(h, fd);
		while (h->kind == SILENT && !atomic_load(&h->stop))
			(void)clock_sleep_until(clock_now() + SLICE_NS);
		(void)close(fd);
	}
	return NULL;
}

/* Our address as the service sees it: the one that the way to it begins at. */
static bool own_address(const struct fault *f, struct sockaddr_in *ret)
{
	struct url u;
	struct err e;
	struct addrinfo want = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
	struct addrinfo *to = NULL;
	char port[16];
	socklen_t len = sizeof(*ret);
	if (url_parse(f->service->urls.items[0], &u, &e) < 0)
		return false;
	(void)snprintf(port, sizeof(port), "%u", (unsigned)u.port);
	if (getaddrinfo(u.host, port, &want, &to) != 0)
		return false;
	CLEANUP(close_fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && connect(fd, to->ai_addr, to->ai_addrlen) == 0 &&
		  getsockname(fd, (struct sockaddr *)ret, &len) == 0;
	freeaddrinfo(to);
	return ok;
}

/* local: at 127.0.0.1, which only the service's own host reaches. */
static bool host_open(struct fault *f, struct host *h, enum host_kind kind, bool local)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	char name[INET_ADDRSTRLEN];
	struct err e;
	*h = (struct host){.kind = kind, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	bool ok = h->fd >= 0 && (local || own_address(f, &a));
	a.sin_port = 0;
	ok = ok && bind(h->fd, (struct sockaddr *)&a, len) == 0 && listen(h->fd, 4) == 0 &&
	     getsockname(h->fd, (struct sockaddr *)&a, &len) == 0 &&
	     inet_ntop(AF_INET, &a.sin_addr, name, sizeof(name));
	if (ok) {
		(void)snprintf(h->url, sizeof(h->url), "http://%s:%d/a.png", name,
			       ntohs(a.sin_port));
		ok = thread_start(&h->thread, "host", host_main, h, &e) == 0;
	}
	if (ok)
		return true;
	fault_skip(f, "cannot listen for the service");
	if (h->fd >= 0)
		(void)close(h->fd);
	return false;
}

static void host_close(struct host *h)
{
	atomic_store(&h->stop, true);
	(void)pthread_join(h->thread, NULL);
	(void)close(h->fd);
}

static bool ask(struct fault *f, const char *url)
{
	json_t *j = fault_json(f);
	if (!j)
		return false;
	json_put(j, "messages",
		 json_pack("[{s:s, s:[{s:s, s:{s:s}}, {s:s, s:s}]}]", "role", "user", "content",
			   "type", "image_url", "image_url", "url", url, "type", "text", "text",
			   "What is this?"));
	json_put_int(j, "max_tokens", 8);
	(void)json_object_del(j, "stream");
	(void)json_object_del(j, "stream_options");
	return fault_post_json(f, j);
}

/* Does the service read what only its own host can reach? */
static bool local_fetch(struct fault *f)
{
	struct host h;
	if (!host_open(f, &h, SILENT, true))
		return false;
	bool sent = ask(f, h.url);
	host_close(&h);
	if (atomic_load(&h.asked))
		fault_find(f, "wrong-status", "it fetched %s: any address that only this host "
			   "reaches can be asked for", h.url);
	return sent;
}

static bool remote(struct fault *f)
{
	struct host h;
	if (!host_open(f, &h, (enum host_kind)f->c->arg, false))
		return false;
	bool sent = ask(f, h.url);
	host_close(&h);
	uint64_t read = atomic_load(&h.sent);
	if (h.kind == ENDLESS && read > READ_MAX)
		fault_find(f, "wrong-status", "it read %llu MiB of a file without an end",
			   (unsigned long long)(read >> 20));
	if (!atomic_load(&h.asked))
		fault_saw(f, "it fetched nothing");
	return sent;
}

/* A host that may be asked sends it on to one that may not. */
static bool redirected(struct fault *f)
{
	struct host inner, outer;
	if (!host_open(f, &inner, SILENT, true))
		return false;
	bool sent = host_open(f, &outer, REDIRECT, false);
	if (sent) {
		(void)snprintf(outer.elsewhere, sizeof(outer.elsewhere), "%s", inner.url);
		sent = ask(f, outer.url);
		host_close(&outer);
	}
	host_close(&inner);
	if (atomic_load(&inner.asked))
		fault_find(f, "wrong-status", "it was sent on to %s and fetched that", inner.url);
	return sent;
}

const struct fault_case fault_fetch_cases[] = {
	{"I21a", "chat", "image_url of a listener on 127.0.0.1", "refuse; fetch nothing local",
	 "CVE-2025-6242", ALLOW_REFUSE | ALLOW_503, local_fetch, 0, 10},
	{"I21c", "chat", "image_url of a host that sends it on to 127.0.0.1",
	 "refuse; follow nowhere", "vllm-project/vllm #57157", ALLOW_REFUSE | ALLOW_5XX,
	 redirected, 0, 10},
	{"I23a", "chat", "image_url of a file of 10 GB", "refuse it at a limit",
	 "CVE-2026-0599", ALLOW_REFUSE | ALLOW_5XX, remote, ENDLESS, 20},
	{"I23b", "chat", "image_url of a host that sends one byte a second",
	 "give up after some seconds", "sgl-project/sglang #17269", ALLOW_REFUSE | ALLOW_5XX,
	 remote, TRICKLE, 30},
	{"I25a", "chat", "image_url that its host does not have", "4xx; it is the client's fault",
	 "vllm-project/vllm: status of media downloads", ALLOW_REFUSE, remote, NOT_FOUND, 10},
	{"I25b", "chat", "image_url of a host that fails", "4xx or 5xx, soon",
	 "vllm-project/vllm: status of media downloads", ALLOW_REFUSE | ALLOW_5XX, remote, BROKEN,
	 10},
	{0},
};
