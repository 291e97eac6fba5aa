/* src/monitor/endpoint.c - see endpoint.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/endpoint.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "http/mhd.h"

struct metrics_endpoint {
	struct MHD_Daemon *daemon;
	struct latest *latest;
	int port;
};

static enum MHD_Result reply(struct MHD_Connection *c, unsigned status, const char *type,
			     const char *text, size_t len)
{
	struct MHD_Response *r =
		mhd.create_response_from_buffer(len, (void *)text, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	(void)mhd.add_response_header(r, "Content-Type", type);
	if (status == 405)
		(void)mhd.add_response_header(r, "Allow", "GET, HEAD");
	enum MHD_Result rc = mhd.queue_response(c, status, r);
	mhd.destroy_response(r);
	return rc;
}

static enum MHD_Result answer(void *ctx, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *data_size, void **state)
{
	static const char not_found[] = "only /metrics is here\n";
	static const char not_allowed[] = "only GET and HEAD\n";
	struct metrics_endpoint *x = ctx;
	(void)version;
	(void)data;
	if (!*state) {	/* the head came; a body is passed over */
		*state = x;
		return MHD_YES;
	}
	if (*data_size) {
		*data_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return reply(c, 405, "text/plain", not_allowed, sizeof(not_allowed) - 1);
	if (strcmp(url, "/metrics") != 0)
		return reply(c, 404, "text/plain", not_found, sizeof(not_found) - 1);
	CLEANUP(buf_release) struct buf page = BUF_INIT((size_t)64 << 20);
	latest_to_page(x->latest, clock_now(), &page);
	return reply(c, 200, "text/plain; version=0.0.4; charset=utf-8",
		     page.data ? page.data : "", page.len);
}

/* "HOST:PORT" into its parts; host is empty when there is none. */
static int split(const char *at, char *host, size_t size, char *port, size_t port_size,
		 struct err *e)
{
	const char *colon = strrchr(at, ':');
	const char *number = colon ? colon + 1 : at;
	size_t len = colon ? (size_t)(colon - at) : 0;
	int64_t n;
	if (str_to_int(number, &n, NULL) < 0 || n < 0 || n > 65535 || len >= size)
		return err_set(e, ERR_USAGE, "'%s' is no address to listen on; write PORT or "
			       "HOST:PORT", at);
	if (len >= 2 && at[0] == '[' && at[len - 1] == ']') {
		at++;
		len -= 2;
	}
	(void)snprintf(host, size, "%.*s", (int)len, at);
	(void)snprintf(port, port_size, "%s", number);
	return 0;
}

static int listen_on(const char *at, int *ret_fd, struct err *e)
{
	char host[256], port[8];
	if (split(at, host, sizeof(host), port, sizeof(port), e) < 0)
		return -1;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *list = NULL;
	int rc = getaddrinfo(*host ? host : "127.0.0.1", port, &hints, &list);
	if (rc != 0)
		return err_set(e, ERR_SYSTEM, "cannot listen on '%s': %s", at, gai_strerror(rc));
	int one = 1;
	int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, list->ai_addr, list->ai_addrlen) < 0 || listen(fd, 16) < 0) {
		(void)err_sys(e, "cannot listen on '%s'", at);
		if (fd >= 0)
			(void)close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	*ret_fd = fd;
	return fd < 0 ? -1 : 0;
}

static int port_of(int fd)
{
	struct sockaddr_storage s = {0};
	socklen_t len = sizeof(s);
	if (getsockname(fd, (struct sockaddr *)&s, &len) < 0)
		return 0;
	return ntohs(s.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&s)->sin6_port
					     : ((struct sockaddr_in *)&s)->sin_port);
}

int metrics_endpoint_start(const char *at, struct latest *latest,
			   struct metrics_endpoint **ret_endpoint, struct err *e)
{
	int fd = -1;
	if (mhd_bind(e) < 0 || listen_on(at, &fd, e) < 0)
		return -1;
	struct metrics_endpoint *x = calloc(1, sizeof(*x));
	if (x) {
		x->latest = latest;
		x->port = port_of(fd);
		x->daemon = mhd.start_daemon(
			MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, x,
			MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, 64u,
			MHD_OPTION_CONNECTION_TIMEOUT, 10u, MHD_OPTION_END);
	}
	if (!x || !x->daemon) {
		free(x);
		(void)close(fd);
		return err_set(e, ERR_SYSTEM, "cannot start the metrics page on '%s'", at);
	}
	*ret_endpoint = x;
	return 0;
}

int metrics_endpoint_port(const struct metrics_endpoint *x)
{
	return x->port;
}

struct metrics_endpoint *metrics_endpoint_stop(struct metrics_endpoint *x)
{
	if (x)
		mhd.stop_daemon(x->daemon);
	free(x);
	return NULL;
}
