/* tests/unit/monitor/test-preflight.c - preflight on made machines: good, broken, half there.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "monitor/preflight.h"

static struct arena *arena;
static char root[32];

static void put(const char *path, const char *text)
{
	struct err e;
	const char *full = arena_fmt(arena, "%s%s", root, path);
	char *dir = arena_str(arena, full);
	*strrchr(dir, '/') = '\0';
	assert_int_equal(file_make_dirs(dir, &e), 0);
	FILE *f = fopen(full, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	(void)snprintf(root, sizeof(root), "/tmp/assay-root-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	put("/dev/shm/.keep", "");
	put("/proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 500000 kB\n");
	return 0;
}

static int tear_down(void **state)
{
	struct err e;
	(void)state;
	arena = arena_free(arena);
	return file_remove_tree(root, &e);
}

static struct preflight run(const char *model, int64_t port)
{
	static struct preflight_spec spec;
	struct preflight p;
	struct err e;
	spec = (struct preflight_spec){.root = root, .model = model, .port = port,
				       .no_programs = true};
	if (preflight_run(&spec, arena, &p, &e) < 0)
		fail_msg("%s", e.text);
	return p;
}

static const struct finding *find(const struct preflight *p, int point, const char *words)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->findings[i].point == point && strstr(p->findings[i].what, words))
			return &p->findings[i];
	return NULL;
}

static void make_ascend(void)
{
	put("/dev/davinci0", "");
	put("/dev/davinci1", "");
	put("/dev/davinci_manager", "");
	put("/dev/devmm_svm", "");
	put("/dev/hisi_hdc", "");
	for (int i = 0; i < 2; i++) {
		put(arena_fmt(arena, "/sys/bus/pci/devices/0000:0%d:00.0/vendor", i), "0x19e5\n");
		put(arena_fmt(arena, "/sys/bus/pci/devices/0000:0%d:00.0/device", i), "0xd802\n");
	}
	put("/usr/local/Ascend/driver/version.info",
	    "Version=24.1.0\ncompatible_version_fw=[7.0.0,7.5.99]\n");
	put("/usr/local/Ascend/firmware/version.info", "Version=7.5.0.3.220\n");
	put("/etc/ascend_install.info", "Driver_Install_Status=complete\n");
}

static void test_whole_ascend(void **state)
{
	(void)state;
	make_ascend();
	struct preflight p = run(NULL, 0);
	assert_int_equal(p.platform, PLATFORM_ASCEND);
	assert_non_null(find(&p, 1, "2 devices open"));
	const struct finding *f = find(&p, 3, "driver 24.1.0, firmware 7.5.0.3.220");
	assert_non_null(f);
	assert_int_equal(f->state, FINDING_WARN);	/* no CANN here */
	assert_null(find(&p, 3, "not complete"));
	/* No library and no tool: said with the reason, and counted as failed. */
	assert_non_null(find(&p, 5, "dcmi: "));
	assert_non_null(find(&p, 5, "npu-smi: "));
	CLEANUP(json_unref) json_t *j = preflight_to_json(&p);
	assert_true(json_is_false(json_object_get(j, "ok")));
	for (size_t i = 0; i < p.n; i++) {
		const struct finding *x = &p.findings[i];
		assert_true(x->what && *x->what && x->seen && *x->seen);
		if (x->state == FINDING_FAIL)
			assert_true(x->todo && *x->todo);
	}
	preflight_release(&p);
}

static void test_broken_ascend(void **state)
{
	(void)state;
	make_ascend();
	assert_int_equal(unlink(arena_fmt(arena, "%s/dev/hisi_hdc", root)), 0);
	put("/usr/local/Ascend/firmware/version.info", "Version=7.7.0.9.220\n");
	put("/etc/ascend_install.info", "Driver_Install_Status=\n");
	struct preflight p = run(NULL, 0);
	const struct finding *f = find(&p, 1, "/dev/hisi_hdc is missing");
	assert_non_null(f);
	assert_int_equal(f->state, FINDING_FAIL);
	f = find(&p, 3, "the driver needs firmware [7.0.0,7.5.99]");
	assert_non_null(f);
	assert_int_equal(f->state, FINDING_FAIL);
	assert_non_null(find(&p, 3, "not complete"));
	preflight_release(&p);
	assert_int_equal(unlink(arena_fmt(arena, "%s/dev/davinci0", root)), 0);
	assert_int_equal(unlink(arena_fmt(arena, "%s/dev/davinci1", root)), 0);
	p = run(NULL, 0);
	assert_non_null(find(&p, 1, "there is no /dev/davinciN"));
	preflight_release(&p);
}

