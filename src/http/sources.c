/* src/http/sources.c - see sources.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/sources.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/util.h"

/* The last 32 bits of an address: those that differ within a range. */
static uint32_t tail_of(const struct sockaddr_storage *sa)
{
	uint32_t tail;
	if (sa->ss_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)sa)->sin_addr.s_addr);
	memcpy(&tail, &((const struct sockaddr_in6 *)sa)->sin6_addr.s6_addr[12], sizeof(tail));
	return ntohl(tail);
}

static void set_tail(struct sockaddr_storage *sa, uint32_t host_order)
{
	uint32_t tail = htonl(host_order);
	if (sa->ss_family == AF_INET)
		((struct sockaddr_in *)sa)->sin_addr.s_addr = tail;
	else
		memcpy(&((struct sockaddr_in6 *)sa)->sin6_addr.s6_addr[12], &tail, sizeof(tail));
}

static bool read_address(const char *text, size_t len, struct sockaddr_storage *ret)
{
	char one[INET6_ADDRSTRLEN];
	*ret = (struct sockaddr_storage){0};
	if (len == 0 || len >= sizeof(one))
		return false;
	memcpy(one, text, len);
	one[len] = '\0';
	ret->ss_family = AF_INET;
	if (inet_pton(AF_INET, one, &((struct sockaddr_in *)ret)->sin_addr) == 1)
		return true;
	ret->ss_family = AF_INET6;
	return inet_pton(AF_INET6, one, &((struct sockaddr_in6 *)ret)->sin6_addr) == 1;
}

int sources_parse(const char *text, struct sources *ret, struct err *e)
{
	struct sockaddr_storage first, last, same;
	size_t len = strcspn(text, "-");
	const char *end = text[len] == '-' ? text + len + 1 : text;
	if (!read_address(text, len, &first) || !read_address(end, strcspn(end, "-"), &last) ||
	    end[strcspn(end, "-")] == '-' || first.ss_family != last.ss_family)
		return err_set(e, ERR_USAGE, "source '%s': write an address of this host or a "
			       "range of them, such as 10.0.0.5 or 10.0.0.5-10.0.0.12", text);
	uint32_t from = tail_of(&first), to = tail_of(&last);
	same = last;
	set_tail(&same, from);
	if (memcmp(&same, &first, sizeof(same)) != 0 || to < from || to - from >= SOURCES_MAX)
		return err_set(e, ERR_USAGE, "source '%s': a range goes upwards and has at most "
			       "%d addresses", text, SOURCES_MAX);
	*ret = (struct sources){first, to - from + 1};
	return 0;
}

static struct sockaddr_storage nth(const struct sources *s, uint32_t which)
{
	struct sockaddr_storage sa = s->first;
	set_tail(&sa, tail_of(&s->first) + which % s->n);
	return sa;
}

static socklen_t length_of(const struct sockaddr_storage *sa)
{
	return sa->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

int sources_bind(const struct sources *s, uint32_t which, int family, int fd)
{
	int one = 1;
	if (s->n == 0)
		return 0;
	if (s->first.ss_family != family) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	struct sockaddr_storage sa = nth(s, which);
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, (const struct sockaddr *)&sa, length_of(&sa));
}

int sources_check(const struct sources *s, struct err *e)
{
	int rc = 0;
	for (uint32_t i = 0; i < s->n && rc == 0; i++) {
		char text[INET6_ADDRSTRLEN] = "?";
		struct sockaddr_storage sa = nth(s, i);
		int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		const void *address = sa.ss_family == AF_INET
			? (const void *)&((struct sockaddr_in *)&sa)->sin_addr
			: (const void *)&((struct sockaddr_in6 *)&sa)->sin6_addr;
		(void)inet_ntop(sa.ss_family, address, text, sizeof(text));
		if (fd < 0)
			rc = err_sys(e, "cannot make a socket");
		else if (sources_bind(s, i, sa.ss_family, fd) != 0)
			rc = err_sys(e, "cannot send from the source address %s: it must be one "
				     "of this host's ('ip addr add %s/32 dev lo')", text, text);
		close_fd(&fd);
	}
	return rc;
}
