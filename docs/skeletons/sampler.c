/* docs/skeletons/sampler.c - a sampler to begin from: how long the machine has been up. Goes to
 * src/monitor/NAME.c, with its row in the array of sampler.c.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/util.h"
#include "monitor/sampler.h"

struct uptime {
	char path[64];
};

/* 0: it can be read here. -1: why not, and what to do; the report lists it. */
static int open_uptime(const struct monitor_spec *spec, void **ret_state, struct err *e)
{
	(void)spec;
	struct uptime *u = calloc(1, sizeof(*u));
	if (!u)
		return err_set(e, ERR_SYSTEM, "out of memory");
	(void)snprintf(u->path, sizeof(u->path), "/proc/uptime");
	*ret_state = u;
	return 0;
}

/* Every period, on the sampler thread. It must not hang: a tool that may is run by child.h. */
static int read_uptime(void *state, struct sink *out, struct err *e)
{
	const struct uptime *u = state;
	double seconds;
	FILE *f = fopen(u->path, "re");
	int n = f ? fscanf(f, "%lf", &seconds) : 0;
	if (f)
		(void)fclose(f);
	if (n != 1)
		return err_sys(e, "cannot read %s", u->path);
	/* What cannot be read is left out, never 0: sink_add() drops a NaN. */
	sink_add(out, "host", "uptime", "s", seconds);
	return 0;
}

extern const struct sampler sampler_skeleton;
const struct sampler sampler_skeleton = {
	.name = "uptime",
	.summary = "how long the machine has been up",
	.open = open_uptime,
	.close = free,
	.read = read_uptime,
};
