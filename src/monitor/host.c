/* src/monitor/host.c - sampler host: CPU, memory, load and network of this machine from /proc.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "monitor/proc.h"
#include "monitor/sampler.h"

#define CPUS_MAX 4096

struct cpu_times {
	uint64_t busy, all, steal;	/* ticks */
};

struct host {
	const char *root;
	char *text;		/* kept between rounds */
	size_t room;
	struct cpu_times *before, *now;	/* [0] is all CPUs together, [1 + i] CPU i */
	size_t n_before, n_now;
	uint64_t net_at;
	double net_rx, net_tx;	/* bytes so far; NaN: not known */
};

static void host_close(void *state)
{
	struct host *h = state;
	if (!h)
		return;
	free(h->text);
	free(h->before);
	free(h->now);
	free(h);
}

static int host_open(const struct monitor_spec *spec, void **ret_state, struct err *e)
{
	char text[64];
	if (proc_read(spec->root, text, sizeof(text), "/proc/stat") < 0)
		return err_sys(e, "cannot read /proc/stat");
	struct host *h = calloc(1, sizeof(*h));
	if (h) {
		h->before = calloc(CPUS_MAX + 1, sizeof(*h->before));
		h->now = calloc(CPUS_MAX + 1, sizeof(*h->now));
	}
	if (!h || !h->before || !h->now) {
		host_close(h);
		return err_set(e, ERR_SYSTEM, "no memory to watch the host");
	}
	h->root = spec->root;
	h->net_rx = h->net_tx = NAN;
	*ret_state = h;
	return 0;
}

/* "cpu0 user nice system idle iowait irq softirq steal …" after the word. */
static bool parse_cpu(const char *at, struct cpu_times *ret)
{
	unsigned long long v[8] = {0};
	int n = sscanf(at, "%llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2], &v[3],
		       &v[4], &v[5], &v[6], &v[7]);
	if (n < 4)
		return false;
	ret->all = 0;
	for (int i = 0; i < 8; i++)
		ret->all += v[i];
	ret->busy = ret->all - v[3] - v[4];	/* all but idle and waiting for disks */
	ret->steal = v[7];
	return true;
}

static size_t parse_cpus(const char *text, struct cpu_times *out)
{
	size_t n = 0;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "cpu", 3) != 0)
			break;
		const char *at = line + 3 + strcspn(line + 3, " ");
		if (n <= CPUS_MAX && parse_cpu(at, &out[n]))
			n++;
	}
	return n;
}

/* Share in percent of what passed between two readings; NaN when nothing passed. */
static double share(uint64_t part, uint64_t part_before, uint64_t all, uint64_t all_before)
{
	if (all <= all_before || part < part_before)
		return NAN;
	return 100.0 * (double)(part - part_before) / (double)(all - all_before);
}

static int read_cpu(struct host *h, struct sink *out, struct err *e)
{
	if (proc_read_all(h->root, &h->text, &h->room, "/proc/stat") < 0)
		return err_sys(e, "cannot read /proc/stat");
	h->n_now = parse_cpus(h->text, h->now);
	if (h->n_now == 0)
		return err_set(e, ERR_DATA, "/proc/stat has no line 'cpu'");
	if (h->n_before == h->n_now) {	/* a CPU that came or went: the next round will do */
		const struct cpu_times *b = h->before;
		const struct cpu_times *n = h->now;
		double busiest = NAN;
		for (size_t i = 1; i < h->n_now; i++)
			busiest = fmax(busiest,
				       share(n[i].busy, b[i].busy, n[i].all, b[i].all));
		sink_add(out, "host", "cpu", "%",
			 share(n[0].busy, b[0].busy, n[0].all, b[0].all));
		sink_add(out, "host", "cpu_busiest", "%", busiest);
		sink_add(out, "host", "cpu_steal", "%",
			 share(n[0].steal, b[0].steal, n[0].all, b[0].all));
	}
	struct cpu_times *spare = h->before;
	h->before = h->now;
	h->now = spare;
	h->n_before = h->n_now;
	return 0;
}

static void read_memory(struct host *h, struct sink *out)
{
	char text[4096];
	if (proc_read(h->root, text, sizeof(text), "/proc/meminfo") < 0)
		return;
	double total = proc_value(text, "MemTotal:") * 1024;
	sink_add(out, "host", "memory_used", "B",
		 total - proc_value(text, "MemAvailable:") * 1024);
	sink_add(out, "host", "memory_total", "B", total);
	sink_add(out, "host", "swap_used", "B",
		 (proc_value(text, "SwapTotal:") - proc_value(text, "SwapFree:")) * 1024);
}

static void read_load(struct host *h, struct sink *out)
{
	char text[128];
	double load;
	if (proc_read(h->root, text, sizeof(text), "/proc/loadavg") >= 0 &&
	    sscanf(text, "%lf", &load) == 1)
		sink_add(out, "host", "load1", "count", load);
}

/* Bytes of all interfaces; "lo" is left out: no wire carries them. */
static bool sum_net(const char *text, double *ret_rx, double *ret_tx)
{
	bool any = false;
	*ret_rx = *ret_tx = 0;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *colon = strchr(line, ':');
		const char *end = strchr(line, '\n');
		unsigned long long rx, tx;
		if (!colon || (end && colon > end))
			continue;
		line += strspn(line, " ");
		if (strncmp(line, "lo:", 3) == 0 ||
		    sscanf(colon + 1, "%llu %*u %*u %*u %*u %*u %*u %*u %llu", &rx, &tx) != 2)
			continue;
		*ret_rx += (double)rx;
		*ret_tx += (double)tx;
		any = true;
	}
	return any;
}

static void read_net(struct host *h, struct sink *out)
{
	double rx, tx;
	if (proc_read_all(h->root, &h->text, &h->room, "/proc/net/dev") < 0 ||
	    !sum_net(h->text, &rx, &tx)) {
		h->net_rx = NAN;
		return;
	}
	double seconds = ns_to_s(out->at_ns - h->net_at);
	/* A counter that fell: an interface went away; that round is not known. */
	if (!isnan(h->net_rx) && seconds > 0 && rx >= h->net_rx && tx >= h->net_tx) {
		sink_add(out, "host", "network_received", "B/s", (rx - h->net_rx) / seconds);
		sink_add(out, "host", "network_sent", "B/s", (tx - h->net_tx) / seconds);
	}
	h->net_rx = rx;
	h->net_tx = tx;
	h->net_at = out->at_ns;
}

static int host_read(void *state, struct sink *out, struct err *e)
{
	struct host *h = state;
	int rc = read_cpu(h, out, e);
	read_memory(h, out);
	read_load(h, out);
	read_net(h, out);
	return rc;
}

const struct sampler sampler_host = {
	.name = "host",
	.summary = "CPU, memory, load and network of this machine (/proc)",
	.open = host_open,
	.close = host_close,
	.read = host_read,
};
