/* src/monitor/nvidia_smi.c - sampler nvidia-smi: GPUs where the library cannot be loaded.
 *
 * One long-lived process prints a line per GPU and period.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "monitor/child.h"
#include "monitor/device.h"
#include "monitor/npu_text.h"
#include "monitor/nvidia_text.h"
#include "monitor/sampler.h"

#define TIMEOUT_NS (10 * NS_PER_S)
#define QUERY \
	"--query-gpu=index,uuid,name,pci.bus_id,utilization.gpu,utilization.memory," \
	"memory.used,memory.total,temperature.gpu,power.draw,clocks.sm"

struct nvidia_smi {
	struct child child;
	uint64_t every_ns, timeout_ns, last_line_ns, not_before;
	json_t *first;
};

/* "[N/A]" and "[Not Supported]" are no numbers: unknown. */
bool nvidia_text_line(struct span line, struct capture *c)
{
	static const enum quantity numbers[] = {
		Q_UTILIZATION, Q_BANDWIDTH, Q_MEMORY_USED, Q_MEMORY_TOTAL, Q_TEMPERATURE, Q_POWER,
		Q_CLOCK,
	};
	struct span f[4 + ARRAY_LEN(numbers)];
	size_t n = 0;
	for (size_t from = 0; from <= line.len && n < ARRAY_LEN(f); n++) {
		const char *comma = memchr(line.data + from, ',', line.len - from);
		size_t to = comma ? (size_t)(comma - line.data) : line.len;
		f[n] = span_trim((struct span){line.data + from, to - from});
		from = to + 1;
	}
	if (n != ARRAY_LEN(f) || npu_whole(f[0]) < 0 || memchr(f[n - 1].data, ',', f[n - 1].len))
		return false;
	struct device *d = capture_add(c, "nvidia-smi");
	d->npu = npu_whole(f[0]);
	d->uuid = arena_strn(c->arena, f[1].data, f[1].len);
	d->name = arena_strn(c->arena, f[2].data, f[2].len);
	d->bus_id = arena_strn(c->arena, f[3].data, f[3].len);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		d->q[numbers[i]] = npu_number(f[4 + i]);
	return true;
}

static void nvidia_close(void *state)
{
	struct nvidia_smi *s = state;
	child_release(&s->child);
	json_decref(s->first);
	free(s);
}

static int nvidia_open(const struct monitor_spec *spec, void **ret_state, struct err *e)
{
	static const char *const argv[] = {"nvidia-smi", QUERY, "--format=csv,noheader,nounits",
					   NULL};
	struct nvidia_smi *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, ERR_SYSTEM, "no memory to watch GPUs");
	child_init(&s->child);
	s->every_ns = spec->every_ns ? spec->every_ns : NS_PER_S;
	s->timeout_ns = spec->tool_timeout_ns ? spec->tool_timeout_ns : TIMEOUT_NS;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct capture c;
	capture_init(&c, a);
	int rc = child_run(&s->child, argv, NULL, s->timeout_ns, e);
	struct span all = {s->child.out.data ? s->child.out.data : "", s->child.out.len};
	for (size_t at = 0; rc == 0 && at < all.len;) {
		const char *end = memchr(all.data + at, '\n', all.len - at);
		size_t n = end ? (size_t)(end - all.data) - at : all.len - at;
		(void)nvidia_text_line((struct span){all.data + at, n}, &c);
		at += n + 1;
	}
	if (rc == 0 && c.n == 0)
		rc = err_set(e, ERR_UNSUPPORTED, "nvidia-smi shows no GPU: %.*s",
			     (int)MIN(strcspn(all.data, "\n"), (size_t)200), all.data);
	if (rc < 0) {
		nvidia_close(s);
		return -1;
	}
	s->first = capture_to_json(&c);
	*ret_state = s;
	return 0;
}

static int nvidia_read(void *state, struct sink *out, struct err *e)
{
	struct nvidia_smi *s = state;
	uint64_t now = out->at_ns;
	if (s->child.fd >= 0 && now - s->last_line_ns > MAX(3 * s->every_ns, s->timeout_ns)) {
		child_end(&s->child);
		s->not_before = now + s->timeout_ns;
		return err_set(e, ERR_SYSTEM, "nvidia-smi stopped answering and was ended");
	}
	if (s->child.fd >= 0 || now < s->not_before)
		return 1;
	char period[24];
	(void)snprintf(period, sizeof(period), "%llu",
		       (unsigned long long)(s->every_ns / NS_PER_MS));
	const char *argv[] = {"nvidia-smi", QUERY, "--format=csv,noheader,nounits", "-lms",
			      period, NULL};
	s->last_line_ns = now;
	s->not_before = now + s->timeout_ns;	/* when it ends at once: not again and again */
	return child_start(&s->child, argv, NULL, e) < 0 ? -1 : 1;
}

static int nvidia_fd(void *state)
{
	struct nvidia_smi *s = state;
	return s->child.fd;
}

static int nvidia_take(void *state, struct sink *out, struct err *e)
{
	struct nvidia_smi *s = state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	int ended = child_feed(&s->child);
	int rc = 1;
	char *end;
	while (s->child.out.len && (end = memchr(s->child.out.data, '\n', s->child.out.len))) {
		size_t len = (size_t)(end - s->child.out.data);
		struct capture c;
		capture_init(&c, a);
		if (nvidia_text_line((struct span){s->child.out.data, len}, &c)) {
			s->last_line_ns = clock_now();
			device_to_sink(&c.devices[0], out);
			rc = 0;
		}
		buf_consume(&s->child.out, len + 1);
	}
	if (ended < 0)
		child_end(&s->child);
	return ended ? err_set(e, ERR_SYSTEM, "nvidia-smi ended by itself") : rc;
}

static json_t *nvidia_once(void *state, struct err *e)
{
	struct nvidia_smi *s = state;
	(void)e;
	return json_incref(s->first);
}

const struct sampler sampler_nvidia_smi = {
	.name = "nvidia-smi",
	.summary = "NVIDIA GPUs through the tool nvidia-smi",
	.covered_by = "nvml",
	.open = nvidia_open,
	.close = nvidia_close,
	.read = nvidia_read,
	.fd = nvidia_fd,
	.take = nvidia_take,
	.once = nvidia_once,
};
