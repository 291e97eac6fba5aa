/* src/load/team_part.c - what a rank tells of its share of a run, as text.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/json.h"
#include "base/util.h"
#include "load/team.h"
#include "result/parts.h"
#include "result/reader.h"

static json_t *totals_to_json(const struct totals *t)
{
	json_t *j = json_object();
	json_put_int(j, "threads", t->threads);
	json_put_real(j, "peak", t->peak);
	json_put_real(j, "cpu_s", t->cpu_s);
	json_put_real(j, "busiest", t->busiest);
	json_put_real(j, "asked_rate", t->asked_rate);
	json_put_real(j, "achieved_rate", t->achieved_rate);
	json_put_int(j, "reads_stamped", (int64_t)t->reads_stamped);
	json_put_int(j, "reads_user", (int64_t)t->reads_user);
	if (t->window_ns != UINT64_MAX)
		json_put_int(j, "window_ns", (int64_t)t->window_ns);
	json_put_bool(j, "interrupted", t->interrupted);
	return j;
}

static void totals_from_json(struct reader *rd, const json_t *j, struct totals *t)
{
	*t = (struct totals){
		.threads = (int)reader_count(rd, j, "threads"),
		.peak = reader_real(rd, j, "peak"),
		.cpu_s = reader_real(rd, j, "cpu_s"),
		.busiest = reader_real(rd, j, "busiest"),
		.asked_rate = reader_real(rd, j, "asked_rate"),
		.achieved_rate = reader_real(rd, j, "achieved_rate"),
		.reads_stamped = reader_count(rd, j, "reads_stamped"),
		.reads_user = reader_count(rd, j, "reads_user"),
		.window_ns = json_object_get(j, "window_ns") ? reader_count(rd, j, "window_ns")
							      : UINT64_MAX,
		.interrupted = reader_bool(rd, j, "interrupted"),
	};
}

int team_part_write(const struct team_part *p, struct buf *out, struct err *e)
{
	json_building(true);
	CLEANUP(json_unref) json_t *j = json_object();
	json_put(j, "totals", totals_to_json(&p->totals));
	json_put(j, "host", run_host_to_json(&p->host));
	json_put(j, "meter", json_incref(p->measured));
	json_building(false);
	/* all digits: what is added up elsewhere must be what it is here */
	CLEANUP(free_ptr) char *text = json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(17));
	return text && buf_str(out, text) == 0 ? 0 :
	       err_set(e, ERR_SYSTEM, "no memory to tell what was measured");
}

int team_part_read(const char *text, size_t len, const struct meter_spec *spec, struct arena *a,
		   struct team_part *ret, struct err *e)
{
	struct reader rd = {.a = a, .e = e, .where = "a rank's part"};
	*ret = (struct team_part){0};
	CLEANUP(json_unref) json_t *j = json_read(text, len, JSON_DEPTH_MAX, e);
	if (!j)
		return -1;
	totals_from_json(&rd, reader_object(&rd, j, "totals"), &ret->totals);
	reader_run_host(&rd, reader_object(&rd, j, "host"), &ret->host);
	const json_t *meter = reader_object(&rd, j, "meter");
	if (rd.failed || !meter)
		return rd.failed ? -1 : 0;
	if (meter_new(spec, &ret->meter, e) != 0)
		return -1;
	if (meter_from_json(ret->meter, meter, a, e) == 0)
		return 0;
	ret->meter = meter_free(ret->meter);
	return -1;
}
