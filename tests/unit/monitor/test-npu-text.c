/* tests/unit/monitor/test-npu-text.c - what npu-smi prints, in every shape that is known.
 *
 * The real captures are not part of this source tree; where they lie beside it
 * (../shared/npu-smi), each must give exactly what tests/golden/npu-smi says. The made texts
 * below show the same formats, so that the parsers are tested without them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <math.h>

#include "base/file.h"
#include "base/json.h"
#include "monitor/npu_text.h"

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena = arena_free(arena);
	return 0;
}

static struct capture parse(const char *text)
{
	struct capture c;
	capture_init(&c, arena);
	npu_text_parse(text, strlen(text), &c);
	return c;
}

static json_t *read_json(const char *path)
{
	struct err e;
	CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)1 << 20);
	if (file_read(path, &text, &e) < 0)
		return NULL;
	return json_read(text.data, text.len, JSON_DEPTH_MAX, &e);
}

static void check_capture(const char *dir, const char *name)
{
	struct err e;
	const char *path = arena_fmt(arena, "%s/%s", dir, name);
	CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)1 << 20);
	assert_int_equal(file_read(path, &text, &e), 0);
	struct capture c;
	capture_init(&c, arena);
	npu_text_parse(text.data, text.len, &c);
	CLEANUP(json_unref) json_t *got = capture_to_json(&c);
	char golden[128];
	(void)snprintf(golden, sizeof(golden), "tests/golden/npu-smi/%.*s.json",
		       (int)(strlen(name) - 4), name);
	CLEANUP(json_unref) json_t *want = read_json(source_file(golden));
	if (!want)
		fail_msg("there is no %s", golden);
	CLEANUP(buf_release) struct buf shown = BUF_INIT(BUF_UNLIMITED);
	(void)json_write(got, false, &shown);
	/* Through text, so that both have their numbers with the same digits. */
	CLEANUP(json_unref) json_t *same = json_loads(shown.data, 0, NULL);
	if (!json_equal(same, want))
		fail_msg("%s gives %s", name, shown.data);
}

static void test_real_captures(void **state)
{
	(void)state;
	static const char *const places[] = {"../shared/npu-smi", "../../shared/npu-smi"};
	const char *dir = NULL;
	DIR *d = NULL;
	for (size_t i = 0; i < ARRAY_LEN(places) && !d; i++) {	/* a work tree lies deeper */
		dir = arena_str(arena, source_file(places[i]));
		d = opendir(dir);
	}
	if (!d) {	/* cmocka's own skip is a failure in TAP */
		print_message("# the real captures are not here: not tested\n");
		return;
	}
	struct dirent *entry;
	int n = 0;
	while ((entry = readdir(d))) {
		if (!str_ends(entry->d_name, ".txt"))
			continue;
		check_capture(dir, entry->d_name);
		n++;
	}
	(void)closedir(d);
	print_message("# %d captures parsed as they should be\n", n);
	assert_true(n >= 44);
}

static const char wide[] =
	"+----------+\n"
	"| npu-smi 26.1.0       Version: 26.0.9     |\n"
	"+-----+-----+-----+\n"
	"| NPU  Name | Health | Power(W)  Temp(C)   Hugepages-Usage(page) |\n"
	"| Chip | Bus-Id | AICore(%)   Memory-Usage(MB)   HBM-Usage(MB) |\n"
	"+=====+=====+=====+\n"
	"| 3   910B3 | Warning | 101.5  41   7/9 |\n"
	"| 0 | 0000:C1:00.0 | 37   0    / 0   60000/ 65536 |\n"
	"+=====+=====+=====+\n"
	"| 9   910B3 | OK | NA  -   0 / 0 |\n"
	"| 0 | NA | 0   0 / 0   3000 /65536 |\n"
	"+=====+=====+=====+\n"
	"| NPU Chip | Process id | Process name | Process memory(MB) | Process id in container |\n"
	"+=====+=====+=====+\n"
	"| 3  0 | 4711 | vllm worker | 56000 | 17 |\n"
	"| 3  0 | 4712 |  | 113 | NA |\n"
	"+=====+=====+=====+\n"
	"| No running processes found in NPU 9 |\n";

