/* src/serve/listen.c - the listening socket and the rules for where to listen.
 * SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"
#include "serve/server_parts.h"

#define BACKLOG 512

static bool loopback(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)a;
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	}
	const struct in6_addr *six = &((const struct sockaddr_in6 *)a)->sin6_addr;
	return IN6_IS_ADDR_LOOPBACK(six);
}

/* Whoever can reach the service must be known, and a token must not travel in the clear. */
static int check_exposure(const struct server_spec *s, const struct sockaddr *a, struct err *e)
{
	if (loopback(a))
		return 0;
	if (!s->token)
		return err_set(e, ERR_USAGE,
			"'%s' can be reached from outside this machine: give a "
			       "token with --token-file or --token-env, or listen on 127.0.0.1",
			       s->host);
	if (!s->tls_cert && !s->insecure_plaintext)
		return err_set(e, ERR_USAGE, "'%s' can be reached from outside this machine: give "
			       "--tls-cert and --tls-key, or accept with --insecure-plaintext that "
			       "the token and the data can be read on the way", s->host);
	return 0;
}

static int name_url(int fd, bool tls, char *url, size_t size, struct err *e)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	char host[INET6_ADDRSTRLEN];
	char port[8];
	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&a, len, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return err_sys(e, "cannot tell the address of the listening socket");
	bool six = a.ss_family == AF_INET6;
	(void)snprintf(url, size, "%s://%s%s%s:%s", tls ? "https" : "http", six ? "[" : "", host,
		       six ? "]" : "", port);
	return 0;
}

static int open_socket(const struct addrinfo *a, struct err *e)
{
	int one = 1;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, "cannot open a socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		(void)err_sys(e, "cannot listen");
		(void)close(fd);
		return -1;
	}
	return fd;
}

int listen_open(const struct server_spec *spec, int *ret_fd, char *url, size_t url_size,
		struct err *e)
{
	char port[24];
	(void)snprintf(port, sizeof(port), "%lld", (long long)spec->port);
	const struct addrinfo want = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	struct addrinfo *list = NULL;
	int why = getaddrinfo(spec->host, port, &want, &list);
	if (why != 0)
		return err_set(e, ERR_USAGE, "cannot listen on '%s': %s", spec->host,
			       gai_strerror(why));
	int fd = -1;
	if (check_exposure(spec, list->ai_addr, e) == 0) {
		fd = open_socket(list, e);
		if (fd < 0)
			(void)err_prefix(e, "%s port %s: ", spec->host, port);
	}
	freeaddrinfo(list);
	if (fd < 0)
		return -1;
	if (name_url(fd, spec->tls_cert != NULL, url, url_size, e) < 0) {
		(void)close(fd);
		return -1;
	}
	*ret_fd = fd;
	return 0;
}
