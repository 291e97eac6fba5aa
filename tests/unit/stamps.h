/* tests/unit/stamps.h - for tests that hold the kernel's timestamps of packets against the truth.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_STAMPS_H
#define TESTS_UNIT_STAMPS_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/stamp.h"
#include "patience.h"
#include "unit.h"

/* qemu-user does not know SO_TIMESTAMPING: the test is skipped there. Any other machine must. */
static inline void need_stamps(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	bool there = stamp_enable_receive(fd) == 0;
	(void)close(fd);
	if (!there && patience_factor() > 1)
		skip();
	assert_true(there);
}

#endif
