/* tests/bench/truth.h - a server that knows to the microsecond what it sent, in a process of its
 * own on one core: the truth that the engine's numbers are held against.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_TRUTH_H
#define BENCH_TRUTH_H

#include <stdint.h>
#include <sys/types.h>

#define TRUTH_TAG 7	/* the content of an event: the number of its stream, and a blank */

enum truth_kind {
	TRUTH_SMALL,	/* 15 bytes of JSON to every request, whatever it sends */
	TRUTH_FLOOD,	/* a stream per request: events as fast as they go, one send each */
	TRUTH_PACED,	/* a stream per request: an event every gap_ns, one send each */
};

struct truth_spec {
	enum truth_kind kind;
	uint32_t streams;	/* paced: whose moments are noted, at most */
	uint32_t events;	/* per stream */
	uint64_t gap_ns;
	int cpu;		/* -1: any */
	int prompt;		/* real-time priority: its own lateness is not what is measured */
};

/* Each sending of a paced stream lies between two readings of CLOCK_MONOTONIC. */
struct truth_moment {
	uint64_t before, after;
};

struct truth {
	struct truth_spec spec;
	pid_t pid;
	int port;
	const struct truth_moment *moments;	/* [stream × events + event]; shared memory */
	char url[64];				/* http://127.0.0.1:PORT/v1 */
};

/* Aborts when it cannot. */
void truth_start(struct truth *t, const struct truth_spec *spec);
void truth_stop(struct truth *t);

#endif