static void test_nodes_of_others(void **state)
{
	(void)state;
	make_ascend();
	assert_int_equal(chmod(root, 0755), 0);
	assert_int_equal(chmod(arena_fmt(arena, "%s/dev/davinci1", root), 0), 0);
	uid_t me = geteuid();
	if (me == 0)	/* root may open everything: be somebody else meanwhile */
		assert_int_equal(seteuid(65534), 0);
	struct preflight p = run(NULL, 0);
	assert_int_equal(seteuid(me), 0);
	const struct finding *f = find(&p, 1, "/dev/davinci1 cannot be opened");
	assert_non_null(f);
	assert_non_null(strstr(f->todo, "HwHiAiUser"));
	preflight_release(&p);
}

static void test_nvidia_and_cpu(void **state)
{
	(void)state;
	struct preflight p = run(NULL, 0);
	assert_int_equal(p.platform, PLATFORM_CPU);
	assert_null(find(&p, 1, ""));
	preflight_release(&p);
	put("/dev/nvidia0", "");
	put("/dev/nvidiactl", "");
	p = run(NULL, 0);
	assert_int_equal(p.platform, PLATFORM_NVIDIA);
	assert_non_null(find(&p, 1, "/dev/nvidia-uvm is missing"));
	assert_non_null(find(&p, 3, "not loaded"));
	assert_null(find(&p, 4, ""));
	preflight_release(&p);
}

static void test_host(void **state)
{
	(void)state;
	put("/proc/sys/vm/swappiness", "60\n");
	put("/proc/sys/kernel/numa_balancing", "0\n");
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	struct preflight p = run(NULL, ntohs(at.sin_port));
	assert_non_null(find(&p, 10, "cannot be used"));
	const struct finding *f = find(&p, 11, "vm.swappiness is 60");
	assert_non_null(f);
	assert_int_equal(f->state, FINDING_WARN);
	assert_null(find(&p, 11, "numa"));
	preflight_release(&p);
	close_fd(&fd);
	p = run(NULL, ntohs(at.sin_port));
	assert_null(find(&p, 10, "cannot be used"));
	preflight_release(&p);
}

static void test_model_folder(void **state)
{
	(void)state;
	struct err e;
	struct preflight p;
	struct preflight_spec spec = {.root = root, .model = root, .no_programs = true};
	assert_int_equal(preflight_run(&spec, arena, &p, &e), -1);	/* no weights there */
	put("/model/model.safetensors.index.json",
	    "{\"weight_map\":{\"a\":\"one.safetensors\"}}");
	put("/model/config.json", "{\"model_type\":\"whisper\"}");
	p = run(arena_fmt(arena, "%s/model", root), 0);
	const struct finding *f = find(&p, 12, "one.safetensors is named by the index");
	assert_non_null(f);
	assert_int_equal(f->state, FINDING_FAIL);
	assert_non_null(find(&p, 12, "no tokenizer"));
	assert_non_null(find(&p, 12, "no preprocessor_config.json"));
	assert_non_null(find(&p, 7, "of memory are free"));
	preflight_release(&p);
}

/* A program of this name, first in PATH. */
static void put_program(const char *name, const char *text)
{
	put(arena_fmt(arena, "/bin/%s", name), arena_fmt(arena, "#!/bin/sh\n%s\n", text));
	assert_int_equal(chmod(arena_fmt(arena, "%s/bin/%s", root, name), 0755), 0);
}

