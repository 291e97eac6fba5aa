/* src/monitor/nvidia_text.h - a line of nvidia-smi's CSV.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_NVIDIA_TEXT_H
#define MONITOR_NVIDIA_TEXT_H

#include "monitor/device.h"

/* Adds a device; false: not a complete line. */
bool nvidia_text_line(struct span line, struct capture *c);

#endif
