/* src/deploy/render.h - a deployment as files for systemd, Docker Compose and Kubernetes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DEPLOY_RENDER_H
#define DEPLOY_RENDER_H

#include "deploy/up.h"

struct rendered {
	const char *name;	/* of the file */
	const char *text;
};

struct rendering {
	struct rendered *files;
	size_t n;
};

/* kind: systemd (a unit per replica), compose (one file), kubernetes (one file). resource: name
 * of the accelerators in the cluster; NULL: by platform. -1: this cannot be said in that form. */
int render(const char *kind, const struct up_plan *p, const char *resource, struct arena *a,
	   struct rendering *ret, struct err *e);

/* Inside. */
int render_systemd(const struct up_plan *p, struct arena *a, struct rendering *ret,
		   struct err *e);
int render_compose(const struct up_plan *p, struct arena *a, struct rendering *ret,
		   struct err *e);
int render_kubernetes(const struct up_plan *p, const char *resource, struct arena *a,
		      struct rendering *ret, struct err *e);
const char *render_quote(const char *text, struct arena *a);	/* as JSON, which YAML reads */
const char *render_list(const struct strings *words, size_t from, struct arena *a);
void render_add(struct rendering *r, struct arena *a, const char *name, struct buf *text);

#endif
