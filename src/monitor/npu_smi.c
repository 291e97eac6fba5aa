/* src/monitor/npu_smi.c - sampler npu-smi: the vendor's tool, never two at once.
 *
 * Where `npu-smi info watch` serves, one long-lived watch gives the readings and is put aside
 * every half minute for `npu-smi info` (memory in MB, processes, health). Where it does not,
 * `npu-smi info` is run again and again, for at most a quarter of the time.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "monitor/child.h"
#include "monitor/npu_text.h"
#include "monitor/sampler.h"

#define TIMEOUT_NS (10 * NS_PER_S)
#define INFO_EVERY_NS (30 * NS_PER_S)

enum mode { MODE_IDLE, MODE_INFO, MODE_WATCH };

struct npu_smi {
	struct child child;
	enum mode mode;
	char program[PATH_MAX];
	const char *env[2];	/* {NULL}, or LD_LIBRARY_PATH=… */
	char library_path[PATH_MAX];
	uint64_t every_ns, timeout_ns;
	uint64_t info_next;
	bool watch_serves;
	struct watch_columns columns;
	uint64_t last_line_ns;
	json_t *first;		/* what the first call said */
};

static const char driver_libraries[] =
	"/usr/local/Ascend/driver/lib64:/usr/local/Ascend/driver/lib64/common:"
	"/usr/local/Ascend/driver/lib64/driver";

static void npu_smi_close(void *state)
{
	struct npu_smi *s = state;
	child_release(&s->child);
	json_decref(s->first);
	free(s);
}

/* Why a call gave no device. */
static int call_err(const struct npu_smi *s, const struct capture *c, struct err *e)
{
	int status = s->child.status;
	int code = c->error_code;
	if (!code && status >= 0 && WIFEXITED(status))
		code = npu_text_code_of_status(WEXITSTATUS(status));
	char number[32] = "";
	if (code)
		(void)snprintf(number, sizeof(number), " (%d)", code);
	return err_set(e, ERR_UNSUPPORTED, "npu-smi: %s%s; %s",
		       c->error ? c->error : "no device in its output", number,
		       c->advice ? c->advice : "assay doctor looks further");
}

static int run_info(struct npu_smi *s, struct capture *ret, struct err *e)
{
	const char *argv[] = {s->program, "info", NULL};
	if (child_run(&s->child, argv, s->env, s->timeout_ns, e) < 0)
		return -1;
	npu_text_parse(s->child.out.data, s->child.out.len, ret);
	bool loader = ret->error && strstr(ret->error, "error while loading shared libraries");
	if (ret->n == 0 && loader && !s->env[0]) {
		const char *old = getenv("LD_LIBRARY_PATH");
		(void)snprintf(s->library_path, sizeof(s->library_path), "LD_LIBRARY_PATH=%s%s%s",
			       driver_libraries, old && *old ? ":" : "", old ? old : "");
		s->env[0] = s->library_path;
		capture_init(ret, ret->arena);
		return run_info(s, ret, e);
	}
	return ret->n ? 0 : call_err(s, ret, e);
}

/* In PATH, else where the driver's package puts it. */
static void find_program(struct npu_smi *s)
{
	static const char *const folders[] = {"/usr/local/bin", "/usr/local/sbin"};
	(void)snprintf(s->program, sizeof(s->program), "npu-smi");
	const char *path = getenv("PATH");
	for (const char *at = path; at && *at;) {
		char full[PATH_MAX];
		size_t len = strcspn(at, ":");
		(void)snprintf(full, sizeof(full), "%.*s/npu-smi", (int)len, at);
		if (access(full, X_OK) == 0)
			return;
		at += len + (at[len] == ':');
	}
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		char full[64];
		(void)snprintf(full, sizeof(full), "%s/npu-smi", folders[i]);
		if (access(full, X_OK) == 0)
			(void)snprintf(s->program, sizeof(s->program), "%s", full);
	}
}

static int npu_smi_open(const struct monitor_spec *spec, void **ret_state, struct err *e)
{
	struct npu_smi *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, ERR_SYSTEM, "no memory to watch NPUs");
	child_init(&s->child);
	find_program(s);
	s->every_ns = spec->every_ns ? spec->every_ns : NS_PER_S;
	s->timeout_ns = spec->tool_timeout_ns ? spec->tool_timeout_ns : TIMEOUT_NS;
	s->watch_serves = true;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct capture c;
	capture_init(&c, a);
	if (run_info(s, &c, e) < 0) {
		npu_smi_close(s);
		return -1;
	}
	s->first = capture_to_json(&c);
	*ret_state = s;
	return 0;
}

