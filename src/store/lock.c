/* src/store/lock.c - see lock.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/util.h"

static void first_line(const char *path, char *out, size_t size)
{
	*out = '\0';
	CLEANUP(close_fd) int fd = (int)TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_CLOEXEC));
	if (fd < 0)
		return;
	ssize_t n = read(fd, out, size - 1);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

/* Field 22 of /proc/self/stat, behind the name, which may hold blanks and brackets. */
static unsigned long long start_time(void)
{
	char text[1024];
	first_line("/proc/self/stat", text, sizeof(text));
	const char *p = strrchr(text, ')');
	unsigned long long ticks = 0;
	if (p && sscanf(p + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			"%*s %*s %*s %llu", &ticks) == 1)
		return ticks;
	return 0;
}

/* Is the file that is locked still the one of that name? */
static bool still_there(int fd, const char *path)
{
	struct stat mine, named;
	return fstat(fd, &mine) == 0 && stat(path, &named) == 0 && mine.st_ino == named.st_ino &&
	       mine.st_dev == named.st_dev;
}

static int refuse(const char *path, const char *lock, struct err *e)
{
	char holder[256];
	first_line(lock, holder, sizeof(holder));
	return err_set(e, ERR_SYSTEM, "'%s' is being written by another assay (%s): give another "
		       "folder or wait for its end", path, *holder ? holder : "unknown");
}

int lock_take(const char *path, int *ret_fd, struct err *e)
{
	char lock[PATH_MAX];
	if (snprintf(lock, sizeof(lock), "%s.lock", path) >= (int)sizeof(lock))
		return err_set(e, ERR_USAGE, "the path '%s' is too long", path);
	for (;;) {
		int fd = (int)TEMP_FAILURE_RETRY(
			open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
		if (fd < 0)
			return err_sys(e, "cannot make '%s'", lock);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			bool held = errno == EWOULDBLOCK;
			int ret =
				held ? refuse(path, lock, e) : err_sys(e, "cannot lock '%s'", lock);
			(void)close(fd);
			return ret;
		}
		if (!still_there(fd, lock)) {	/* its last holder removed it just now */
			(void)close(fd);
			continue;
		}
		char boot[64], text[256];
		first_line("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
		int len = snprintf(text, sizeof(text), "pid %d, start time %llu, boot %s\n",
				   (int)getpid(), start_time(), boot);
		if (ftruncate(fd, 0) < 0 || file_write_all(fd, text, (size_t)len) < 0) {
			(void)err_sys(e, "cannot write '%s'", lock);
			(void)close(fd);
			return -1;
		}
		*ret_fd = fd;
		return 0;
	}
}

void lock_release(const char *path, int fd)
{
	char lock[PATH_MAX];
	(void)snprintf(lock, sizeof(lock), "%s.lock", path);
	(void)unlink(lock);
	(void)close(fd);
}
