/* src/serve/metrics.c - see metrics.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/metrics.h"

#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/util.h"

#define MAX_STATUSES 32

static const double bounds[] = {
	0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
};

struct row {
	unsigned status[MAX_STATUSES];
	uint64_t count[MAX_STATUSES];
	size_t n;
	uint64_t bucket[ARRAY_LEN(bounds) + 1];
	uint64_t total;
	double seconds;
};

struct metrics {
	pthread_mutex_t lock;
	uint64_t decode_failures;
	size_t n;
	struct row rows[];
};

struct metrics *metrics_new(size_t n_routes)
{
	struct metrics *m = calloc(1, sizeof(*m) + (n_routes + 1) * sizeof(m->rows[0]));
	if (!m)
		return NULL;
	(void)pthread_mutex_init(&m->lock, NULL);
	m->n = n_routes + 1;
	return m;
}

struct metrics *metrics_free(struct metrics *m)
{
	if (m)
		(void)pthread_mutex_destroy(&m->lock);
	free(m);
	return NULL;
}

void metrics_request(struct metrics *m, size_t route, unsigned status, uint64_t ns)
{
	double s = ns_to_s(ns);
	(void)pthread_mutex_lock(&m->lock);
	struct row *r = &m->rows[MIN(route, m->n - 1)];
	size_t i = 0;
	while (i < r->n && r->status[i] != status)
		i++;
	if (i == r->n && r->n < MAX_STATUSES)
		r->status[r->n++] = status;
	if (i < r->n)
		r->count[i]++;
	size_t b = 0;
	while (b < ARRAY_LEN(bounds) && s > bounds[b])
		b++;
	r->bucket[b]++;
	r->total++;
	r->seconds += s;
	(void)pthread_mutex_unlock(&m->lock);
}

void metrics_decode_failure(struct metrics *m)
{
	(void)pthread_mutex_lock(&m->lock);
	m->decode_failures++;
	(void)pthread_mutex_unlock(&m->lock);
}

void metrics_put(struct buf *out, const char *name, const char *type, const char *help,
		 double value)
{
	(void)buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, type, name,
		      value);
}

static void put_counts(const struct metrics *m, const char *(*name)(size_t i), struct buf *out)
{
	(void)buf_str(out,
		"# HELP assay_requests_total Requests by route and status; 0: the client "
			   "left before an answer.\n# TYPE assay_requests_total counter\n");
	for (size_t i = 0; i < m->n; i++)
		for (size_t k = 0; k < m->rows[i].n; k++)
			(void)buf_fmt(out,
				"assay_requests_total{route=\"%s\",status=\"%u\"} %llu\n",
				      i + 1 < m->n ? name(i) : "none", m->rows[i].status[k],
				      (unsigned long long)m->rows[i].count[k]);
}

static void put_latencies(const struct metrics *m, const char *(*name)(size_t i),
			  struct buf *out)
{
	static const char metric[] = "assay_request_duration_seconds";
	(void)buf_fmt(out, "# HELP %s From the request line to the end of the answer.\n"
		      "# TYPE %s histogram\n", metric, metric);
	for (size_t i = 0; i < m->n; i++) {
		const struct row *r = &m->rows[i];
		const char *label = i + 1 < m->n ? name(i) : "none";
		uint64_t sum = 0;
		if (r->total == 0)
			continue;
		for (size_t b = 0; b < ARRAY_LEN(bounds); b++) {
			sum += r->bucket[b];
			(void)buf_fmt(out, "%s_bucket{route=\"%s\",le=\"%g\"} %llu\n", metric,
				label,
				      bounds[b], (unsigned long long)sum);
		}
		(void)buf_fmt(out, "%s_bucket{route=\"%s\",le=\"+Inf\"} %llu\n"
			      "%s_sum{route=\"%s\"} %.9g\n%s_count{route=\"%s\"} %llu\n",
			      metric, label, (unsigned long long)r->total, metric, label,
				r->seconds,
			      metric, label, (unsigned long long)r->total);
	}
}

void metrics_write(struct metrics *m, const char *(*name)(size_t i), struct buf *out)
{
	(void)pthread_mutex_lock(&m->lock);
	put_counts(m, name, out);
	put_latencies(m, name, out);
	metrics_put(out, "assay_decode_failures_total", "counter",
		    "Uploads that could not be decoded.", (double)m->decode_failures);
	(void)pthread_mutex_unlock(&m->lock);
}

static double resident_bytes(void)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(4096);
	struct err e;
	unsigned long long pages = 0;
	if (file_read("/proc/self/statm", &b, &e) < 0 ||
	    sscanf(b.data, "%*u %llu", &pages) != 1)
		return -1;
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	double n = 0;
	if (!dir)
		return -1;
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n - 3;	/* ".", ".." and the folder itself */
}

void metrics_process(struct buf *out)
{
	double rss = resident_bytes();
	double files = open_files();
	if (rss >= 0)
		metrics_put(out, "process_resident_memory_bytes", "gauge",
			    "Resident memory of the server, workers not included.", rss);
	if (files >= 0)
		metrics_put(out, "process_open_fds", "gauge", "Open file descriptors.", files);
	metrics_put(out, "process_cpu_seconds_total", "counter", "CPU time of the server.",
		    ns_to_s(clock_process_cpu()));
}
