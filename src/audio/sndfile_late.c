/* src/audio/sndfile_late.c - see sndfile_late.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "audio/sndfile_late.h"

#include "base/late.h"

struct sndfile sndfile;

int sndfile_bind(struct err *e)
{
#define SNDFILE_NAME(name) "sf_" #name,
	static const char *const names[] = {SNDFILE_USED(SNDFILE_NAME) NULL};
#undef SNDFILE_NAME
	static struct late_library library = {.file = "libsndfile.so.1", .package = "libsndfile1",
					      .functions = names, .table = &sndfile};
	return late_bind(&library, e);
}
