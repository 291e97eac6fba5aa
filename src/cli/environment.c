/* src/cli/environment.c - see environment.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/environment.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "client/client.h"
#include "monitor/monitor.h"

#define ASK_NS (2 * NS_PER_S)
#define VERSION_MAX 65536

/* "uvicorn, version 0.9.1", of the Server header and of what vLLM and others say at /version. */
static void put_server(json_t *to, const struct service *sv)
{
	struct client *client = NULL;
	struct get_reply reply = {0};
	struct err e;
	CLEANUP(buf_release) struct buf body = BUF_INIT(VERSION_MAX);
	CLEANUP(json_unref) json_t *j = NULL;
	char text[200];
	if (!sv->url || strncmp(sv->url, "http", 4) != 0 || client_new(sv, &client, &e) < 0)
		return;
	if (client_get(client, "/version", ASK_NS, &body, &reply, &e) == 0 &&
	    reply.status == 200 && body.len > 0)
		j = json_read(body.data, body.len, JSON_DEPTH_MAX, NULL);
	char version[64];
	str_cut_copy(version, sizeof(version), j ? json_text(j, "version", "") : "");
	(void)snprintf(text, sizeof(text), "%s%s%s%s", reply.server,
		       *version && *reply.server ? ", " : "", *version ? "version " : "", version);
	json_put_text(to, "server", *text ? text : NULL);
	(void)client_free(client);
}

json_t *environment_of(const struct plan *p)
{
	json_t *env = monitor_environment();
	json_t *services = json_object();
	if (!env)
		env = json_object();
	for (size_t i = 0; i < p->n_services; i++) {
		const struct service *sv = &p->services[i];
		json_t *one = json_object();
		put_server(one, sv);
		json_put_text(one, "url", sv->url);
		json_put_text(one, "model", sv->model);
		json_put_text(one, "protocol", sv->protocol_name);
		json_put(services, sv->name, one);
	}
	json_put(env, "services", services);
	json_put_text(env, "plan_sha256", p->sha256);
	return env;
}
