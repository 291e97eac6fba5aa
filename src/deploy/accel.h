/* src/deploy/accel.h - the accelerators of this machine, as the samplers see them now.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DEPLOY_ACCEL_H
#define DEPLOY_ACCEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "deploy/manifest.h"

struct accel {
	int64_t id;		/* logic id: what the visible-devices variable takes */
	int64_t phys;		/* of /dev/davinciN */
	bool gpu;
	const char *name;	/* "910B3"; NULL: not told */
	const char *label;	/* as in readings: "npu 0 chip 0" */
	double used, total;	/* bytes; NaN: not told */
	bool processes_known;
	pid_t *pids;
	size_t n_pids;
};

struct accels {
	struct accel *items;
	size_t n;
	const char *why;	/* why there is none */
};

/* Ask all samplers of devices once (a second or so). Calls of threads wait for each other: npu-smi
 * must not run twice at once. */
int accels_read(struct arena *a, struct accels *ret, struct err *e);

const struct accel *accel_find(const struct accels *all, int64_t id);

/* Devices of each replica of a unit: ids[replica * per + i]. taken: ids given away before; grows.
 * -1: there are none, or not enough; the error says what to write. */
int accel_place(const struct unit *u, const struct accels *all, struct arena *a,
		int64_t **ret_ids, size_t *ret_per, int64_t *taken, size_t *n_taken,
		size_t taken_max, struct err *e);

/* ascend, cuda or cpu for this unit on this machine. */
enum platform_kind accel_platform(const struct unit *u, const struct accels *all);

struct proof {
	enum { PROOF_NOT_ASKED, PROOF_UNKNOWN, PROOF_HOLDS, PROOF_REFUTED } state;
	double growth;		/* bytes more than before, on all its devices; NaN: not told */
	double busy;		/* highest busy share in % under load; NaN: not told */
	bool row;		/* a process of the service is listed on a device */
	char words[200];
};

struct proof_ask {
	const int64_t *ids;
	size_t n;
	const struct accels *before;	/* read before the service started */
	uint64_t growth_min;		/* bytes that count as the model being there */
	const pid_t *pids;		/* of the service */
	size_t n_pids;
	/* Send one request; 0 when it was answered. Called again and again for up to load_ns.
	 * NULL: nothing can be asked of it; then busy stays unknown. */
	int (*load)(void *ctx);
	void *ctx;
	uint64_t load_ns;
};

/* Is the service on its devices? Memory growth or a process row, and busy above 0 at some moment
 * under load. */
void accel_prove(const struct proof_ask *ask, struct proof *ret);

#endif
