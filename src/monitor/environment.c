/* src/monitor/environment.c - what the machine is: host, devices, driver, CANN.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <sys/utsname.h>

#include "base/json.h"
#include "base/thread.h"
#include "base/util.h"
#include "monitor/monitor.h"
#include "monitor/proc.h"

/* "key<separator>value" of a line, without quotes; NULL: not there. The text is changed. */
static char *line_value(char *text, const char *key, char separator)
{
	size_t len = strlen(key);
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		char *at = line + len;
		if (strncmp(line, key, len) != 0)
			continue;
		at += strspn(at, " \t");
		if (*at != separator)
			continue;
		at++;
		at += strspn(at, " \t\"");
		at[strcspn(at, "\"\n\r")] = '\0';
		return at;
	}
	return NULL;
}

static void put_file_value(json_t *to, const char *name, const char *path, const char *key,
			   char separator)
{
	char text[8192];
	if (proc_read(NULL, text, sizeof(text), "%s", path) > 0)
		json_put_text(to, name, line_value(text, key, separator));
}

static json_t *host(void)
{
	json_t *h = json_object();
	struct utsname u;
	if (uname(&u) == 0) {
		json_put_text(h, "name", u.nodename);
		json_put_text(h, "kernel", u.release);
		json_put_text(h, "machine", u.machine);
	}
	put_file_value(h, "os", "/etc/os-release", "PRETTY_NAME", '=');
	put_file_value(h, "cpu", "/proc/cpuinfo", "model name", ':');
	int cpus[1024];
	json_put_int(h, "cpus", thread_cpus(cpus, (int)ARRAY_LEN(cpus)));
	char text[4096];
	if (proc_read(NULL, text, sizeof(text), "/proc/meminfo") > 0)
		json_put_real(h, "memory_bytes", proc_value(text, "MemTotal:") * 1024);
	return h;
}

json_t *monitor_environment(void)
{
	json_t *all = json_object();
	json_put(all, "host", host());
	struct monitor_spec spec;
	monitor_defaults(&spec);
	CLEANUP(json_unref) json_t *now = monitor_once(&spec, NULL);
	json_t *devices = now ? json_object_get(now, "devices") : NULL;
	json_put(all, "devices", devices ? json_incref(devices) : json_array());
	put_file_value(all, "driver", "/usr/local/Ascend/driver/version.info", "Version", '=');
	if (!json_object_get(all, "driver"))
		put_file_value(all, "driver", "/proc/driver/nvidia/version", "NVRM version", ':');
	struct utsname u;
	char path[200];
	if (uname(&u) == 0) {
		(void)snprintf(path, sizeof(path), "/usr/local/Ascend/ascend-toolkit/latest/"
			       "%s-linux/ascend_toolkit_install.info", u.machine);
		put_file_value(all, "cann", path, "version", '=');
	}
	return all;
}
