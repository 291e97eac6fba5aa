/* src/audio/sndfile_late.h - libsndfile, bound when the first sound file is opened (base/late.h
 * says why).
 *
 * Its function sf_close() is sndfile.close(), and so on; types and constants are the header's.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUDIO_SNDFILE_LATE_H
#define AUDIO_SNDFILE_LATE_H

#include <sndfile.h>

#include "base/err.h"

#define SNDFILE_USED(F) \
	F(close) F(error) F(error_number) F(open_virtual) F(readf_float) F(strerror) \
	F(write_short) F(writef_float)

struct sndfile {
#define SNDFILE_FIELD(name) __typeof__(&sf_##name) name;
	SNDFILE_USED(SNDFILE_FIELD)
#undef SNDFILE_FIELD
};

extern struct sndfile sndfile;

/* Before the first use of sndfile. Errors: ERR_UNSUPPORTED when the library is not installed. */
int sndfile_bind(struct err *e);

#endif
