/* src/cli/cmd_monitor.c - assay monitor: watch NPUs, GPUs, host and services.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"
#include "cli/commands.h"
#include "cli/fetch.h"
#include "cli/live_page.h"
#include "monitor/endpoint.h"
#include "monitor/latest.h"
#include "monitor/log.h"
#include "monitor/npu_text.h"

struct monitor_options {
	bool once, list;
	const char *parse;
	struct strings pids;
	struct strings services;
	const char *log;
	uint64_t log_size;
	int64_t log_keep;
	const char *listen;
	uint64_t duration_ns;
	bool ui;
	int64_t ui_port;	/* -1: --ui decides */
};

static const struct opt own_options[] = {
	{.name = "once", OPT_AT_BOOL(struct monitor_options, once),
	 .help = "print the devices as they are now, and end"},
	{.name = "parse", OPT_AT_STRING(struct monitor_options, parse), .arg = "FILE",
	 .help = "read a file that holds what npu-smi printed, or a metrics page; - is stdin"},
	{.name = "list", OPT_AT_BOOL(struct monitor_options, list),
	 .help = "print the samplers, and which of them work here"},
	{.name = "pid", OPT_AT_STRINGS(struct monitor_options, pids), .arg = "[NAME=]PID,…",
	 .help = "watch these process trees"},
	{.name = "service", OPT_AT_STRINGS(struct monitor_options, services),
	 .arg = "NAME=URL,…", .help = "read the metrics pages of these inference servers"},
	{.name = "log", OPT_AT_STRING(struct monitor_options, log), .arg = "FILE",
	 .help = "append the readings to FILE: CSV when it ends in .csv, else JSONL"},
	{.name = "log_size", OPT_AT_SIZE(struct monitor_options, log_size), .def = "100MB",
	 .help = "start a new log file at this size; 0: never"},
	{.name = "log_keep", OPT_AT_INT(struct monitor_options, log_keep), .def = "5", .max = 1000,
	 .help = "how many old log files stay"},
	{.name = "listen", OPT_AT_STRING(struct monitor_options, listen), .arg = "[HOST:]PORT",
	 .help = "offer the readings as a Prometheus page at /metrics"},
	{.name = "duration", OPT_AT_DURATION(struct monitor_options, duration_ns),
	 .help = "end after this time; not given: when interrupted"},
	{.name = "ui", OPT_AT_BOOL(struct monitor_options, ui),
	 .help = "serve a live page of the readings on a free port of 127.0.0.1"},
	{.name = "ui_port", OPT_AT_INT(struct monitor_options, ui_port), .arg = "N", .def = "-1",
	 .min = -1, .max = 65535, .help = "serve it on this port"},
	{0},
};

static int run(int argc, char **argv);

const struct command command_monitor = {
	.name = "monitor",
	.summary = "watch NPUs, GPUs, host, processes and servers",
	.usage = "[--once | --parse FILE | --list] [options]",
	.text = "Reads accelerators (Ascend through libdcmi.so or npu-smi, NVIDIA through "
		"libnvidia-ml.so.1 or nvidia-smi), the host, process trees and metrics pages, and "
		"shows them until it is interrupted. What cannot be read is left out: a missing "
		"number is unknown, never 0.\n\n"
		"With --format json each reading is a line of JSON; with --once and --parse the "
		"devices are one document. ASSAY_LIBDCMI and ASSAY_LIBNVML name the vendors' "
		"libraries when they lie elsewhere.",
	.examples = "assay monitor --once --format json           # devices, one document\n"
		    "npu-smi info > c.txt; assay monitor --parse c.txt  # understand a capture\n"
		    "assay monitor --log npu.csv --listen 9410    # record, and serve Prometheus\n"
		    "assay monitor --ui                           # watch it in a browser\n"
		    "assay monitor --pid asr=1234 --service vlm=http://127.0.0.1:8000/metrics",
	.tables = (const struct opt *const[]){own_options, monitor_options, NULL},
	.run = run,
};

/* Devices as lines of text. */
static int print_devices(const json_t *j)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	const json_t *device, *value;
	const char *key;
	size_t i;
	json_array_foreach(json_object_get(j, "devices"), i, device) {
		json_object_foreach((json_t *)device, key, value) {
			CLEANUP(free_ptr) char *text =
				json_is_string(value) ? NULL :
				json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
			(void)buf_fmt(&out, "%s %s  ", key, text ? text : json_string_value(value));
		}
		(void)buf_char(&out, '\n');
	}
	const json_t *error = json_object_get(j, "error");
	if (error)
		(void)buf_fmt(&out, "error: %s\n%s\n", json_text(error, "message", ""),
			      json_text(error, "advice", ""));
	const json_t *skipped = json_object_get(j, "skipped");
	json_array_foreach(skipped, i, value)
		(void)buf_fmt(&out, "not read: %s\n", json_string_value(value));
	return command_print(out.data ? out.data : "", out.len);
}

