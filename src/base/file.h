/* src/base/file.h - files as a whole.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* The whole file (or "-" for stdin), at most out->max bytes; a larger file is an error. */
int file_read(const char *path, struct buf *out, struct err *e);

/* Write all, then rename over the old file: a reader sees the old or the new one. */
int file_write(const char *path, const void *data, size_t len, struct err *e);

/* All of data to fd, through short writes and EINTR. -1 with errno. */
int file_write_all(int fd, const void *data, size_t len);

/* mkdir -p. */
int file_make_dirs(const char *path, struct err *e);

/* Remove a folder and what is in it; a missing one is fine. Does not follow links. */
int file_remove_tree(const char *path, struct err *e);

/* "dir/name" of the file in the folder where `beside` is; an absolute name stays. Caller frees. */
char *file_beside(const char *beside, const char *name);

/* Where this build finds its helper programs and data: the named program, data file or folder in
 * $ASSAY_LIBEXEC or $ASSAY_SHARE when that is set, else in the build folder that this program
 * (assay or a worker) runs from, else in the folders of the installation. The relocatable bundle
 * has the data of libraries there as well (tessdata, espeak-ng, …); where a library comes from
 * the system, they are absent and the library finds its own. NULL when there is none. Caller
 * frees. */
char *file_find_worker(const char *name);
char *file_find_share(const char *name);

#endif
