/* src/audio/ogg_serial.h - Ogg files that are the same on every run.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUDIO_OGG_SERIAL_H
#define AUDIO_OGG_SERIAL_H

#include <stddef.h>

/* Give the one stream of this Ogg file the serial number 1, in place. */
void ogg_fix_serial(char *data, size_t len);

#endif
