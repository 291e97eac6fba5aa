/* src/deploy/container.c - what a container needs to see the devices, and the words that start it.
 *
 * Only the nodes of the chosen devices are handed in, and of the driver only what is needed: the
 * whole driver tree, or one card in two containers, makes an Ascend driver refuse (-8020).
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy/launch.h"

static bool chip_is(const struct launch *l, const char *part)
{
	return l->chip && strstr(l->chip, part);
}

void container_devices(const struct launch *l, struct strings *ret, struct arena *a)
{
	if (l->platform != PLATFORM_ASCEND || l->n_devices == 0)
		return;
	for (size_t i = 0; i < l->n_devices; i++)
		strings_add(ret, a, arena_fmt(a, "/dev/davinci%lld", (long long)l->phys[i]));
	strings_add(ret, a, "/dev/davinci_manager");
	strings_add(ret, a, "/dev/hisi_hdc");
	if (chip_is(l, "950")) {
		strings_add(ret, a, "/dev/ummu");
		strings_add(ret, a, "/dev/uburma");
	} else {
		strings_add(ret, a, "/dev/devmm_svm");
	}
}

void container_mounts(const struct launch *l, struct strings *ret, struct arena *a)
{
	static const char *const driver[] = {
		"/usr/local/dcmi", "/usr/local/bin/npu-smi", "/usr/local/Ascend/driver/lib64",
		"/usr/local/Ascend/driver/version.info", "/etc/ascend_install.info",
	};
	if (l->platform == PLATFORM_ASCEND && l->n_devices > 0)
		for (size_t i = 0; i < ARRAY_LEN(driver); i++)
			strings_add(ret, a, arena_fmt(a, "%s:%s:ro", driver[i], driver[i]));
	if (l->unit->model)
		strings_add(ret, a, arena_fmt(a, "%s:%s:ro", l->unit->model, l->unit->model));
	for (size_t i = 0; i < l->unit->mounts.n; i++) {
		const char *m = l->unit->mounts.items[i];
		strings_add(ret, a, strchr(m, ':') ? m : arena_fmt(a, "%s:%s", m, m));
	}
}

const char *container_shm(const struct launch *l)
{
	return chip_is(l, "310P") ? "10g" : "1g";
}

static void put(struct launch *l, struct arena *a, const char *option, const char *value)
{
	strings_add(&l->words, a, option);
	if (value)
		strings_add(&l->words, a, value);
}

static void put_gpus(struct launch *l, struct arena *a)
{
	bool podman = strcmp(l->unit->inside.runtime, "podman") == 0;
	const char *list = "";
	for (size_t i = 0; i < l->n_devices; i++) {
		if (podman)
			put(l, a, "--device", arena_fmt(a, "nvidia.com/gpu=%lld",
							(long long)l->devices[i]));
		list = arena_fmt(a, "%s%s%lld", list, i ? "," : "", (long long)l->devices[i]);
	}
	if (!podman && l->n_devices > 0)	/* docker parses CSV: the quotes belong to it */
		put(l, a, "--gpus", arena_fmt(a, "\"device=%s\"", list));
}

void container_words(struct launch *l, struct arena *a)
{
	struct strings nodes = {0}, mounts = {0};
	put(l, a, l->unit->inside.runtime, "run");
	put(l, a, "--rm", NULL);
	put(l, a, "--name", l->container);
	put(l, a, "--network", "host");
	put(l, a, "--shm-size", container_shm(l));
	container_devices(l, &nodes, a);
	for (size_t i = 0; i < nodes.n; i++)
		put(l, a, "--device", nodes.items[i]);
	if (l->platform == PLATFORM_CUDA)
		put_gpus(l, a);
	container_mounts(l, &mounts, a);
	for (size_t i = 0; i < mounts.n; i++)
		put(l, a, "--volume", mounts.items[i]);
	for (size_t i = 0; i < l->env.n; i++)
		put(l, a, "--env", l->env.items[i]);
	if (l->unit->dir)
		put(l, a, "--workdir", l->unit->dir);
	put(l, a, "--entrypoint", l->command.items[0]);
	put(l, a, l->unit->inside.image, NULL);
	for (size_t i = 1; i < l->command.n; i++)
		strings_add(&l->words, a, l->command.items[i]);
}
