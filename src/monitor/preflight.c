/* src/monitor/preflight.c - see preflight.h: the list of checks, and what they share.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/preflight.h"

#include <glob.h>

#include "base/json.h"
#include "base/util.h"
#include "monitor/proc.h"

#define ALL (1u << PLATFORM_ASCEND | 1u << PLATFORM_NVIDIA | 1u << PLATFORM_CPU)
#define DEVICES (1u << PLATFORM_ASCEND | 1u << PLATFORM_NVIDIA)

static const struct preflight_check checks[] = {
	{1, "device nodes", DEVICES, check_nodes},
	{2, "number of devices", DEVICES, check_counts},
	{3, "driver", DEVICES, check_driver},
	{4, "environment", 1u << PLATFORM_ASCEND, check_environment},
	{5, "health", DEVICES, check_health},
	{6, "devices are free", DEVICES, check_idle},
	{7, "memory", ALL, check_fit},
	{8, "number type", DEVICES, check_dtype},
	{9, "limits and space", ALL, check_limits},
	{10, "network and containers", ALL, check_network},
	{11, "host tuning", ALL, check_tuning},
	{12, "model files", ALL, check_model},
	{13, "audio tools", ALL, check_audio},
};

const char *finding_state_name(enum finding_state s)
{
	static const char *const names[] = {"ok", "warn", "fail", "unknown"};
	return names[s];
}

void preflight_add(struct preflight *p, const struct preflight_check *c, enum finding_state state,
		   const char *what, const char *seen, const char *todo)
{
	*ARENA_ADD(p->arena, p->findings, p->n) = (struct finding){
		.point = c->point, .title = c->title, .state = state,
		.what = arena_str(p->arena, what), .seen = arena_str(p->arena, seen),
		.todo = arena_str(p->arena, todo),
	};
}

const char *preflight_path(const struct preflight *p, const char *path)
{
	return arena_fmt(p->arena, "%s%s", p->spec->root ? p->spec->root : "", path);
}

const char *preflight_line(const struct preflight *p, const char *path)
{
	char text[4096];
	if (proc_read(p->spec->root, text, sizeof(text), "%s", path) < 0)
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	return arena_str(p->arena, text);
}

static bool any_path(const struct preflight *p, const char *pattern)
{
	glob_t found = {0};
	bool any = glob(preflight_path(p, pattern), GLOB_NOSORT, NULL, &found) == 0;
	globfree(&found);
	return any;
}

/* Is there a card of this vendor on the PCI bus? */
static bool vendor_present(const struct preflight *p, const char *vendor)
{
	glob_t found = {0};
	bool any = false;
	(void)glob(preflight_path(p, "/sys/bus/pci/devices/*/vendor"), GLOB_NOSORT, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char text[32];
		if (proc_read(NULL, text, sizeof(text), "%s", found.gl_pathv[i]) > 0)
			any |= strncmp(text, vendor, 6) == 0;
	}
	globfree(&found);
	return any;
}

static enum platform find_platform(const struct preflight *p)
{
	if (p->spec->platform != PLATFORM_AUTO)
		return p->spec->platform;
	if (any_path(p, "/dev/davinci*") || any_path(p, "/usr/local/Ascend") ||
	    vendor_present(p, "0x19e5"))
		return PLATFORM_ASCEND;
	if (any_path(p, "/dev/nvidia*") || any_path(p, "/proc/driver/nvidia/version") ||
	    vendor_present(p, "0x10de"))
		return PLATFORM_NVIDIA;
	return PLATFORM_CPU;
}

static void look_at_devices(struct preflight *p)
{
	struct monitor_spec spec;
	if (p->platform == PLATFORM_CPU)
		return;
	monitor_defaults(&spec);
	p->devices = monitor_once(&spec, NULL);
	const char *name = json_text(p->devices, "devices.0.name", NULL);
	if (!name || !p->spec->catalog)
		return;
	if (str_starts(name, "Ascend "))
		name += 7;
	p->chip = catalog_chip(p->spec->catalog, name);
}

int preflight_run(const struct preflight_spec *spec, struct arena *a, struct preflight *ret,
		  struct err *e)
{
	*ret = (struct preflight){.spec = spec, .arena = a};
	ret->platform = find_platform(ret);
	look_at_devices(ret);
	if (spec->model) {
		if (model_files_read(spec->model, a, &ret->files, e) < 0) {
			preflight_release(ret);
			return -1;
		}
		ret->has_files = true;
	}
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if (checks[i].platforms & 1u << ret->platform)
			checks[i].run(ret, &checks[i]);
	return 0;
}

void preflight_release(struct preflight *p)
{
	json_decref(p->devices);
	p->devices = NULL;
}

json_t *preflight_to_json(const struct preflight *p)
{
	static const char *const platforms[] = {"auto", "ascend", "nvidia", "cpu"};
	json_t *j = json_object();
	json_t *list = json_array();
	bool ok = true;
	for (size_t i = 0; i < p->n; i++) {
		const struct finding *f = &p->findings[i];
		json_t *one = json_object();
		json_put_int(one, "point", f->point);
		json_put_text(one, "title", f->title);
		json_put_text(one, "state", finding_state_name(f->state));
		json_put_text(one, "what", f->what);
		json_put_text(one, "seen", f->seen);
		json_put_text(one, "todo", f->todo);
		(void)json_array_append_new(list, one);
		ok &= f->state != FINDING_FAIL;
	}
	json_put_text(j, "platform", platforms[p->platform]);
	json_put_bool(j, "ok", ok);
	json_t *devices = p->devices ? json_object_get(p->devices, "devices") : NULL;
	json_put(j, "devices", devices ? json_incref(devices) : json_array());
	json_put(j, "findings", list);
	return j;
}
