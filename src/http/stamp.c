/* src/http/stamp.c - see stamp.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/stamp.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/uio.h>

#include "base/clock.h"
#include "base/util.h"

#define SAMPLES 5
#define QUICK_TOLERANCE (5 * (int64_t)NS_PER_US)
#define STEP_MIN ((int64_t)NS_PER_US)
#define RANGE_TOLERANCE (20 * NS_PER_US)

/* The difference, from the sample whose two readings of one clock lie closest. */
static int64_t sample_offset(void)
{
	uint64_t width = UINT64_MAX;
	int64_t offset = 0;
	for (int i = 0; i < SAMPLES; i++) {
		uint64_t before = clock_now();
		uint64_t real = clock_wall();
		uint64_t after = clock_now();
		if (after - before < width) {
			width = after - before;
			offset = (int64_t)(before + width / 2 - real);
		}
	}
	return offset;
}

void stamp_clock_init(struct stamp_clock *s)
{
	s->offset = sample_offset();
	s->steps = 0;
}

bool stamp_clock_check(struct stamp_clock *s, uint64_t now)
{
	int64_t off_by = (int64_t)(now - clock_wall()) - s->offset;
	if (off_by < QUICK_TOLERANCE && off_by > -QUICK_TOLERANCE)
		return false;
	int64_t offset = sample_offset();
	int64_t step = offset - s->offset;
	if (step < STEP_MIN && step > -STEP_MIN)
		return false;
	s->offset = offset;
	s->steps++;
	return true;
}

bool stamp_map(const struct stamp_clock *s, uint64_t real_ns, uint64_t from, uint64_t to,
	       uint64_t *ret_ns)
{
	uint64_t ns = real_ns + (uint64_t)s->offset;
	if (ns + RANGE_TOLERANCE < from || ns > to + RANGE_TOLERANCE)
		return false;
	*ret_ns = ns;
	return true;
}

int stamp_enable_receive(int fd)
{
	int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags));
}

int stamp_enable_sent(int fd)
{
	int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
		    SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags));
}

ssize_t stamp_send(int fd, const struct iovec *iov, int n, bool want_stamps)
{
	union {
		char room[CMSG_SPACE(sizeof(uint32_t))];
		struct cmsghdr align;
	} control = {.room = {0}};
	struct msghdr m = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)n};
	if (want_stamps) {
		uint32_t flags = SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_TX_SOFTWARE;
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SO_TIMESTAMPING;
		c->cmsg_len = CMSG_LEN(sizeof(flags));
		memcpy(CMSG_DATA(c), &flags, sizeof(flags));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static uint64_t stamp_of(const struct cmsghdr *c)
{
	struct timespec ts[3];
	memcpy(ts, CMSG_DATA(c), sizeof(ts));
	return (uint64_t)ts[0].tv_sec * NS_PER_S + (uint64_t)ts[0].tv_nsec;
}

ssize_t stamp_receive(int fd, void *data, size_t len, uint64_t *ret_real)
{
	union {
		char room[CMSG_SPACE(sizeof(struct timespec[3])) + 64];
		struct cmsghdr align;
	} control;
	struct iovec iov = {data, len};
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	*ret_real = 0;
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
	if (n <= 0)
		return n;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPING)
			*ret_real = stamp_of(c);
	return n;
}

bool stamp_next_sent(int fd, struct stamp_sent *ret)
{
	for (;;) {
		union {
			char room[512];
			struct cmsghdr align;
		} control;
		struct msghdr m = {.msg_control = control.room,
				   .msg_controllen = sizeof(control.room)};
		struct sock_extended_err x = {0};
		uint64_t real = 0;
		/* Emulators of Linux answer 0 without having looked into the queue. */
		if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0 ||
		    !(m.msg_flags & MSG_ERRQUEUE))
			return false;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
			if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPING)
				real = stamp_of(c);
			else if ((c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
				 (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR))
				memcpy(&x, CMSG_DATA(c), sizeof(x));
		}
		if (x.ee_origin != SO_EE_ORIGIN_TIMESTAMPING || real == 0 ||
		    (x.ee_info != SCM_TSTAMP_ACK && x.ee_info != SCM_TSTAMP_SND))
			continue;
		*ret = (struct stamp_sent){x.ee_info == SCM_TSTAMP_ACK, x.ee_data + 1, real};
		return true;
	}
}

uint64_t stamp_round_trip(int fd)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
	    len < offsetof(struct tcp_info, tcpi_min_rtt) + sizeof(info.tcpi_min_rtt) ||
	    info.tcpi_total_retrans != 0 || info.tcpi_min_rtt == UINT32_MAX)
		return 0;
	return (uint64_t)info.tcpi_min_rtt * NS_PER_US;
}
