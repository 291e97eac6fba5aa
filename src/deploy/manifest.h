/* src/deploy/manifest.h - deploy.yaml: the services to start, and how.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DEPLOY_MANIFEST_H
#define DEPLOY_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"
#include "deploy/recipe.h"

#define UNIT_DEVICES_MAX 64

enum platform_kind { PLATFORM_AUTO, PLATFORM_ASCEND, PLATFORM_CUDA, PLATFORM_CPU };
enum restart_policy { RESTART_NEVER, RESTART_ON_FAILURE, RESTART_ALWAYS };
enum proof_policy { PROOF_AUTO, PROOF_REQUIRED, PROOF_OFF };

/* devices: auto, auto:2, cpu, [0], [2, 3], [cpu] */
struct unit_devices {
	bool given, cpu, chosen;	/* chosen: auto */
	int64_t ids[UNIT_DEVICES_MAX];	/* logic ids (what ASCEND_RT_VISIBLE_DEVICES takes) */
	size_t n;			/* of ids; for auto: how many to choose per replica */
};

struct unit_ready {
	const char *url;	/* path that answers 200; NULL: the recipe's health, if any */
	uint64_t within_ns;	/* 0: the recipe's */
	bool request;		/* also a real request */
};

struct unit_inside {
	const char *runtime;	/* docker, podman; NULL: a process */
	const char *image;
};

/* One service of deploy.yaml. Texts may be NULL. */
struct unit {
	const char *name;
	const struct yaml_node *node;	/* where it stands, for messages */
	const char *recipe_name;
	const struct recipe *recipe;	/* NULL: own command */
	struct strings command, args, worker_args, prefix, asks, env;
	const char *model, *model_name;
	const char *kind, *protocol, *route;
	const char *host, *python, *dir;
	struct unit_devices devices;
	struct unit_ready ready;
	struct unit_inside inside;
	struct strings mounts;
	int platform;		/* enum platform_kind */
	int64_t port;		/* of the first replica; 0: free ones */
	int64_t replicas, workers, warmup;
	int restart, proof;	/* enum restart_policy, proof_policy */
	uint64_t backoff_ns, grace_ns, request_ns, log_max;
	int64_t restarts_max;	/* 0: no limit */
};

struct manifest {
	const char *path;	/* absolute */
	const char *name;	/* "deploy-1a2b3c4d": from the path */
	struct unit *units;
	size_t n;
	struct recipes recipes;
};

/* Read and check. Errors name file, line and column. */
int manifest_read(const char *path, struct arena *a, struct manifest *ret, struct err *e);

/* The name that a deployment of this file has (also when the file is gone). */
const char *manifest_name(const char *path, struct arena *a);

/* The port that a replica listens on; 0: a free one. Ten apart: the services of a file are mostly
 * one apart. */
int64_t unit_port(const struct unit *u, int64_t replica);

/* Does one of its replicas listen there? */
bool unit_has_port(const struct unit *u, int64_t port);

extern const struct opt unit_options[];

#endif
