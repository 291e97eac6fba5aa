/* src/serve/route_info.c - GET /health, /v1/models, /v1/audio/voices and /metrics.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "serve/routes.h"
#include "serve/server_parts.h"

#define METRICS_MAX ((size_t)1 << 20)

void model_name(struct server *s, char *out, size_t size)
{
	json_t *ready = pool_ready(s->spec.pool);
	const char *name = s->spec.model;
	if (!name)
		name = json_text(ready, "model", NULL);
	if (!name)
		name = json_text(ready, "name", s->spec.kind);
	(void)snprintf(out, size, "%s", name);
	json_decref(ready);
}

/* 200 only when a request sent now would find workers: of the service, and to decode with. */
int route_health(struct request *r)
{
	struct server *s = r->server;
	struct pool_state main;
	struct pool_state decoders = {.workers = 0};
	pool_state(s->spec.pool, &main);
	if (s->spec.decoders)
		pool_state(s->spec.decoders, &decoders);
	bool can = main.ready > 0 && (decoders.workers == 0 || decoders.ready > 0);
	bool all = main.ready == main.workers && decoders.ready == decoders.workers;
	bool stopping = atomic_load(&s->stopping);
	const char *status = stopping ? "stopping" : !can ? "unavailable" : all ? "ok" : "degraded";
	return reply_json(r, can && !stopping ? 200 : 503,
			  json_pack("{s:s, s:i, s:i}", "status", status, "workers",
				    (int)main.workers, "ready", (int)main.ready));
}

int route_models(struct request *r)
{
	char name[128];
	model_name(r->server, name, sizeof(name));
	return reply_json(r, 200, json_pack("{s:s, s:[{s:s, s:s, s:I, s:s}]}", "object", "list",
					    "data", "id", name, "object", "model", "created",
					    (json_int_t)(r->server->started_wall / NS_PER_S),
					    "owned_by", "assay"));
}

/* The speakers of a synthesiser, its default first. */
int route_voices(struct request *r)
{
	json_t *ready = pool_ready(r->server->spec.pool);
	json_t *speakers = json_object_get(ready, "speakers");
	json_t *list = json_is_array(speakers) ? json_deep_copy(speakers) : json_array();
	json_decref(ready);
	return reply_json(r, 200, json_pack("{s:o}", "voices", list));
}

static const char *route_label(size_t i)
{
	return routes[i].path;
}

static void put_pool(struct buf *b, const char *which, const struct pool_state *s)
{
	char name[80];
	const struct {
		const char *name, *type, *help;
		double value;
	} rows[] = {
		{"wanted", "gauge", "Worker processes wanted.", (double)s->workers},
		{"ready", "gauge", "Worker processes that are ready.", (double)s->ready},
		{"running", "gauge", "Requests that workers have.", (double)s->busy},
		{"waiting", "gauge", "Requests that wait for a worker.", (double)s->queued},
		{"restarts_total", "counter", "Worker processes started again.",
		 (double)s->restarts},
		{"kills_total", "counter", "Worker processes ended because they did not obey.",
		 (double)s->kills},
		{"refused_total", "counter", "Requests that found the queue full.",
		 (double)s->refused},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		(void)snprintf(name, sizeof(name), "assay_%s_%s", which, rows[i].name);
		metrics_put(b, name, rows[i].type, rows[i].help, rows[i].value);
	}
}

int route_metrics(struct request *r)
{
	struct server *s = r->server;
	struct buf b = BUF_INIT(METRICS_MAX);
	struct pool_state state;
	metrics_write(s->metrics, route_label, &b);
	pool_state(s->spec.pool, &state);
	put_pool(&b, "worker", &state);
	if (s->spec.decoders) {
		pool_state(s->spec.decoders, &state);
		put_pool(&b, "decoder", &state);
	}
	metrics_put(&b, "assay_requests_in_flight", "gauge", "Requests begun and not completed.",
		    (double)atomic_load(&s->running));
	metrics_put(&b, "assay_connections", "gauge", "Open connections.",
		    (double)conns_count(s->conns));
	metrics_put(&b, "assay_connections_timed_out_total", "counter",
		    "Connections closed because the client was too slow.",
		    (double)conns_closed(s->conns));
	metrics_put(&b, "assay_held_bytes", "gauge", "Bodies and media held for clients.",
		    (double)atomic_load(&s->held));
	metrics_process(&b);
	return reply_buf(r, 200, "text/plain; version=0.0.4; charset=utf-8", &b);
}
