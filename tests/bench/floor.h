/* tests/bench/floor.h - the least that a client can do: epoll, recv, and a look for the ends of
 * events.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdint.h>

/* So many streams at once, each asking so many times, until all have ended. CPU ns per event. */
double floor_streams(int port, uint32_t streams, uint32_t times, uint32_t events);

/* The same promptness that load threads ask for. */
void floor_be_prompt(void);

#endif
