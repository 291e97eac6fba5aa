/* src/audio/memory_file.h - libsndfile on bytes in memory.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUDIO_MEMORY_FILE_H
#define AUDIO_MEMORY_FILE_H

#include "audio/sndfile_late.h"

#include "base/buf.h"

/* Reading: data and len; out is NULL. Writing: out. */
struct memory_file {
	const char *data;
	sf_count_t len;
	sf_count_t at;
	struct buf *out;
};

extern SF_VIRTUAL_IO memory_file_io;	/* user data: struct memory_file */

#endif
