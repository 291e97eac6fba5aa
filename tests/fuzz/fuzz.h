/* tests/fuzz/fuzz.h - what a fuzz target is: one function that must stand any bytes.
 *
 * tests/fuzz/fuzz-NAME.c defines
 * LLVMFuzzerTestOneInput(). The normal tests link it with replay.c, which runs
 * the seeds and some thousand changes of them; `make fuzz` links it with libFuzzer.
 * A target checks more than that nothing crashes: what was read is the same however the input was
 * cut, what was accepted can be written and read back, two readers of one thing agree.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/util.h"

/* libFuzzer's name for it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FUZZ_CHECK(condition) \
	do { \
		if (!(condition)) { \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
				      #condition); \
			abort(); \
		} \
	} while (0)

/* All of it, or as much as the peer takes before it closes. */
static inline void fuzz_send(int fd, const void *data, size_t len)
{
	for (const char *at = data; len > 0;) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		at += n;
		len -= (size_t)n;
	}
}

/* Texts of errors end, and are valid UTF-8 without line ends, whatever the input was. */
static inline void fuzz_check_error(const char *text, size_t size)
{
	size_t len = strnlen(text, size);
	FUZZ_CHECK(len > 0 && len < size);
	FUZZ_CHECK(str_utf8_valid(text, len) == len);
	FUZZ_CHECK(!memchr(text, '\n', len));
}

/* Sizes of the pieces that an input is fed in: taken from its own bytes, so that they are the
 * same each time and the fuzzer can choose them. */
static inline size_t fuzz_piece(const uint8_t *data, size_t len, size_t at, size_t round)
{
	size_t left = len - at;
	size_t some = 1 + (size_t)(data[at] ^ data[len - 1]) % 7;
	return round == 0 ? left : round == 1 ? 1 : MIN(some, left);
}

/* A file with these bytes: its path, good until the next call. */
static inline const char *fuzz_file(const void *data, size_t len)
{
	static char path[64];
	static int fd = -1;
	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	FUZZ_CHECK(fd >= 0 && ftruncate(fd, 0) == 0);
	FUZZ_CHECK(pwrite(fd, data, len, 0) == (ssize_t)len);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

#endif