/* Two chips: the first as told, with a process; the second idle. */
static void put_npu_smi(const char *name, const char *health, int temperature, int used_mb)
{
	static const char frame[] =
		"+---------------------------+---------------+------------------------------+\n"
		"| npu-smi 25.5.1            Version: 25.5.1                                |\n"
		"+---------------------------+---------------+------------------------------+\n"
		"| NPU   Name    | Health | Power(W)    Temp(C)           Hugepages-Usage(page)|\n"
		"| Chip          | Bus-Id | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |\n"
		"+===========================+===============+==============================+";
	put_program("npu-smi", arena_fmt(arena,
		"[ \"$*\" = info ] || { echo 'Command or option is not found.'; exit 1; }\n"
		"cat <<'END'\n%s\n"
		"| 0     %-8s | %s | 93.5   %d     0    / 0    |\n"
		"| 0     | 0000:C1:00.0  | 17          0    / 0          %d/ 65536  |\n"
		"| 1     %-8s | OK | 93.5   40     0    / 0    |\n"
		"| 0     | 0000:C2:00.0  | 0           0    / 0          3000/ 65536  |\n"
		"| NPU     Chip   | Process id    | Process name    | Process memory(MB) |\n"
		"| 0       0      | 4711          | python          | 56630              |\n"
		"| No running processes found in NPU 1 |\nEND", frame, name, health, temperature,
		used_mb, name));
}

