/* src/audio/resample.c - see resample.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "audio/resample.h"

#include <math.h>
#include <soxr.h>

#include "base/util.h"

int audio_resample(const float *samples, size_t frames, int channels, int from, int to,
		   float **ret, size_t *ret_frames, struct err *e)
{
	if (from < 1 || to < 1 || channels < 1)
		return err_set(e, ERR_DATA, "sound at %d Hz cannot be brought to %d Hz", from, to);
	size_t room = (size_t)ceil((double)frames * to / from) + 1;
	float *out = malloc((room + 1) * (size_t)channels * sizeof(*out));
	if (!out)
		return err_set(e, ERR_SYSTEM, "no memory to resample %zu frames", frames);
	size_t used = 0;
	size_t made = 0;
	soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
	soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
	soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
	soxr_error_t why = soxr_oneshot(from, to, (unsigned)channels, samples, frames, &used, out,
					room, &made, &io, &quality, &runtime);
	if (why) {
		free(out);
		return err_set(e, ERR_DATA, "sound at %d Hz cannot be brought to %d Hz: %s", from,
			       to, why);
	}
	*ret = out;
	*ret_frames = made;
	return 0;
}