static int print_document(const struct common_options *common, const json_t *j)
{
	return common->format == FORMAT_JSON ? command_print_json(j) : print_devices(j);
}

static int parse_file(const char *path, const struct common_options *common, struct arena *a)
{
	struct err e;
	CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)64 << 20);
	if (file_read(path, &text, &e) < 0)
		return command_fail(&e);
	struct capture c;
	capture_init(&c, a);
	npu_text_parse(text.data ? text.data : "", text.len, &c);
	CLEANUP(json_unref) json_t *j = capture_to_json(&c);
	return print_document(common, j);
}

static int list_samplers(const struct monitor_spec *spec, struct arena *a)
{
	struct err e;
	struct monitor *m = NULL;
	struct strings why = {0};
	if (monitor_start(spec, &m, &e) < 0)
		return command_fail(&e);
	monitor_why_not(m, &why, a);
	(void)monitor_stop(m, NULL);
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	const char *name, *summary;
	for (size_t i = 0; monitor_sampler(i, &name, &summary); i++)
		(void)buf_fmt(&out, "%-11s %s\n", name, summary);
	for (size_t i = 0; i < why.n; i++)
		(void)buf_fmt(&out, "not here: %s\n", why.items[i]);
	return command_print(out.data, out.len);
}

/* "NAME=REST" or "REST". */
static const char *split_name(const char *text, const char *fallback, const char **ret_rest,
			      struct arena *a)
{
	const char *equal = strchr(text, '=');
	*ret_rest = equal ? equal + 1 : text;
	return equal ? arena_strn(a, text, (size_t)(equal - text)) : fallback;
}

static int make_targets(const struct monitor_options *o, struct monitor_spec *spec,
			struct arena *a, struct err *e)
{
	struct monitor_target *list = arena_array(a, o->pids.n + o->services.n + 1, sizeof(*list));
	spec->targets = list;
	for (size_t i = 0; i < o->pids.n; i++) {
		struct monitor_target *t = &list[spec->n_targets++];
		const char *rest;
		t->name = split_name(o->pids.items[i], "process", &rest, a);
		if (str_to_int(rest, &t->pid, NULL) < 0 || t->pid <= 0)
			return err_set(e, ERR_USAGE, "--pid %s: write PID or NAME=PID",
				       o->pids.items[i]);
	}
	for (size_t i = 0; i < o->services.n; i++) {
		struct monitor_target *t = &list[spec->n_targets++];
		const char *scheme = strstr(o->services.items[i], "://");
		const char *equal = strchr(o->services.items[i], '=');
		if (equal && scheme && equal < scheme) {
			t->name = split_name(o->services.items[i], "server", &t->metrics_url, a);
		} else {	/* an "=" in the query is no name */
			t->name = "server";
			t->metrics_url = o->services.items[i];
		}
	}
	return 0;
}

/* What the sampler thread does with readings and rounds. */
struct watch {
	struct latest *latest;
	struct monitor_log *log;
	struct live_page *page;	/* NULL: none was asked for */
	bool lines;		/* JSON lines to standard output */
	bool log_failed;
	struct buf text;
	uint64_t wall_minus_mono_ns;
	int tick;		/* eventfd: a round is done */
};

static void on_reading(void *ctx, const struct reading *r)
{
	struct watch *w = ctx;
	latest_add(w->latest, r);
	if (w->page) {
		struct monitor_listener page = live_page_listener(w->page);
		page.reading(page.ctx, r);
	}
	if (w->log && monitor_log_add(w->log, r) < 0)
		w->log_failed = true;
	if (w->lines)
		monitor_log_line(r, w->wall_minus_mono_ns, &w->text);
}

static void on_round(void *ctx, uint64_t at_ns)
{
	struct watch *w = ctx;
	uint64_t one = 1;
	(void)at_ns;
	if (w->log && monitor_log_flush(w->log) < 0)
		w->log_failed = true;
	if (w->text.len && file_write_all(STDOUT_FILENO, w->text.data, w->text.len) < 0)
		stop_request();		/* the reader has gone */
	buf_clear(&w->text);
	ssize_t n = write(w->tick, &one, sizeof(one));
	(void)n;
}

static int show(struct watch *w, bool live)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	char now[32];
	clock_format_wall(now, sizeof(now), clock_wall());
	if (live)
		(void)buf_str(&out, "\033[H\033[2J");
	(void)buf_fmt(&out, "%s\n", now);
	latest_to_table(w->latest, clock_now(), command_width(STDOUT_FILENO), &out);
	return command_print(out.data, out.len);
}

