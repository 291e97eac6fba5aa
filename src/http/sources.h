/* src/http/sources.h - the addresses of this host that connections leave from.
 *
 * One address has some 28,000 ports to one service. Where more connections are open, or are closed
 * faster than the kernel gives their ports back, several addresses are needed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_SOURCES_H
#define HTTP_SOURCES_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

#define SOURCES_MAX 4096

/* n addresses in a row, from the first on; all zero: the kernel chooses. */
struct sources {
	struct sockaddr_storage first;
	uint32_t n;
};

/* "10.0.0.5" or "10.0.0.5-10.0.0.12" (IPv6 too). */
int sources_parse(const char *text, struct sources *ret, struct err *e);

/* Are all of them addresses of this host? */
int sources_check(const struct sources *s, struct err *e);

/* Bind a socket of this family to one of them, without a port: the kernel picks that one when it
 * knows the peer. 0 (also where s has none), or -1 with errno. */
int sources_bind(const struct sources *s, uint32_t which, int family, int fd);

#endif
