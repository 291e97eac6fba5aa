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

/* Take the mapping anew if the wall clock was stepped: then true. now: CLOCK_MONOTONIC, just read;
 * should it be old, the mapping is taken anew for nothing. */
bool stamp_clock_check(struct stamp_clock *s, uint64_t now);

/* CLOCK_REALTIME → CLOCK_MONOTONIC. false when the result is not within [from, to]: the stamp is
 * from the other side of a step, so only user space knows the moment. */
bool stamp_map(const struct stamp_clock *s, uint64_t real_ns, uint64_t from, uint64_t to,
	       uint64_t *ret_ns);

/* Ask for receive timestamps; 0, or -1: this socket gives none. */
int stamp_enable_receive(int fd);

/* Once connected and before anything was sent: so that a send may ask when its last byte left
 * this host and when the peer had acknowledged it. -1: not to be had. */
int stamp_enable_sent(int fd);

/* Send with a request for these moments. As sendmsg(). */
ssize_t stamp_send(int fd, const struct iovec *iov, int n, bool want_stamps);

/* Receive with the stamp in *ret_real (0: none). As recvmsg(). */
ssize_t stamp_receive(int fd, void *data, size_t len, uint64_t *ret_real);

struct stamp_sent {
	bool acked;		/* acknowledged; else it has left this host */
	uint32_t bytes;		/* sent up to it, modulo 2^32 */
	uint64_t real;		/* CLOCK_REALTIME */
};

/* Take one such moment from the error queue. false: none is left. */
bool stamp_next_sent(int fd, struct stamp_sent *ret);

/* The shortest round trip to the peer so far, ns; 0: not known, or packets had to be sent again. */
uint64_t stamp_round_trip(int fd);

#endif
