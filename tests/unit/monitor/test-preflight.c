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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole_ascend, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_broken_ascend, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nodes_of_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nvidia_and_cpu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_host, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_model_folder, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
