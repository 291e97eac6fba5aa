/* src/monitor/preflight_device.c - preflight: nodes, counts, driver, environment, health, use.
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "monitor/npu_text.h"
#include "monitor/preflight.h"
#include "monitor/proc.h"

static bool digits(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* Nodes PATTERN whose name ends in digits after the prefix, e.g. /dev/davinci0. */
static int count_nodes(const struct preflight *p, const char *prefix)
{
	glob_t found = {0};
	int n = 0;
	const char *start = preflight_path(p, prefix);
	(void)glob(arena_fmt(p->arena, "%s[0-9]*", start), 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		n += digits(found.gl_pathv[i] + strlen(start));
	globfree(&found);
	return n;
}

static void check_node(struct preflight *p, const struct preflight_check *c, const char *path)
{
	const char *full = preflight_path(p, path);
	CLEANUP(close_fd) int fd = open(full, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		return;
	bool ascend = p->platform == PLATFORM_ASCEND;
	if (errno == ENOENT)
		preflight_add(p, c, FINDING_FAIL, arena_fmt(p->arena, "%s is missing", path), full,
			      "load the driver; in a container give the device (--device)");
	else if (errno == EACCES || errno == EPERM)
		preflight_add(p, c, FINDING_FAIL,
			      arena_fmt(p->arena, "%s cannot be opened by this user", path), full,
			      ascend ? "join the group HwHiAiUser (usermod -aG HwHiAiUser USER) "
				       "and log in again, or run as root"
				     : "join the group video or render, or mend the udev rule");
	else
		preflight_add(p, c, FINDING_WARN,
			      arena_fmt(p->arena, "%s: %s", path, strerror(errno)), full,
			      "look into dmesg; another process may hold it alone");
}

void check_nodes(struct preflight *p, const struct preflight_check *c)
{
	static const char *const ascend[] = {"/dev/davinci_manager", "/dev/devmm_svm",
					     "/dev/hisi_hdc", NULL};
	static const char *const nvidia[] = {"/dev/nvidiactl", "/dev/nvidia-uvm", NULL};
	bool is_ascend = p->platform == PLATFORM_ASCEND;
	const char *prefix = is_ascend ? "/dev/davinci" : "/dev/nvidia";
	size_t before = p->n;
	int n = count_nodes(p, prefix);
	if (n == 0)
		preflight_add(p, c, FINDING_FAIL, arena_fmt(p->arena, "there is no %sN", prefix),
			      preflight_path(p, "/dev"),
			      "load the driver; in a container give the devices (--device)");
	for (int i = 0, seen = 0; seen < n && i < 4096; i++) {
		const char *path = arena_fmt(p->arena, "%s%d", prefix, i);
		if (access(preflight_path(p, path), F_OK) != 0)
			continue;
		seen++;
		check_node(p, c, path);
	}
	for (const char *const *at = is_ascend ? ascend : nvidia; *at; at++)
		check_node(p, c, *at);
	if (p->n == before)
		preflight_add(p, c, FINDING_OK, arena_fmt(p->arena, "%d device%s open", n,
							      str_plural((uint64_t)n)), prefix,
			      NULL);
}

/* Cards on the PCI bus; -1: the bus cannot be seen (a container without /sys). */
static int count_cards(const struct preflight *p)
{
	glob_t found = {0};
	int n = 0;
	if (glob(preflight_path(p, "/sys/bus/pci/devices/*"), 0, NULL, &found) != 0)
		n = -1;
	for (size_t i = 0; n >= 0 && i < found.gl_pathc; i++) {
		char vendor[32], device[32], class[32];
		const char *path = found.gl_pathv[i];
		if (proc_read(NULL, vendor, sizeof(vendor), "%s/vendor", path) < 0 ||
		    proc_read(NULL, device, sizeof(device), "%s/device", path) < 0)
			continue;
		if (p->platform == PLATFORM_ASCEND)
			n += strncmp(vendor, "0x19e5", 6) == 0 &&
			     (strncmp(device, "0xd5", 4) == 0 || strncmp(device, "0xd8", 4) == 0);
		else if (proc_read(NULL, class, sizeof(class), "%s/class", path) > 0)
			n += strncmp(vendor, "0x10de", 6) == 0 &&
			     strncmp(class, "0x03", 4) == 0;
	}
	globfree(&found);
	return n;
}

void check_counts(struct preflight *p, const struct preflight_check *c)
{
	bool ascend = p->platform == PLATFORM_ASCEND;
	int cards = count_cards(p);
	int nodes = count_nodes(p, ascend ? "/dev/davinci" : "/dev/nvidia");
	int seen = p->devices ? (int)json_array_size(json_object_get(p->devices, "devices")) : 0;
	const char *text = arena_fmt(p->arena, "%d on the PCI bus, %d device node%s, %d seen by "
				     "the driver's library or tool", cards, nodes,
				     str_plural((uint64_t)nodes), seen);
	static const char how[] = "/sys/bus/pci/devices, /dev, assay monitor --once";
	if (cards < 0 || seen == 0)
		preflight_add(p, c, FINDING_UNKNOWN, text, how, "see the points device nodes and "
								"health");
	else if (nodes == seen && cards == seen)
		preflight_add(p, c, FINDING_OK, text, how, NULL);
	else if (nodes < seen || (nodes == seen && cards > nodes))
		preflight_add(p, c, FINDING_WARN, text, how,
			      "fine in a container that was given some of the devices; else a card "
			      "is lost: dmesg, reboot");
	else
		preflight_add(p, c, FINDING_FAIL, text, how, "a card is lost: dmesg, then reboot");
}

/* Compare versions part by part: "7.1.0.11" with "7.1.99". */
static int compare_versions(const char *a, const char *b)
{
	while (*a && *b) {
		char *end_a, *end_b;
		long x = strtol(a, &end_a, 10);
		long y = strtol(b, &end_b, 10);
		if (end_a == a || end_b == b)
			return 0;	/* words such as rc1: not comparable */
		if (x != y)
			return x < y ? -1 : 1;
		a = *end_a == '.' ? end_a + 1 : end_a;
		b = *end_b == '.' ? end_b + 1 : end_b;
	}
	return 0;
}

/* Is the version in "[min,max]"? true also when the text is none. */
static bool in_range(const char *version, const char *range)
{
	char low[64], high[64];
	if (sscanf(range, "[%63[^],],%63[^]]]", low, high) != 2)
		return true;
	return compare_versions(version, low) >= 0 && compare_versions(version, high) <= 0;
}

static void add_file(struct buf *all, const struct preflight *p, const char *path)
{
	char text[8192];
	if (proc_read(p->spec->root, text, sizeof(text), "%s", path) > 0)
		(void)buf_fmt(all, "cat %s\n%s\n", path, text);
}

static void check_ascend_driver(struct preflight *p, const struct preflight_check *c)
{
	static const char driver[] = "/usr/local/Ascend/driver/version.info";
	static const char install[] = "/etc/ascend_install.info";
	CLEANUP(buf_release) struct buf all = BUF_INIT(65536);
	struct utsname u = {.machine = "aarch64"};
	(void)uname(&u);
	add_file(&all, p, driver);
	add_file(&all, p, "/usr/local/Ascend/firmware/version.info");
	add_file(&all, p, arena_fmt(p->arena, "/usr/local/Ascend/ascend-toolkit/latest/%s-linux/"
				    "ascend_toolkit_install.info", u.machine));
	struct capture v;
	capture_init(&v, p->arena);
	npu_text_parse(all.data ? all.data : "", all.len, &v);
	if (!v.driver_version) {
		preflight_add(p, c, FINDING_FAIL, "no driver is installed or mounted", driver,
			      "install driver, then firmware, and reboot; in a container mount "
			      "driver/lib64 and version.info");
		return;
	}
	const char *text = arena_fmt(p->arena, "driver %s, firmware %s, CANN %s", v.driver_version,
				     v.firmware_version ? v.firmware_version : "not seen",
				     v.cann_version ? v.cann_version : "not seen");
	if (v.firmware_version && v.driver_needs_firmware &&
	    !in_range(v.firmware_version, v.driver_needs_firmware))
		preflight_add(p, c, FINDING_FAIL,
			      arena_fmt(p->arena, "%s: the driver needs firmware %s", text,
					v.driver_needs_firmware), driver,
			      "upgrade the firmware, then the driver, and reboot");
	else
		preflight_add(p, c, v.cann_version ? FINDING_OK : FINDING_WARN, text, driver,
			      v.cann_version ? NULL : "CANN is not seen here: install the toolkit, "
						      "or use an image that brings it");
	char status[4096];
	if (proc_read(p->spec->root, status, sizeof(status), "%s", install) < 0)
		preflight_add(p, c, FINDING_WARN, "the state of the installation is not known",
			      install, "in a container mount this file");
	else if (!strstr(status, "Driver_Install_Status=complete"))
		preflight_add(p, c, FINDING_WARN, "the driver's installation is not complete",
			      install, "install the driver again");
}

void check_driver(struct preflight *p, const struct preflight_check *c)
{
	if (p->platform == PLATFORM_ASCEND) {
		check_ascend_driver(p, c);
		return;
	}
	static const char path[] = "/proc/driver/nvidia/version";
	const char *line = preflight_line(p, path);
	preflight_add(p, c, line ? FINDING_OK : FINDING_FAIL,
		      line ? line : "the kernel module of the driver is not loaded", path,
		      line ? NULL : "install the driver, or load it: modprobe nvidia");
}

void check_environment(struct preflight *p, const struct preflight_check *c)
{
	static const char *const folders[] = {"/driver/lib64", "/driver/lib64/common",
					      "/driver/lib64/driver"};
	static const char set_env[] = "source /usr/local/Ascend/ascend-toolkit/set_env.sh";
	const char *path = getenv("LD_LIBRARY_PATH");
	size_t before = p->n;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		const char *at = path ? strstr(path, folders[i]) : NULL;
		bool whole = false;
		for (; at && !whole; at = strstr(at + 1, folders[i]))
			whole = strchr(":/", at[strlen(folders[i])]) != NULL &&
				(at[strlen(folders[i])] != '/' ||
				 at[strlen(folders[i]) + 1] == ':');
		if (!whole)
			preflight_add(p, c, FINDING_WARN,
				      arena_fmt(p->arena, "LD_LIBRARY_PATH lacks "
						"/usr/local/Ascend%s", folders[i]),
				      "$LD_LIBRARY_PATH", set_env);
	}
	if (!getenv("ASCEND_HOME_PATH") && !getenv("ASCEND_TOOLKIT_HOME"))
		preflight_add(p, c, FINDING_WARN, "the toolkit's environment is not set",
			      "$ASCEND_HOME_PATH", set_env);
	if (!getenv("ATB_HOME_PATH"))
		preflight_add(p, c, FINDING_WARN, "ATB's environment is not set (libatb.so)",
			      "$ATB_HOME_PATH", "source /usr/local/Ascend/nnal/atb/set_env.sh");
	if (p->n == before)
		preflight_add(p, c, FINDING_OK, "the environment is set", "$LD_LIBRARY_PATH, "
			      "$ASCEND_HOME_PATH, $ATB_HOME_PATH", NULL);
}

static const char *label(const struct preflight *p, const json_t *d)
{
	int64_t id = -1;
	int64_t chip = -1;
	bool gpu = json_whole(d, "gpu", &id);
	(void)json_whole(d, "npu", &id);
	if (json_whole(d, "chip", &chip))
		return arena_fmt(p->arena, "npu %lld chip %lld", (long long)id, (long long)chip);
	return arena_fmt(p->arena, "%s %lld", gpu ? "gpu" : "npu", (long long)id);
}

static void check_one_health(struct preflight *p, const struct preflight_check *c,
			     const json_t *d)
{
	static const char todo[] = "look up the code in the vendor's fault list; npu-smi info -t "
				   "health -i ID; dmesg";
	const char *health = json_text(d, "health", NULL);
	const char *who = label(p, d);
	double v;
	if (health && strcmp(health, "OK") != 0)
		preflight_add(p, c, strcmp(health, "Warning") == 0 ? FINDING_WARN : FINDING_FAIL,
			      arena_fmt(p->arena, "%s is in state %s", who, health),
			      json_text(d, "source", ""), todo);
	if (json_array_size(json_object_get(d, "error_codes")))
		preflight_add(p, c, FINDING_WARN,
			      arena_fmt(p->arena, "%s has error code %s", who,
					json_text(d, "error_codes.0", "")),
			      json_text(d, "source", ""), todo);
	if (json_number(d, "ecc_hbm_double", &v) && v > 0)
		preflight_add(p, c, FINDING_FAIL,
			      arena_fmt(p->arena, "%s: %.0f memory errors that could not be "
					"corrected", who, v), json_text(d, "source", ""),
			      "do not use this device; have it examined");
	if (json_number(d, "temperature_c", &v) && v >= 85)
		preflight_add(p, c, FINDING_WARN, arena_fmt(p->arena, "%s is at %.0f °C", who, v),
			      json_text(d, "source", ""), "look at cooling; it will slow down");
}

void check_health(struct preflight *p, const struct preflight_check *c)
{
	const json_t *list = p->devices ? json_object_get(p->devices, "devices") : NULL;
	size_t before = p->n;
	size_t i;
	const json_t *d;
	if (json_array_size(list) == 0) {
		const json_t *skipped = p->devices ? json_object_get(p->devices, "skipped") : NULL;
		for (i = 0; i < json_array_size(skipped); i++) {
			const char *why = json_string_value(json_array_get(skipped, i));
			bool npu = str_starts(why, "dcmi") || str_starts(why, "npu");
			if (npu == (p->platform == PLATFORM_ASCEND))
				preflight_add(p, c, FINDING_FAIL, why, "assay monitor --once",
					      npu ? "mend points 1, 3 and 4; in a container mount "
						    "/usr/local/dcmi and npu-smi"
						  : "mend points 1 and 3");
		}
		return;
	}
	json_array_foreach(list, i, d)
		check_one_health(p, c, d);
	if (p->n == before)
		preflight_add(p, c, FINDING_OK,
			      arena_fmt(p->arena, "%zu device%s, nothing reported",
					json_array_size(list), str_plural(json_array_size(list))),
			      json_text(json_array_get(list, 0), "source", ""), NULL);
}

static void check_visible(struct preflight *p, const struct preflight_check *c, size_t n)
{
	const char *name = p->platform == PLATFORM_ASCEND ? "ASCEND_RT_VISIBLE_DEVICES"
							  : "CUDA_VISIBLE_DEVICES";
	const char *text = getenv(name);
	for (const char *at = text; at && isdigit((unsigned char)*at);) {
		char *end;
		unsigned long id = strtoul(at, &end, 10);
		if (id >= n)
			preflight_add(p, c, FINDING_FAIL,
				      arena_fmt(p->arena, "%s names device %lu of %zu", name, id,
						n), arena_fmt(p->arena, "$%s=%s", name, text),
				      "logic ids count from 0: npu-smi info -m shows them");
		at = *end == ',' ? end + 1 : "";
	}
}

void check_idle(struct preflight *p, const struct preflight_check *c)
{
	const json_t *list = p->devices ? json_object_get(p->devices, "devices") : NULL;
	size_t before = p->n;
	size_t i;
	const json_t *d;
	json_array_foreach(list, i, d) {
		double used = 0, total = 0;
		size_t n = json_array_size(json_object_get(d, "processes"));
		(void)(json_number(d, "memory_used_mb", &used) &&
		       json_number(d, "memory_total_mb", &total));
		if (n)
			preflight_add(p, c, FINDING_WARN,
				      arena_fmt(p->arena, "%s is used by %zu %s", label(p, d), n,
						n == 1 ? "process" : "processes"),
				      json_text(d, "source", ""),
				      "choose another device, or end them");
		else if (total > 0 && used / total > 0.1)
			preflight_add(p, c, FINDING_WARN,
				      arena_fmt(p->arena, "%s: %.0f of %.0f MiB are used, by "
						"nobody that is visible here", label(p, d), used,
						total), json_text(d, "source", ""),
				      "another container may hold it; look from the host");
	}
	if (json_array_size(list))
		check_visible(p, c, json_array_size(list));
	else
		preflight_add(p, c, FINDING_UNKNOWN, "no device can be asked", "assay monitor "
			      "--once", "see the point health");
	if (p->n == before)
		preflight_add(p, c, FINDING_OK, "no process uses the devices",
			      "assay monitor --once", NULL);
}
