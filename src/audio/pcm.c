/* src/audio/pcm.c - see pcm.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "audio/pcm.h"

#include <stdint.h>

#include "base/util.h"

static const size_t sizes[] = {
	[PCM_NONE] = 0, [PCM_U8] = 1, [PCM_S16] = 2, [PCM_S24] = 3,
	[PCM_S32] = 4, [PCM_F32] = 4, [PCM_F64] = 8,
};

size_t pcm_bytes(enum pcm_format f)
{
	return sizes[f];
}

static int32_t sign_extend(uint32_t v, int bits)
{
	uint32_t top = (uint32_t)1 << (bits - 1);
	return (int32_t)((v ^ top) - top);
}

static double sample_at(const unsigned char *p, enum pcm_format f)
{
	uint64_t v = 0;
	for (size_t i = 0; i < sizes[f]; i++)
		v |= (uint64_t)p[i] << (8 * i);
	float f32;
	double f64;
	uint32_t low = (uint32_t)v;
	switch (f) {
	case PCM_U8:
		return ((double)low - 128) / 128;
	case PCM_S16:
		return sign_extend(low, 16) / 32768.0;
	case PCM_S24:
		return sign_extend(low, 24) / 8388608.0;
	case PCM_S32:
		return (int32_t)low / 2147483648.0;
	case PCM_F32:
		memcpy(&f32, &low, sizeof(f32));
		return (double)f32;
	case PCM_F64:
		memcpy(&f64, &v, sizeof(f64));
		return f64;
	case PCM_NONE:
		break;
	}
	return 0;
}

void pcm_to_mono(const void *data, enum pcm_format f, int channels, size_t frames, float *out)
{
	const unsigned char *p = data;
	for (size_t i = 0; i < frames; i++) {
		double sum = 0;
		for (int c = 0; c < channels; c++, p += sizes[f])
			sum += sample_at(p, f);
		out[i] = (float)(sum / channels);
	}
}
