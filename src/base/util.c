/* src/base/util.c - cleanups for locals.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"

#include <errno.h>
#include <unistd.h>

void free_ptr(void *pointer_to_pointer)
{
	int saved = errno;
	free(*(void **)pointer_to_pointer);
	errno = saved;
}

void close_fd(int *fd)
{
	int saved = errno;
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}
