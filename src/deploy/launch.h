/* src/deploy/launch.h - one replica of a service, ready to be started: words, environment, places.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DEPLOY_LAUNCH_H
#define DEPLOY_LAUNCH_H

#include "deploy/accel.h"
#include "deploy/manifest.h"

struct launch {
	const struct unit *unit;
	int replica;
	const char *id;			/* "asr.0" */
	int port;
	const int64_t *devices;		/* logic ids */
	const int64_t *phys;		/* of /dev/davinciN */
	size_t n_devices;
	enum platform_kind platform;
	const char *chip;		/* name of the first device; NULL: not known */
	const char *state;		/* folder of the deployment */
	const char *log;
	const char *url;		/* of the service; NULL: it has no protocol */
	const char *base;		/* "http://127.0.0.1:8001" */
	const char *container;		/* its name, or NULL */
	struct strings command;		/* the server's own words, without prefix and container */
	struct strings words;		/* what is run: argv */
	struct strings env;		/* "NAME=value", the mark last */
};

struct launch_place {
	int replica, port;
	const int64_t *devices;
	size_t n_devices;
	const struct accels *accels;	/* may be empty */
	const char *state;
	bool portable;			/* for rendered files: no mark, no folder of state */
};

/* Fill in every placeholder. All in the arena. */
int launch_make(const struct manifest *m, const struct unit *u, const struct launch_place *at,
		struct arena *a, struct launch *ret, struct err *e);

/* Write what must exist before it starts (the server's configuration). */
int launch_prepare(const struct launch *l, struct arena *a, struct err *e);

/* Nodes and folders that a container on this platform needs. */
void container_devices(const struct launch *l, struct strings *ret, struct arena *a);
void container_mounts(const struct launch *l, struct strings *ret, struct arena *a);
const char *container_shm(const struct launch *l);	/* "1g" */

/* The words of docker run or podman run around l->command. */
void container_words(struct launch *l, struct arena *a);

#endif
