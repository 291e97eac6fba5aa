/* src/monitor/nvml.c - sampler nvml: NVIDIA GPUs through libnvidia-ml.so.1 (own declarations).
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "monitor/device.h"
#include "monitor/library.h"
#include "monitor/sampler.h"

#define DEVICES_MAX 64
#define PROCESSES_MAX 128
#define SLOW_EVERY_NS (10 * NS_PER_S)

struct nvml_device;

struct nvml_memory {
	unsigned long long total, free, used;
};

struct nvml_rates {
	unsigned gpu, memory;
};

struct nvml_process {
	unsigned pid;
	unsigned long long bytes;
	unsigned gpu_instance, compute_instance;
};

struct nvml {
	int (*init)(void);
	int (*shutdown)(void);
	const char *(*error)(int);
	int (*driver)(char *, unsigned);
	int (*count)(unsigned *);
	int (*handle)(unsigned, struct nvml_device **);
	int (*name)(struct nvml_device *, char *, unsigned);
	int (*uuid)(struct nvml_device *, char *, unsigned);
	int (*memory)(struct nvml_device *, struct nvml_memory *);
	int (*rates)(struct nvml_device *, struct nvml_rates *);
	int (*temperature)(struct nvml_device *, int, unsigned *);
	int (*power)(struct nvml_device *, unsigned *);
	int (*limit)(struct nvml_device *, unsigned *);
	int (*clock)(struct nvml_device *, int, unsigned *);
	int (*processes)(struct nvml_device *, unsigned *, struct nvml_process *);
	int (*ecc)(struct nvml_device *, int, int, unsigned long long *);
	struct nvml_device *items[DEVICES_MAX];
	char names[DEVICES_MAX][96], uuids[DEVICES_MAX][96], driver_version[96];
	size_t n;
	uint64_t slow_next;
};

static int load(struct nvml *s, struct err *e)
{
	static const char *const names[] = {"libnvidia-ml.so.1", "libnvidia-ml.so", NULL};
	void *library = library_open("ASSAY_LIBNVML", names, "libnvidia-ml.so.1", e);
	if (!library)
		return -1;
	const struct {
		const char *name;
		void *to;
		bool needed;
	} rows[] = {
		{"nvmlInit_v2", &s->init, true},
		{"nvmlDeviceGetCount_v2", &s->count, true},
		{"nvmlDeviceGetHandleByIndex_v2", &s->handle, true},
		{"nvmlShutdown", &s->shutdown, false},
		{"nvmlErrorString", &s->error, false},
		{"nvmlSystemGetDriverVersion", &s->driver, false},
		{"nvmlDeviceGetName", &s->name, false},
		{"nvmlDeviceGetUUID", &s->uuid, false},
		{"nvmlDeviceGetMemoryInfo", &s->memory, false},
		{"nvmlDeviceGetUtilizationRates", &s->rates, false},
		{"nvmlDeviceGetTemperature", &s->temperature, false},
		{"nvmlDeviceGetPowerUsage", &s->power, false},
		{"nvmlDeviceGetPowerManagementLimit", &s->limit, false},
		{"nvmlDeviceGetClockInfo", &s->clock, false},
		{"nvmlDeviceGetComputeRunningProcesses_v3", &s->processes, false},
		{"nvmlDeviceGetTotalEccErrors", &s->ecc, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!library_find(library, rows[i].name, rows[i].to) && rows[i].needed)
			return err_set(e, ERR_UNSUPPORTED, "libnvidia-ml.so.1 lacks %s; is it "
				       "NVIDIA's?", rows[i].name);
	return 0;
}

static int nvml_err(const struct nvml *s, const char *what, int rc, struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED, "NVML: %s: %s (%d)", what,
		       s->error ? s->error(rc) : "error", rc);
}

static int list_devices(struct nvml *s, struct err *e)
{
	unsigned n = 0;
	int rc = s->init();
	if (rc != 0)
		return nvml_err(s, "cannot start", rc, e);
	rc = s->count(&n);
	if (rc != 0)
		return nvml_err(s, "cannot count devices", rc, e);
	for (unsigned i = 0; i < MIN(n, (unsigned)DEVICES_MAX); i++) {
		if (s->handle(i, &s->items[s->n]) != 0)
			s->items[s->n] = NULL;	/* lost: stays in the list without readings */
		struct nvml_device *h = s->items[s->n];
		if (h && s->name && s->name(h, s->names[s->n], 95) != 0)
			s->names[s->n][0] = '\0';
		if (h && s->uuid && s->uuid(h, s->uuids[s->n], 95) != 0)
			s->uuids[s->n][0] = '\0';
		s->n++;
	}
	if (s->driver && s->driver(s->driver_version, 95) != 0)
		s->driver_version[0] = '\0';
	return s->n ? 0 : err_set(e, ERR_UNSUPPORTED, "NVML knows no GPU on this machine");
}

