/* src/deploy/render_kubernetes.c - see render.h: a Deployment and a Service for each service.
 *
 * Devices are given out by the cluster's device plugin: numbers become a count, and the variables
 * that choose devices are left out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "deploy/render.h"

static const char *resource_of(const struct launch *l)
{
	if (l->platform == PLATFORM_CUDA)
		return "nvidia.com/gpu";
	if (l->chip && strstr(l->chip, "310P"))
		return "huawei.com/Ascend310P";
	if (l->chip && strstr(l->chip, "950"))
		return "huawei.com/npu";
	return "huawei.com/Ascend910";
}

/* Kubernetes replaces $(NAME): a real one is doubled. */
static const char *plain(const char *text, struct arena *a)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	for (; *text; text++)
		(void)buf_fmt(&out, text[0] == '$' && text[1] == '(' ? "$%c" : "%c", *text);
	return arena_strn(a, out.data ? out.data : "", out.len);
}

static void put_env(const struct launch *l, struct arena *a, struct buf *out)
{
	bool any = false;
	for (size_t i = 0; i < l->env.n; i++) {
		const char *pair = l->env.items[i];
		if (str_starts(pair, "ASCEND_RT_VISIBLE_DEVICES=") ||
		    str_starts(pair, "CUDA_VISIBLE_DEVICES="))
			continue;
		(void)buf_str(out, any ? "" : "          env:\n");
		any = true;
		(void)buf_fmt(out, "            - name: %.*s\n              value: %s\n",
			      (int)strcspn(pair, "="), pair,
			      render_quote(plain(pair + strcspn(pair, "=") + 1, a), a));
	}
}

static void put_probe(const struct launch *l, const char *name, int every_s, int failures,
		      struct arena *a, struct buf *out)
{
	(void)buf_fmt(out, "          %s:\n            httpGet: {path: %s, port: %d}\n"
		      "            periodSeconds: %d\n            failureThreshold: %d\n", name,
		      render_quote(l->unit->ready.url, a), l->port, every_s, failures);
}

/* Folders of this machine that the unit names; the driver's come from the device plugin. */
static void folders_of(const struct launch *l, struct strings *ret, struct arena *a)
{
	if (l->unit->model)
		strings_add(ret, a, l->unit->model);
	for (size_t i = 0; i < l->unit->mounts.n; i++)
		strings_add(ret, a, arena_strn(a, l->unit->mounts.items[i],
					       strcspn(l->unit->mounts.items[i], ":")));
}

static void put_volumes(const struct launch *l, bool mounts, struct arena *a, struct buf *out)
{
	struct strings folders = {0};
	folders_of(l, &folders, a);
	if (mounts)
		(void)buf_str(out, "          volumeMounts:\n"
			      "            - {name: shm, mountPath: /dev/shm}\n");
	else
		(void)buf_fmt(out, "      volumes:\n        - name: shm\n"
			      "          emptyDir: {medium: Memory, sizeLimit: %.*sGi}\n",
			      (int)strcspn(container_shm(l), "g"), container_shm(l));
	for (size_t i = 0; i < folders.n; i++) {
		const char *q = render_quote(folders.items[i], a);
		if (mounts)
			(void)buf_fmt(out, "            - {name: folder-%zu, mountPath: %s, "
				      "readOnly: true}\n", i, q);
		else
			(void)buf_fmt(out, "        - name: folder-%zu\n"
				      "          hostPath: {path: %s}\n", i, q);
	}
}

static void put_deployment(const struct up_plan *p, const struct launch *l, const char *resource,
			   struct arena *a, struct buf *out)
{
	const struct unit *u = l->unit;
	const char *name = arena_fmt(a, "assay-%s", u->name);
	struct strings words = {0};
	for (size_t i = 0; i < l->command.n; i++)
		strings_add(&words, a, plain(l->command.items[i], a));
	struct strings first = {words.items, 1};
	(void)buf_fmt(out, "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %s\n"
		      "  labels: {app: %s, assay-deployment: %s}\nspec:\n  replicas: %lld\n"
		      "  selector:\n    matchLabels: {app: %s}\n  template:\n    metadata:\n"
		      "      labels: {app: %s}\n    spec:\n"
		      "      terminationGracePeriodSeconds: %.0f\n      containers:\n"
		      "        - name: %s\n          image: %s\n          command: %s\n"
		      "          args: %s\n          ports:\n            - {containerPort: %d}\n",
		      name, name, p->manifest->name, (long long)u->replicas, name, name,
		      ns_to_s(u->grace_ns), u->name, render_quote(u->inside.image, a),
		      render_list(&first, 0, a), render_list(&words, 1, a), l->port);
	if (u->dir)
		(void)buf_fmt(out, "          workingDir: %s\n", render_quote(u->dir, a));
	put_env(l, a, out);
	if (l->n_devices > 0)
		(void)buf_fmt(out, "          resources:\n            limits: {%s: %zu}\n"
			      "            requests: {%s: %zu}\n",
			      resource ? resource : resource_of(l), l->n_devices,
			      resource ? resource : resource_of(l), l->n_devices);
	if (u->ready.url) {
		put_probe(l, "startupProbe", 5, (int)(u->ready.within_ns / NS_PER_S / 5) + 1, a,
			  out);
		put_probe(l, "readinessProbe", 10, 3, a, out);
	}
	put_volumes(l, true, a, out);
	put_volumes(l, false, a, out);
}

static void put_service(const struct launch *l, struct buf *out)
{
	(void)buf_fmt(out, "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: assay-%s\n"
		      "spec:\n  selector: {app: assay-%s}\n  ports:\n"
		      "    - {port: %d, targetPort: %d}\n", l->unit->name, l->unit->name, l->port,
		      l->port);
}

int render_kubernetes(const struct up_plan *p, const char *resource, struct arena *a,
		      struct rendering *ret, struct err *e)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	(void)buf_fmt(&out, "# Made by assay up --render kubernetes from %s.\n",
		      p->manifest->path);
	for (size_t i = 0; i < p->n; i++) {
		const struct launch *l = &p->launches[i];
		const struct unit *u = l->unit;
		if (l->replica > 0)
			continue;	/* the cluster makes the others */
		if (!u->inside.image)
			return yaml_err(e, u->node, "service '%s' has no image: write in: "
					"{docker: IMAGE}", u->name);
		if (strcmp(u->host, "0.0.0.0") != 0 && strcmp(u->host, "::") != 0)
			return yaml_err(e, u->node, "service '%s' listens on %s: nobody outside of "
					"its pod could reach it; write host: 0.0.0.0", u->name,
					u->host);
		put_deployment(p, l, resource, a, &out);
		put_service(l, &out);
	}
	render_add(ret, a, "assay.yaml", &out);
	return 0;
}
