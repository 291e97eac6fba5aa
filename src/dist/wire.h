/* src/dist/wire.h - frames between assay and the program that carries them by MPI (workers/mpi).
 *
 * Both run on one machine: numbers are in its byte order. A message is one frame or several, all
 * but the last marked as having more.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DIST_WIRE_H
#define DIST_WIRE_H

#include <stdint.h>

#define WIRE_FRAME_MAX (64u << 10)	/* bytes behind the head */
#define WIRE_SELF UINT32_MAX		/* peer: the carrier itself */

struct wire_head {
	uint32_t peer;		/* rank that it goes to, or comes from */
	uint32_t more;		/* not 0: the next frame of this peer goes on */
	uint32_t len;
};

/* The carrier's first frame, from WIRE_SELF. A frame to WIRE_SELF ends it in good order. */
struct wire_hello {
	int32_t rank, size;
	char library[120];
};

#endif
