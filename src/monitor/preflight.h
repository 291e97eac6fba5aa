/* src/monitor/preflight.h - is this machine ready to serve a model? What is wrong, how it was
 * seen, what to do. Needs no root; reads only, and asks the vendor's library or tool once.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_PREFLIGHT_H
#define MONITOR_PREFLIGHT_H

#include <jansson.h>

#include "catalog/catalog.h"
#include "catalog/model_dir.h"
#include "monitor/monitor.h"

enum platform { PLATFORM_AUTO, PLATFORM_ASCEND, PLATFORM_NVIDIA, PLATFORM_CPU };

enum finding_state { FINDING_OK, FINDING_WARN, FINDING_FAIL, FINDING_UNKNOWN };

struct finding {
	int point;		/* 1 … 13 */
	const char *title;	/* "device nodes" */
	enum finding_state state;
	const char *what;	/* what is (wrong) */
	const char *seen;	/* how it was seen: the file, call or command */
	const char *todo;	/* NULL when nothing is to be done */
};

struct preflight_spec {
	const char *root;	/* where /dev, /proc, /sys, /etc and /usr lie; NULL: "/" */
	enum platform platform;
	const char *model;	/* folder or file of weights, or NULL */
	const struct catalog *catalog;	/* for the chip's memory and types */
	int64_t port;		/* that will be listened on; 0: none named */
	const char *image;	/* that a service will run in, or NULL */
	bool no_programs;	/* run no programs (python3) */
};

struct preflight {
	const struct preflight_spec *spec;
	struct arena *arena;
	enum platform platform;	/* as found */
	json_t *devices;	/* what monitor_once() saw; NULL: nothing */
	const struct chip *chip;	/* of the first device; NULL: not known */
	struct model_files files;
	bool has_files;
	struct finding *findings;
	size_t n;
};

/* One check of the list: adds findings. */
struct preflight_check {
	int point;
	const char *title;
	unsigned platforms;	/* bits 1 << PLATFORM_… */
	void (*run)(struct preflight *p, const struct preflight_check *c);
};

/* Run all checks. Findings live in the arena. */
int preflight_run(const struct preflight_spec *spec, struct arena *a, struct preflight *ret,
		  struct err *e);
void preflight_release(struct preflight *p);

/* {"platform", "devices", "findings": […], "ok"}. Caller: decref. */
json_t *preflight_to_json(const struct preflight *p);
const char *finding_state_name(enum finding_state s);

/* For the checks. */
void preflight_add(struct preflight *p, const struct preflight_check *c, enum finding_state state,
		   const char *what, const char *seen, const char *todo);
/* root + path, in the arena. */
const char *preflight_path(const struct preflight *p, const char *path);
/* The first line of a small file without its end; NULL: not readable. */
const char *preflight_line(const struct preflight *p, const char *path);

void check_nodes(struct preflight *p, const struct preflight_check *c);
void check_counts(struct preflight *p, const struct preflight_check *c);
void check_driver(struct preflight *p, const struct preflight_check *c);
void check_environment(struct preflight *p, const struct preflight_check *c);
void check_health(struct preflight *p, const struct preflight_check *c);
void check_idle(struct preflight *p, const struct preflight_check *c);
void check_fit(struct preflight *p, const struct preflight_check *c);
void check_dtype(struct preflight *p, const struct preflight_check *c);
void check_limits(struct preflight *p, const struct preflight_check *c);
void check_network(struct preflight *p, const struct preflight_check *c);
void check_tuning(struct preflight *p, const struct preflight_check *c);
void check_model(struct preflight *p, const struct preflight_check *c);
void check_audio(struct preflight *p, const struct preflight_check *c);

#endif