/* Until interrupted, the end of the time, or a log that cannot be written. */
static int follow(struct watch *w, const struct monitor_options *o,
		  const struct common_options *common)
{
	uint64_t end = o->duration_ns ? clock_now() + o->duration_ns : UINT64_MAX;
	bool live = isatty(STDOUT_FILENO);
	bool table = !w->lines && !common->quiet && (live || !o->log);
	while (!stop_requested() && clock_now() < end && !w->log_failed) {
		struct pollfd fds[] = {
			{.fd = w->tick, .events = POLLIN},
			{.fd = stop_fd(), .events = POLLIN},
		};
		uint64_t left = MIN(end - clock_now(), NS_PER_S);
		if (poll(fds, ARRAY_LEN(fds), (int)(left / NS_PER_MS) + 1) <= 0 ||
		    !(fds[0].revents & POLLIN))
			continue;
		uint64_t n;
		if (read(w->tick, &n, sizeof(n)) < 0 || !table)
			continue;
		int status = show(w, live);
		if (status)
			return status;
	}
	return 0;
}

static void say_left_out(const struct monitor *m, struct arena *a)
{
	struct strings why = {0};
	monitor_why_not(m, &why, a);
	for (size_t i = 0; i < why.n; i++)
		(void)fprintf(stderr, "assay: not read: %s\n", why.items[i]);
}

static int watch_on(struct watch *w, struct monitor_spec *spec, const struct monitor_options *o,
		    const struct common_options *common, struct arena *a, struct err *e)
{
	struct monitor *m = NULL;
	struct metrics_endpoint *page = NULL;
	if (o->log && monitor_log_open(o->log, o->log_size, (int)o->log_keep, &w->log, e) < 0)
		return -1;
	if (o->listen && metrics_endpoint_start(o->listen, w->latest, &page, e) < 0)
		return -1;
	if (page)
		(void)fprintf(stderr, "assay: metrics on port %d at /metrics\n",
			      metrics_endpoint_port(page));
	if ((o->ui || o->ui_port >= 0) &&
	    live_page_start("monitor", "assay monitor", "auto",
			    o->ui_port < 0 ? 0 : (int)o->ui_port, NULL, &w->page, e) < 0) {
		(void)metrics_endpoint_stop(page);
		return -1;
	}
	if (w->page)
		(void)fprintf(stderr, "assay: live page: %s\n", live_page_url(w->page));
	spec->listener = (struct monitor_listener){on_reading, on_round, w};
	spec->no_series = true;
	int status = -1;
	if (monitor_start(spec, &m, e) == 0) {
		if (!common->quiet)
			say_left_out(m, a);
		status = follow(w, o, common);
		(void)monitor_stop(m, NULL);
	}
	w->page = live_page_end(w->page, NULL);
	(void)metrics_endpoint_stop(page);
	return status;
}

static int watch(struct monitor_spec *spec, const struct monitor_options *o,
		 const struct common_options *common, struct arena *a)
{
	struct err e;
	struct watch w = {
		.latest = latest_new(MAX(3 * spec->every_ns, 60 * NS_PER_S)),
		.lines = common->format == FORMAT_JSON,
		.wall_minus_mono_ns = clock_wall() - clock_now(),
		.tick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	buf_init(&w.text, (size_t)16 << 20);
	int status = w.latest && w.tick >= 0 ? watch_on(&w, spec, o, common, a, &e) :
		     err_set(&e, ERR_SYSTEM, "no memory or no more files to watch");
	if (status < 0)
		status = command_fail(&e);
	if (w.log && monitor_log_close(w.log, &e) < 0)
		status = command_fail(&e);
	(void)latest_free(w.latest);
	buf_release(&w.text);
	if (w.tick >= 0)
		(void)close(w.tick);
	return status;
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct monitor_options o = {0};
	struct monitor_spec spec;
	monitor_defaults(&spec);
	struct optset sets[] = {{.rows = own_options, .to = &o},
				{.rows = monitor_options, .to = &spec}};
	struct strings words = {0};
	struct err e;
	int status;
	if (command_begin(&command_monitor, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_monitor, &words, 0, 0)) != 0)
		return status;
	spec.fetch = cli_fetch;
	if (o.once + o.list + (o.parse != NULL) > 1) {
		(void)err_set(&e, ERR_USAGE, "--once, --parse and --list exclude each other");
		return command_fail(&e);
	}
	if (make_targets(&o, &spec, a, &e) < 0)
		return command_fail(&e);
	if (o.parse)
		return parse_file(o.parse, &common, a);
	if (o.list)
		return list_samplers(&spec, a);
	if (!o.once)
		return watch(&spec, &o, &common, a);
	CLEANUP(json_unref) json_t *now = monitor_once(&spec, &e);
	return now ? print_document(&common, now) : command_fail(&e);
}