static void nvml_close(void *state)
{
	struct nvml *s = state;
	if (s->shutdown)
		(void)s->shutdown();
	free(s);
}

static int nvml_open(const struct monitor_spec *spec, void **ret_state, struct err *e)
{
	(void)spec;
	struct nvml *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, ERR_SYSTEM, "no memory to watch GPUs");
	if (load(s, e) < 0) {
		free(s);
		return -1;
	}
	if (list_devices(s, e) < 0) {
		nvml_close(s);
		return -1;
	}
	*ret_state = s;
	return 0;
}

static void read_fast(const struct nvml *s, struct nvml_device *h, struct device *d)
{
	struct nvml_memory memory;
	struct nvml_rates rates;
	unsigned v;
	enum { CLOCK_SM = 1, CLOCK_MEMORY = 2 };
	if (s->memory && s->memory(h, &memory) == 0 && memory.total > 0) {
		d->q[Q_MEMORY_USED] = (double)memory.used / 1048576;
		d->q[Q_MEMORY_TOTAL] = (double)memory.total / 1048576;
	}
	if (s->rates && s->rates(h, &rates) == 0 && rates.gpu <= 100 && rates.memory <= 100) {
		d->q[Q_UTILIZATION] = rates.gpu;
		d->q[Q_BANDWIDTH] = rates.memory;
	}
	if (s->temperature && s->temperature(h, 0, &v) == 0)
		d->q[Q_TEMPERATURE] = v;
	if (s->power && s->power(h, &v) == 0)
		d->q[Q_POWER] = v / 1000.0;
	if (s->clock && s->clock(h, CLOCK_SM, &v) == 0)
		d->q[Q_CLOCK] = v;
	if (s->clock && s->clock(h, CLOCK_MEMORY, &v) == 0)
		d->q[Q_MEMORY_CLOCK] = v;
}

static void read_slow(const struct nvml *s, struct nvml_device *h, struct device *d,
		      struct arena *a)
{
	struct nvml_process list[PROCESSES_MAX];
	unsigned n = PROCESSES_MAX;
	unsigned v;
	unsigned long long count;
	if (s->limit && s->limit(h, &v) == 0)
		d->q[Q_POWER_LIMIT] = v / 1000.0;
	if (s->ecc && s->ecc(h, 0, 0, &count) == 0)
		d->q[Q_ECC_HBM_SINGLE] = (double)count;
	if (s->ecc && s->ecc(h, 1, 0, &count) == 0)
		d->q[Q_ECC_HBM_DOUBLE] = (double)count;
	if (!s->processes || s->processes(h, &n, list) != 0)
		return;
	d->processes_known = true;
	for (unsigned i = 0; i < MIN(n, (unsigned)PROCESSES_MAX); i++)
		*ARENA_ADD(a, d->processes, d->n_processes) = (struct device_process){
			.pid = list[i].pid, .container_pid = -1,
			.memory_mb = list[i].bytes == ~0ull ? NAN :
				     (double)list[i].bytes / 1048576,
		};
}

static void read_gpu(const struct nvml *s, size_t i, bool slow, struct capture *c)
{
	struct device *d = capture_add(c, "nvml");
	d->npu = (int64_t)i;
	d->name = *s->names[i] ? s->names[i] : NULL;
	d->uuid = *s->uuids[i] ? s->uuids[i] : NULL;
	if (!s->items[i])
		return;
	read_fast(s, s->items[i], d);
	if (slow)
		read_slow(s, s->items[i], d, c->arena);
}

static int nvml_read(void *state, struct sink *out, struct err *e)
{
	struct nvml *s = state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct capture c;
	capture_init(&c, a);
	bool slow = out->at_ns >= s->slow_next;
	if (slow)
		s->slow_next = out->at_ns + SLOW_EVERY_NS;
	int rc = 0;
	for (size_t i = 0; i < s->n; i++) {
		out->at_ns = clock_now();
		read_gpu(s, i, slow, &c);
		if (isnan(c.devices[i].q[Q_MEMORY_TOTAL]))
			rc = err_set(e, ERR_DATA, "NVML has no reading of gpu %zu any more", i);
		device_to_sink(&c.devices[i], out);
	}
	return rc;
}

static json_t *nvml_once(void *state, struct err *e)
{
	struct nvml *s = state;
	(void)e;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct capture c;
	capture_init(&c, a);
	for (size_t i = 0; i < s->n; i++)
		read_gpu(s, i, true, &c);
	c.driver_version = *s->driver_version ? s->driver_version : NULL;
	return capture_to_json(&c);
}

const struct sampler sampler_nvml = {
	.name = "nvml",
	.summary = "NVIDIA GPUs through the library libnvidia-ml.so.1",
	.open = nvml_open,
	.close = nvml_close,
	.read = nvml_read,
	.once = nvml_once,
};
