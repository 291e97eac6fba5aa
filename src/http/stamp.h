/* src/http/stamp.h - the kernel's receive timestamps, brought to CLOCK_MONOTONIC.
 *
 * The kernel stamps in CLOCK_REALTIME. Both clocks are slewed alike, so their difference is
 * constant until somebody steps the wall clock; it is checked at every wait and taken anew then.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_STAMP_H
#define HTTP_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct stamp_clock {
	int64_t offset;		/* monotonic − realtime, ns */
	uint64_t steps;		/* of the wall clock, seen so far */
};

void stamp_clock_init(struct stamp_clock *s);

/* Take the mapping anew if the wall clock was stepped: then true. */
bool stamp_clock_check(struct stamp_clock *s);

/* CLOCK_REALTIME → CLOCK_MONOTONIC. false when the result is not within [from, to]: the stamp is
 * from the other side of a step, so only user space knows the moment. */
bool stamp_map(const struct stamp_clock *s, uint64_t real_ns, uint64_t from, uint64_t to,
	       uint64_t *ret_ns);

/* Ask for receive timestamps; 0, or -1: this socket gives none. */
int stamp_enable_receive(int fd);

/* Once connected and before anything was sent: so that a send may ask for the moment when the
 * peer has acknowledged it. -1: not to be had. */
int stamp_enable_ack(int fd);

/* Send with a request for that moment. As sendmsg(). */
ssize_t stamp_send(int fd, const struct iovec *iov, int n, bool want_ack);

/* Receive with the stamp in *ret_real (0: none). As recvmsg(). */
ssize_t stamp_receive(int fd, void *data, size_t len, uint64_t *ret_real);

/* Take one acknowledgement from the error queue: the bytes sent up to it (modulo 2^32) and its
 * moment in CLOCK_REALTIME. false: none is left. */
bool stamp_next_ack(int fd, uint32_t *ret_bytes, uint64_t *ret_real);

#endif