static int start_info(struct npu_smi *s, struct err *e)
{
	const char *argv[] = {s->program, "info", NULL};
	if (child_start(&s->child, argv, s->env, e) < 0)
		return -1;
	s->mode = MODE_INFO;
	return 1;
}

static int start_watch(struct npu_smi *s, struct err *e)
{
	char seconds[16];
	uint64_t every = MAX(s->every_ns / NS_PER_S, (uint64_t)1);
	(void)snprintf(seconds, sizeof(seconds), "%u", (unsigned)MIN(every, (uint64_t)100));
	const char *argv[] = {s->program, "info", "watch", "-d", seconds, NULL};
	if (child_start(&s->child, argv, s->env, e) < 0)
		return -1;
	s->mode = MODE_WATCH;
	s->columns = (struct watch_columns){.n = 0};
	s->last_line_ns = clock_now();
	return 1;
}

/* A watch that ends or says nothing: this version, or this product, has none. */
static void give_up_watch(struct npu_smi *s)
{
	child_end(&s->child);
	s->mode = MODE_IDLE;
	s->watch_serves = false;
	s->info_next = 0;	/* now by info alone */
}

static int npu_smi_read(void *state, struct sink *out, struct err *e)
{
	struct npu_smi *s = state;
	uint64_t now = out->at_ns;
	if (s->mode == MODE_INFO && now - s->child.started_ns > s->timeout_ns) {
		child_end(&s->child);
		s->mode = MODE_IDLE;
		s->info_next = now + s->timeout_ns;
		return err_set(e, ERR_SYSTEM, "npu-smi info did not answer within %.3g s",
			       ns_to_s(s->timeout_ns));
	}
	if (s->mode == MODE_WATCH && now - s->last_line_ns > MAX(3 * s->every_ns, s->timeout_ns))
		give_up_watch(s);
	if (s->mode == MODE_WATCH && now >= s->info_next) {
		child_end(&s->child);
		s->mode = MODE_IDLE;
	}
	if (s->mode != MODE_IDLE)
		return 1;
	if (now >= s->info_next)
		return start_info(s, e);
	return s->watch_serves ? start_watch(s, e) : 1;
}

static int npu_smi_fd(void *state)
{
	struct npu_smi *s = state;
	return s->mode == MODE_IDLE ? -1 : s->child.fd;
}

static int take_info(struct npu_smi *s, struct sink *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct capture c;
	uint64_t now = clock_now();
	uint64_t took = now - s->child.started_ns;
	capture_init(&c, a);
	npu_text_parse(s->child.out.data, s->child.out.len, &c);
	s->mode = MODE_IDLE;
	s->info_next = now + (s->watch_serves ? INFO_EVERY_NS : 3 * took);
	sink_add(out, "npu-smi", "duration", "s", ns_to_s(took));
	if (c.n == 0)
		return call_err(s, &c, e);
	for (size_t i = 0; i < c.n; i++)
		device_to_sink(&c.devices[i], out);
	return s->watch_serves && start_watch(s, e) < 0 ? -1 : 0;
}

static int take_watch(struct npu_smi *s, struct sink *out)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	char *end;
	int rc = 1;
	while (s->child.out.len && (end = memchr(s->child.out.data, '\n', s->child.out.len))) {
		size_t len = (size_t)(end - s->child.out.data);
		struct capture c;
		capture_init(&c, a);
		struct span line = span_trim((struct span){s->child.out.data, len});
		if (npu_text_watch_line(line.data, line.len, &s->columns, &c) && c.n) {
			s->last_line_ns = clock_now();
			device_to_sink(&c.devices[0], out);
			rc = 0;
		}
		buf_consume(&s->child.out, len + 1);
	}
	return rc;
}

static int npu_smi_take(void *state, struct sink *out, struct err *e)
{
	struct npu_smi *s = state;
	int rc = child_feed(&s->child);
	if (s->mode == MODE_INFO && rc == 1)
		return take_info(s, out, e);
	int said = s->mode == MODE_WATCH ? take_watch(s, out) : 1;
	if (rc < 0 || (s->mode == MODE_WATCH && rc == 1))
		give_up_watch(s);
	return said;
}

static json_t *npu_smi_once(void *state, struct err *e)
{
	struct npu_smi *s = state;
	(void)e;
	return json_incref(s->first);
}

const struct sampler sampler_npu_smi = {
	.name = "npu-smi",
	.summary = "Ascend NPUs through the tool npu-smi",
	.covered_by = "dcmi",
	.open = npu_smi_open,
	.close = npu_smi_close,
	.read = npu_smi_read,
	.fd = npu_smi_fd,
	.take = npu_smi_take,
	.once = npu_smi_once,
};
