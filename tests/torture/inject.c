/* tests/torture/inject.c - see inject.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int armed = -1;
static long left, count, held;
static bool hit;

void inject_arm(enum inject_kind kind, long nth)
{
	armed = (int)kind;
	left = nth;
	count = 0;
	hit = false;
}

void inject_disarm(void)
{
	armed = -1;
}

long inject_count(void)
{
	return count;
}

bool inject_hit(void)
{
	return hit;
}

long inject_held(void)
{
	return held;
}

/* For debuggers. */
__attribute__((noinline)) static void inject_failing(void)
{
	hit = true;
}

static bool fails(enum inject_kind kind, int error)
{
	if (armed != (int)kind)
		return false;
	count++;
	if (left == 0 || --left != 0)
		return false;
	inject_failing();
	errno = error;
	return true;
}

/* Names that the C library lets a program take over; by label, so that no header is in the way. */
#define TAKES(name) __asm__(name) __attribute__((visibility("default"), used))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *p);

void *my_malloc(size_t size) TAKES("malloc");
void *my_calloc(size_t n, size_t size) TAKES("calloc");
void *my_realloc(void *old, size_t size) TAKES("realloc");
int my_posix_memalign(void **ret, size_t align, size_t size) TAKES("posix_memalign");
void my_free(void *p) TAKES("free");

static void *got(void *p)
{
	held += p != NULL;
	return p;
}

void *my_malloc(size_t size)
{
	return fails(INJECT_MEMORY, ENOMEM) ? NULL : got(__libc_malloc(size));
}

void *my_calloc(size_t n, size_t size)
{
	return fails(INJECT_MEMORY, ENOMEM) ? NULL : got(__libc_calloc(n, size));
}

void *my_realloc(void *old, size_t size)
{
	if (size > 0 && fails(INJECT_MEMORY, ENOMEM))
		return NULL;
	void *p = __libc_realloc(old, size);
	if (!old)
		held += p != NULL;
	else if (size == 0 && !p)
		held--;
	return p;
}

int my_posix_memalign(void **ret, size_t align, size_t size)
{
	if (fails(INJECT_MEMORY, ENOMEM))
		return ENOMEM;
	*ret = got(__libc_memalign(align, size));
	return *ret ? 0 : ENOMEM;
}

void my_free(void *p)
{
	held -= p != NULL;
	__libc_free(p);
}

int my_open(const char *path, int flags, ...) TAKES("open");
int my_open64(const char *path, int flags, ...) TAKES("open64");
ssize_t my_read(int fd, void *to, size_t len) TAKES("read");
ssize_t my_pread(int fd, void *to, size_t len, int64_t at) TAKES("pread64");
ssize_t my_write(int fd, const void *from, size_t len) TAKES("write");
ssize_t my_recv(int fd, void *to, size_t len, int flags) TAKES("recv");
ssize_t my_send(int fd, const void *from, size_t len, int flags) TAKES("send");
int my_socket(int domain, int type, int protocol) TAKES("socket");

static int open_with(const char *path, int flags, va_list ap)
{
	int mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	if (fails(INJECT_CALLS, EMFILE) || fails(INJECT_INTERRUPTS, EINTR))
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int my_open(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	int fd = open_with(path, flags, ap);
	va_end(ap);
	return fd;
}

int my_open64(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	int fd = open_with(path, flags, ap);
	va_end(ap);
	return fd;
}

/* What of a transfer is done: all, one byte, or -1: it fails, errno is set. */
static ssize_t transfer(size_t len, int error)
{
	if (fails(INJECT_CALLS, error) || fails(INJECT_INTERRUPTS, EINTR))
		return -1;
	return len > 1 && fails(INJECT_SHORT, 0) ? 1 : (ssize_t)len;
}

ssize_t my_read(int fd, void *to, size_t len)
{
	ssize_t n = transfer(len, EIO);
	return n < 0 ? -1 : syscall(SYS_read, fd, to, n);
}

ssize_t my_pread(int fd, void *to, size_t len, int64_t at)
{
	ssize_t n = transfer(len, EIO);
	return n < 0 ? -1 : syscall(SYS_pread64, fd, to, n, at);
}

ssize_t my_write(int fd, const void *from, size_t len)
{
	ssize_t n = transfer(len, ENOSPC);
	return n < 0 ? -1 : syscall(SYS_write, fd, from, n);
}

ssize_t my_recv(int fd, void *to, size_t len, int flags)
{
	ssize_t n = transfer(len, ECONNRESET);
	return n < 0 ? -1 : syscall(SYS_recvfrom, fd, to, n, flags, NULL, NULL);
}

ssize_t my_send(int fd, const void *from, size_t len, int flags)
{
	ssize_t n = transfer(len, EPIPE);
	return n < 0 ? -1 : syscall(SYS_sendto, fd, from, n, flags, NULL, 0);
}

int my_socket(int domain, int type, int protocol)
{
	return fails(INJECT_CALLS, EMFILE) ? -1 : (int)syscall(SYS_socket, domain, type, protocol);
}