static void test_main_table(void **state)
{
	(void)state;
	struct capture c = parse(wide);
	assert_null(c.error);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.tool_version, "26.1.0");
	assert_string_equal(c.driver_version, "26.0.9");
	const struct device *d = &c.devices[0];
	assert_int_equal(d->npu, 3);
	assert_int_equal(d->chip, 0);
	assert_string_equal(d->name, "910B3");
	assert_string_equal(d->health, "Warning");
	assert_string_equal(d->bus_id, "0000:C1:00.0");
	assert_true(d->q[Q_POWER] == 101.5 && d->q[Q_TEMPERATURE] == 41);
	assert_true(d->q[Q_UTILIZATION] == 37);
	assert_true(d->q[Q_HUGEPAGES_USED] == 7 && d->q[Q_HUGEPAGES_TOTAL] == 9);
	assert_true(d->q[Q_MEMORY_USED] == 60000 && d->q[Q_MEMORY_TOTAL] == 65536);
	assert_true(isnan(d->q[Q_DDR_TOTAL]) && isnan(d->q[Q_DDR_USED]));
	assert_int_equal(d->n_processes, 2);
	assert_string_equal(d->processes[0].name, "vllm worker");
	assert_int_equal(d->processes[0].container_pid, 17);
	assert_null(d->processes[1].name);
	assert_int_equal(d->processes[1].container_pid, -1);
	assert_true(d->processes[1].memory_mb == 113);
	d = &c.devices[1];
	assert_true(isnan(d->q[Q_POWER]) && isnan(d->q[Q_TEMPERATURE]));
	assert_null(d->bus_id);
	assert_true(d->q[Q_UTILIZATION] == 0);	/* said, and 0 */
	assert_true(d->processes_known && d->n_processes == 0);
}

/* A cell that holds more or fewer values than its titles is not guessed at. */
static void test_malformed_cells(void **state)
{
	(void)state;
	struct capture c = parse(
		"| NPU  Name | Health | Power(W)  Temp(C)   Hugepages-Usage(page) |\n"
		"| Chip | Bus-Id | AICore(%)   Memory-Usage(MB)   HBM-Usage(MB) |\n"
		"| 0 910B3 | OK | 99.0 0 / 0 |\n"
		"| 0 | 0000:01:00.0 | 5 1 / 2 3 / 4 5 / 6 |\n"
		"+===+\n"
		"| x 910B3 | OK | 99.0 40 0 / 0 |\n"
		"+===+\n"
		"| 1 910B3 | OK | 99x 40 0 / 0 |\n"
		"| 0 | 0000:02:00.0 | 5 0 / 0 70000/ 65");
	assert_int_equal(c.n, 2);
	assert_true(isnan(c.devices[0].q[Q_POWER]));
	assert_true(isnan(c.devices[0].q[Q_UTILIZATION]));
	assert_true(isnan(c.devices[0].q[Q_MEMORY_USED]));
	assert_int_equal(c.devices[1].npu, 1);
	assert_true(isnan(c.devices[1].q[Q_POWER]));
	assert_true(c.devices[1].q[Q_TEMPERATURE] == 40);
	assert_true(isnan(c.devices[1].q[Q_MEMORY_USED]));	/* cut in the middle of a row */
	assert_int_equal(c.devices[1].chip, -1);
}

static void test_two_chips_in_both_orders(void **state)
{
	(void)state;
	struct capture c = parse("NPU ID : 4\nChip Count : 2\n\n"
				 "Aicore Usage Rate(%) : 11\nHBM Usage Rate(%) : 5\nChip ID : 0\n\n"
				 "Aicore Usage Rate(%) : 22\nChip ID : 1\n");
	assert_int_equal(c.n, 2);
	assert_true(c.devices[0].chip == 0 && c.devices[0].q[Q_UTILIZATION] == 11);
	assert_true(c.devices[1].chip == 1 && c.devices[1].q[Q_UTILIZATION] == 22);
	assert_true(isnan(c.devices[1].q[Q_MEMORY_PERCENT]));
	c = parse("\tNPU ID : 4\n\tChip Count : 2\n\n"
		  "\tChip ID : 0\n\tAicore Usage Rate(%) : 11\n\n"
		  "\tChip ID : 1\n\tAicore Usage Rate(%) : 22\n\tTemperature(C) : 50\n\n"
		  "\tChip Name : mcu\n\tTemperature(C) : 99\n");
	assert_int_equal(c.n, 2);
	assert_true(c.devices[0].chip == 0 && c.devices[0].q[Q_UTILIZATION] == 11);
	assert_true(c.devices[1].chip == 1 && c.devices[1].q[Q_UTILIZATION] == 22);
	assert_true(c.devices[1].q[Q_TEMPERATURE] == 50);
	assert_true(isnan(c.devices[0].q[Q_TEMPERATURE]));
}