static struct preflight run_with(const struct preflight_spec *wanted)
{
	static struct preflight_spec spec;
	static struct catalog catalog;
	struct preflight p;
	struct err e;
	char path[4096];
	char *old = arena_str(arena, getenv("PATH"));
	(void)snprintf(path, sizeof(path), "%s/bin:%s", root, old);
	assert_int_equal(setenv("PATH", path, 1), 0);
	assert_int_equal(catalog_load(NULL, arena, &catalog, &e), 0);
	spec = *wanted;
	spec.root = root;
	spec.catalog = &catalog;
	if (preflight_run(&spec, arena, &p, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(setenv("PATH", old, 1), 0);
	return p;
}

static const struct finding *must(const struct preflight *p, int point, const char *words,
				  enum finding_state state)
{
	const struct finding *f = find(p, point, words);
	if (!f || f->state != state)
		fail_msg("point %d: no finding '%s' of state %s", point, words,
			 finding_state_name(state));
	return f;
}

static void put_weights(uint64_t bytes, const char *dtype, int width)
{
	const char *path = arena_fmt(arena, "%s/model/model.safetensors", root);
	const char *json = arena_fmt(arena, "{\"a\":{\"dtype\":\"%s\",\"shape\":[%llu],"
				     "\"data_offsets\":[0,%llu]}}", dtype,
				     (unsigned long long)(bytes / (uint64_t)width),
				     (unsigned long long)bytes);
	uint64_t len = strlen(json);
	put("/model/config.json", "{\"model_type\":\"qwen2\",\"hidden_size\":4096,"
	    "\"num_hidden_layers\":32,\"num_attention_heads\":32}");
	put("/model/tokenizer.json", "{}");
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(&len, 1, 8, f), 8);	/* little-endian, as the format has it */
	assert_int_equal(fwrite(json, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(truncate(path, (off_t)(8 + len + bytes)), 0);	/* a hole */
}

/* Points 2, 5, 6, 7 and 8 with devices that answer. */
static void test_devices_that_answer(void **state)
{
	(void)state;
	make_ascend();
	put_npu_smi("910B3", "OK", 40, 60156);
	put_weights((uint64_t)20 << 30, "BF16", 2);
	struct preflight_spec spec = {.model = arena_fmt(arena, "%s/model", root),
				      .no_programs = true};
	struct preflight p = run_with(&spec);
	(void)must(&p, 2, "2 on the PCI bus, 2 device nodes, 2 seen", FINDING_OK);
	(void)must(&p, 5, "2 devices, nothing reported", FINDING_OK);
	(void)must(&p, 6, "npu 0 chip 0 is used by 1 process", FINDING_WARN);
	(void)must(&p, 7, "fits on 1 of 2 devices", FINDING_OK);
	(void)must(&p, 8, "bfloat16 on 910B3", FINDING_OK);
	(void)must(&p, 12, "MindIE asks for 0640", FINDING_WARN);
	preflight_release(&p);
	put_npu_smi("310P3", "Alarm", 91, 3000);
	put_weights((uint64_t)200 << 30, "BF16", 2);
	assert_int_equal(setenv("ASCEND_RT_VISIBLE_DEVICES", "0,5", 1), 0);
	p = run_with(&spec);
	assert_int_equal(unsetenv("ASCEND_RT_VISIBLE_DEVICES"), 0);
	(void)must(&p, 5, "npu 0 chip 0 is in state Alarm", FINDING_FAIL);
	(void)must(&p, 5, "is at 91", FINDING_WARN);
	(void)must(&p, 6, "ASCEND_RT_VISIBLE_DEVICES names device 5 of 2", FINDING_FAIL);
	(void)must(&p, 7, "", FINDING_FAIL);
	(void)must(&p, 8, "the weights are bfloat16, 310P3 has none", FINDING_WARN);
	preflight_release(&p);
	assert_int_equal(unlink(arena_fmt(arena, "%s/dev/davinci1", root)), 0);
	p = run_with(&spec);
	(void)must(&p, 2, "2 on the PCI bus, 1 device node, 2 seen", FINDING_WARN);
	preflight_release(&p);
	put_program("npu-smi", "echo 'dcmi model initialized failed, because the device is used. "
		    "ret is -8020'; exit 172");
	p = run_with(&spec);
	(void)must(&p, 5, "-8020", FINDING_FAIL);
	(void)must(&p, 6, "no device can be asked", FINDING_UNKNOWN);
	(void)must(&p, 7, "the chip is not known", FINDING_UNKNOWN);
	preflight_release(&p);
}

/* Points 4, 9, 10, 11 and 13. */
static void test_surroundings(void **state)
{
	(void)state;
	make_ascend();
	put("/proc/sys/net/ipv4/ip_forward", "0\n");
	put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
	put("/proc/sys/kernel/numa_balancing", "1\n");
	put_program("docker", "[ \"$5\" = here:1 ]");
	CLEANUP(free_ptr) char *shm = calloc(1, (size_t)65 << 20);
	assert_non_null(shm);
	memset(shm, 1, (size_t)65 << 20);
	FILE *f = fopen(arena_fmt(arena, "%s/dev/shm/left", root), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(shm, 1, (size_t)65 << 20, f), (size_t)65 << 20);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(setenv("MASTER_PORT", "29500", 1), 0);
	assert_int_equal(setenv("LD_LIBRARY_PATH", "/usr/local/Ascend/driver/lib64/common:/x", 1),
			 0);
	struct preflight_spec spec = {.image = "not-here:1"};
	struct preflight p = run_with(&spec);
	(void)must(&p, 4, "lacks /usr/local/Ascend/driver/lib64", FINDING_WARN);
	(void)must(&p, 4, "lacks /usr/local/Ascend/driver/lib64/driver", FINDING_WARN);
	assert_null(find(&p, 4, "lib64/common"));
	(void)must(&p, 4, "ATB", FINDING_WARN);
	(void)must(&p, 9, "1 file in /dev/shm: 0.06 GiB", FINDING_WARN);
	(void)must(&p, 10, "ip_forward is off", FINDING_WARN);
	(void)must(&p, 10, "MASTER_PORT=29500", FINDING_WARN);
	const struct finding *image = must(&p, 10, "the image not-here:1 is not here",
					   FINDING_FAIL);
	assert_string_equal(image->todo, "docker pull not-here:1");
	(void)must(&p, 11, "the CPU governor is powersave", FINDING_WARN);
	(void)must(&p, 11, "kernel.numa_balancing is 1", FINDING_WARN);
	preflight_release(&p);
	put("/proc/sys/net/ipv4/ip_forward", "1\n");
	assert_int_equal(unsetenv("MASTER_PORT"), 0);
	assert_int_equal(setenv("LD_LIBRARY_PATH", "/a/driver/lib64/:/a/driver/lib64/common:"
				"/a/driver/lib64/driver", 1), 0);
	assert_int_equal(setenv("ASCEND_HOME_PATH", "/a", 1), 0);
	assert_int_equal(setenv("ATB_HOME_PATH", "/a", 1), 0);
	put_program("python3", "exit 1");
	put_program("ffmpeg", "");
	spec.image = "here:1";
	p = run_with(&spec);
	(void)must(&p, 4, "the environment is set", FINDING_OK);
	(void)must(&p, 10, "the image here:1 is here", FINDING_OK);
	(void)must(&p, 13, "Python has no module librosa", FINDING_WARN);
	assert_null(find(&p, 13, "ffmpeg"));
	put_program("python3", "exit 0");
	preflight_release(&p);
	p = run_with(&spec);
	(void)must(&p, 13, "ffmpeg, librosa and soundfile are there", FINDING_OK);
	preflight_release(&p);
	assert_int_equal(unsetenv("LD_LIBRARY_PATH"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole_ascend, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_broken_ascend, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nodes_of_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nvidia_and_cpu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_host, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_model_folder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_devices_that_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_surroundings, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
