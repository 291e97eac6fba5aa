/* src/base/file.c - see file.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"

/* A signal may interrupt an open of what is slow: a pipe, a file on another host. */
static int open_again(const char *path, int flags)
{
	return (int)TEMP_FAILURE_RETRY(open(path, flags, 0644));
}

int file_read(const char *path, struct buf *out, struct err *e)
{
	bool from_stdin = strcmp(path, "-") == 0;
	CLEANUP(close_fd) int own = from_stdin ? -1 : open_again(path, O_RDONLY | O_CLOEXEC);
	int fd = from_stdin ? STDIN_FILENO : own;
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	for (;;) {
		size_t want = MIN((size_t)65536, out->max - out->len);
		if (want == 0) {
			char more;
			ssize_t n = read(fd, &more, 1);
			if (n == 0)
				return 0;
			return err_set(e, ERR_DATA, "'%s' is larger than %zu bytes", path,
				       out->max);
		}
		char *to = buf_reserve(out, want);
		if (!to)
			return err_set(e, ERR_SYSTEM, "no memory to hold '%s'", path);
		ssize_t n = read(fd, to, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot read '%s'", path);
		buf_grew(out, (size_t)n);
		if (n == 0)
			return 0;
	}
}

int file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_write(const char *path, const void *data, size_t len, struct err *e)
{
	char temporary[PATH_MAX];
	int n = snprintf(temporary, sizeof(temporary), "%s.%d.part", path, (int)getpid());
	if (n < 0 || (size_t)n >= sizeof(temporary))
		return err_set(e, ERR_USAGE, "the path '%s' is too long", path);
	CLEANUP(close_fd) int fd = open_again(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot write '%s'", path);
	if (file_write_all(fd, data, len) < 0 || fsync(fd) < 0) {
		err_sys(e, "cannot write '%s'", path);
		(void)unlink(temporary);
		return -1;
	}
	if (rename(temporary, path) < 0) {
		err_sys(e, "cannot write '%s'", path);
		(void)unlink(temporary);
		return -1;
	}
	return 0;
}

int file_make_dirs(const char *path, struct err *e)
{
	char part[PATH_MAX];
	size_t len = strlen(path);
	if (len == 0 || len >= sizeof(part))
		return err_set(e, ERR_USAGE, "'%s' is not a usable folder name", path);
	memcpy(part, path, len + 1);
	for (size_t i = 1; i <= len; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		char kept = part[i];
		part[i] = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return err_sys(e, "cannot make the folder '%s'", part);
		part[i] = kept;
	}
	struct stat st;
	if (stat(path, &st) < 0)
		return err_sys(e, "cannot use the folder '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_USAGE, "'%s' is not a folder", path);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int file_remove_tree(const char *path, struct err *e)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		return err_sys(e, "cannot remove '%s'", path);
	return 0;
}

char *file_beside(const char *beside, const char *name)
{
	const char *slash = strrchr(beside, '/');
	char *out = NULL;
	if (name[0] == '/' || !slash)
		out = strdup(name);
	else if (asprintf(&out, "%.*s/%s", (int)(slash - beside), beside, name) < 0)
		out = NULL;
	return out;
}

/* dir/name when that can be accessed in this mode; else NULL. */
static char *try_path(const char *dir, const char *below, const char *name, int mode)
{
	char *path;
	if (asprintf(&path, "%s%s/%s", dir, below, name) < 0)
		return NULL;
	if (access(path, mode) == 0)
		return path;
	free(path);
	return NULL;
}

/* ASSAY_LIBEXEC_DIR and ASSAY_SHARE_DIR: relative to the folder of the program, so that an
 * installation may be moved; set by the build. */
static char *find(const char *variable, const char *in_build, const char *installed,
		  const char *name, int mode)
{
	const char *named = getenv(variable);
	if (named)
		return try_path(named, "", name, mode);
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return NULL;
	self[n] = '\0';
	for (int up = 0; up < 4; up++) {	/* tests run from below the build folder */
		char *slash = strrchr(self, '/');
		if (!slash)
			return NULL;
		*slash = '\0';
		char *path = try_path(self, in_build, name, mode);
		/* From bin/, or (a worker) from libexec/assay/. */
		if (!path && up < 2)
			path = try_path(self, installed, name, mode);
		if (path)
			return path;
	}
	return NULL;
}

char *file_find_worker(const char *name)
{
	return find("ASSAY_LIBEXEC", "/workers", "/" ASSAY_LIBEXEC_DIR, name, X_OK);
}

char *file_find_share(const char *name)
{
	return find("ASSAY_SHARE", "/share", "/" ASSAY_SHARE_DIR, name, R_OK);
}