static void test_errors(void **state)
{
	(void)state;
	struct capture c = parse("dcmi model initialized failed, because the device is used. "
				 "ret is -8020\n");
	assert_int_equal(c.error_code, -8020);
	assert_non_null(strstr(c.advice, "another container"));
	c = parse("something new failed. ret is -8077\n");
	assert_int_equal(c.error_code, -8077);
	c = parse("bash: npu-smi: command not found\n");
	assert_non_null(c.error);
	assert_non_null(strstr(c.advice, "/usr/local/sbin"));
	c = parse("hello\n");
	assert_int_equal(c.n, 0);
	assert_non_null(strstr(c.error, "nothing that npu-smi prints"));
	c = parse("");
	assert_non_null(c.error);
	c = parse("Process id:12 Process name: Process memory(MB):5\nGet pid name failed.\n");
	assert_int_equal(c.n, 1);
	assert_null(c.devices[0].processes[0].name);
	c = parse("[WARNING]The driver package may not be completely installed\nNPU ID : 1\n");
	assert_int_equal(c.warnings.n, 1);
	assert_null(c.error);
	assert_int_equal(npu_text_code_of_status(187), -8005);
	assert_int_equal(npu_text_code_of_status(172), -8020);
	assert_int_equal(npu_text_code_of_status(211), -9005);
	assert_int_equal(npu_text_code_of_status(193), -8255);
	assert_int_equal(npu_text_code_of_status(0), 0);
	assert_int_equal(npu_text_code_of_status(1), 0);
}

static void test_watch_lines(void **state)
{
	(void)state;
	struct capture c = parse("NpuID(Idx)  ChipId(Idx) Pwr(W)  Temp(C)  New Thing(%) "
				 "AI Core(%) Ctrl Cpu(%) Memory(%)\n"
				 "2  0  90.1  34  7  12  2  5\n2  0  91.0  NA  7  13  2  6\n"
				 "2  1  90.1  34  7  99");
	assert_int_equal(c.n, 1);	/* the last line is cut */
	assert_int_equal(c.devices[0].samples, 2);
	assert_true(c.devices[0].q[Q_UTILIZATION] == 13);
	assert_true(c.devices[0].q[Q_CTRLCPU] == 2);
	assert_true(c.devices[0].q[Q_MEMORY_PERCENT] == 6);
	assert_true(isnan(c.devices[0].q[Q_TEMPERATURE]));
}

/* Cut anywhere: no crash, and no value that the whole text does not have. */
static void test_cut_at_every_byte(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(wide); len++) {
		/* exact, so that a sanitizer sees overreads */
		char *copy = malloc(len ? len : 1);
		assert_non_null(copy);
		memcpy(copy, wide, len);
		struct arena *a = arena_new();
		struct capture c;
		capture_init(&c, a);
		npu_text_parse(copy, len, &c);
		for (size_t i = 0; i < c.n; i++) {
			const double *q = c.devices[i].q;
			assert_true(isnan(q[Q_MEMORY_TOTAL]) || q[Q_MEMORY_TOTAL] == 65536);
			assert_true(isnan(q[Q_MEMORY_USED]) || q[Q_MEMORY_USED] == 60000 ||
				    q[Q_MEMORY_USED] == 3000);
			assert_true(isnan(q[Q_POWER]) || q[Q_POWER] == 101.5);
		}
		(void)arena_free(a);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_real_captures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_main_table, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_malformed_cells, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_chips_in_both_orders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_watch_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut_at_every_byte, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
