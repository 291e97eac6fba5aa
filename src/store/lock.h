/* src/store/lock.h - one writer at a time: a lock file beside the database.
 *
 * The kernel's lock on it (flock) ends with the process, however it ends; the file's text says
 * who holds it (process id, its start time, the host's boot id), for the message alone.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/err.h"

/* Take the lock PATH.lock; the error names its holder. *ret_fd: give it to lock_release(). */
int lock_take(const char *path, int *ret_fd, struct err *e);
void lock_release(const char *path, int fd);

#endif
