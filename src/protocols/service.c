/* src/protocols/service.c - the keys of a service block and how they are read.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/service.h"

#include "base/json.h"
#include "protocols/service_parts.h"

static const char *const balances[] = {"round_robin", "least_open", NULL};
static const char *const kinds[] = {"asr", "tts", "chat"};

/* The struct service that a row's field lies in. */
static struct service *service_of(const struct opt *o, void *field)
{
	return (struct service *)((char *)field - o->offset);
}

static const struct opt tls_options[] = {
	{.name = "ca", OPT_AT_STRING(struct service, tls_ca), .arg = "FILE",
	 .help = "certificates (PEM) that the service's is checked against"},
	{.name = "cert", OPT_AT_STRING(struct service, tls_cert), .arg = "FILE",
	 .help = "own certificate (PEM) for services that ask for one"},
	{.name = "key", OPT_AT_STRING(struct service, tls_key), .arg = "FILE",
	 .help = "key (PEM) of cert"},
	{.name = "verify", OPT_AT_BOOL(struct service, tls_verify), .def = "true",
	 .help = "check the service's certificate and name"},
	{0},
};

static int parse_tls(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e)
{
	struct optset set = {tls_options, service_of(o, field), 0};
	return opt_from_yaml(&set, node, "tls", a, e);
}

static json_t *echo_tls(const void *field)
{
	const char *s = (const char *)field - offsetof(struct service, tls_ca);
	return opt_echo(tls_options, s);
}

static int parse_map(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e)
{
	(void)a;
	json_t **to = field;
	if (node->kind != YAML_MAP)
		return yaml_err(e, node, "%s must be a map of keys and values", o->name);
	json_t *j = yaml_to_json(node);
	if (!j)
		return yaml_err(e, node, "%s: no memory to hold it", o->name);
	json_decref(*to);
	*to = j;
	return 0;
}

/* Header values: words only, as they are written (a number stays what it looks like). */
static int parse_headers(const struct opt *o, const struct yaml_node *node, struct arena *a,
			 void *field, struct err *e)
{
	(void)a;
	json_t **to = field;
	if (node->kind != YAML_MAP)
		return yaml_err(e, node, "%s must be a map of names and values", o->name);
	json_t *all = json_object();
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *v = node->pairs[i].value;
		if (v->kind != YAML_SCALAR) {
			json_decref(all);
			return yaml_err(e, v, "the header '%s' must be one value",
					node->pairs[i].key);
		}
		json_put_text(all, node->pairs[i].key, v->text);
	}
	json_decref(*to);
	*to = all;
	return 0;
}

static json_t *echo_json(const void *field)
{
	json_t *const *j = field;
	return json_incref(*j);
}

static int parse_kind(const struct opt *o, const struct yaml_node *node, struct arena *a,
		      void *field, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (node->kind == YAML_SCALAR && strcmp(node->text, kinds[i]) == 0) {
			*(const char **)field = arena_str(a, node->text);
			return 0;
		}
	}
	return yaml_err(e, node, "%s must be asr, tts or chat", o->name);
}

static json_t *echo_text(const void *field)
{
	const char *const *text = field;
	return *text ? json_string(*text) : NULL;
}

/* Kept as read: what it does not say is the service's own, which is not known yet. */
static int parse_reference(const struct opt *o, const struct yaml_node *node, struct arena *a,
			   void *field, struct err *e)
{
	struct service *s = service_of(o, field);
	if (node->kind != YAML_MAP || (!yaml_find(node, "url") && !yaml_find(node, "urls") &&
				       !yaml_find(node, "answers")))
		return yaml_err(e, node, "%s needs {url: …}, or {answers: FOLDER} with what "
				"'assay accuracy --record' left there", o->name);
	const struct yaml_node *answers = yaml_find(node, "answers");
	s->reference_node = node;
	s->reference_answers = NULL;
	if (!answers)
		return 0;
	if (answers->kind != YAML_SCALAR)
		return yaml_err(e, answers, "answers must be the name of a folder");
	if (node->n > 1)
		return yaml_err(e, node, "answers stands alone: they were recorded with all that "
				"belongs to them");
	s->reference_node = NULL;
	s->reference_answers = arena_str(a, answers->text);
	return 0;
}

static json_t *echo_reference(const void *field)
{
	const struct service *s = (const void *)((const char *)field -
						 offsetof(struct service, reference));
	if (s->reference_answers)
		return json_pack("{s:s}", "answers", s->reference_answers);
	return s->reference ? opt_echo(service_options, s->reference) : NULL;
}

static int parse_own(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e)
{
	(void)a;
	if (node->kind != YAML_MAP)
		return yaml_err(e, node, "%s must be a map of keys and values", o->name);
	*(const struct yaml_node **)field = node;
	return 0;
}

static json_t *echo_own(const void *field)
{
	const struct service *s = (const void *)((const char *)field -
						 offsetof(struct service, protocol_keys));
	return json_incref(s->protocol_options);
}

const struct opt service_options[] = {
	{.name = "protocol", OPT_AT_STRING(struct service, protocol_name), .arg = "NAME",
	 .help = "what the service speaks (default: by kind and URL)"},
	{.name = "kind", OPT_AT_NODE(struct service, kind), .arg = "asr|tts|chat",
	 .help = "what the service does (default: as the protocol says)", .parse = parse_kind,
	 .echo = echo_text},
	{.name = "url", OPT_AT_STRING(struct service, url), .arg = "URL",
	 .help = "the full route; for openai-* the base that ends in /v1"},
	{.name = "urls", OPT_AT_STRINGS(struct service, urls), .arg = "URL",
	 .help = "several replicas of one service"},
	{.name = "balance", OPT_AT_CHOICE(struct service, balance), .choices = balances,
	 .def = "round_robin", .help = "which replica gets the next request"},
	{.name = "model", OPT_AT_STRING(struct service, model), .arg = "NAME",
	 .help = "name of the model, where the protocol sends one"},
	{.name = "api_key_env", OPT_AT_STRING(struct service, api_key_env), .arg = "NAME",
	 .help = "environment variable that holds the API key"},
	{.name = "headers", OPT_AT_NODE(struct service, headers), .arg = "{NAME: VALUE}",
	 .help = "further HTTP headers of every request", .flags = OPT_SECRET,
	 .parse = parse_headers},
	{.name = "tls", OPT_AT_NODE(struct service, tls_ca), .arg = "{ca: FILE, …}",
	 .help = "TLS: ca, cert, key (PEM files), verify", .parse = parse_tls,
	 .echo = echo_tls},
	{.name = "source", OPT_AT_STRING(struct service, source), .arg = "ADDRESS[-ADDRESS]",
	 .help = "address of this host, or range of them, that connections leave from: one has "
		 "ports for some 28,000 connections"},
	{.name = "timeout", OPT_AT_DURATION(struct service, timeout_ns), .def = "120s",
	 .min = 0.001, .max = 86400, .help = "longest time for one request"},
	{.name = "idle_timeout", OPT_AT_DURATION(struct service, idle_timeout_ns), .def = "60s",
	 .max = 86400, .help = "longest stillness inside a stream (0: timeout only)"},
	{.name = "connect_timeout", OPT_AT_DURATION(struct service, connect_timeout_ns),
	 .def = "10s", .min = 0.001, .max = 3600, .help = "longest time to connect"},
	{.name = "body", OPT_AT_NODE(struct service, body), .arg = "{KEY: VALUE}",
	 .help = "merged into every request body, over what assay would send",
	 .parse = parse_map, .echo = echo_json},
	{.name = "reference", OPT_AT_NODE(struct service, reference), .arg = "{url: URL}",
	 .help = "what the answers are compared with: a service, or {answers: FOLDER}",
	 .parse = parse_reference, .echo = echo_reference},
	{.name = "deploy", OPT_AT_STRING(struct service, deploy), .arg = "FILE#NAME",
	 .help = "how it was deployed, so that faults may restart it"},
	{.name = "monitor", OPT_AT_STRING(struct service, monitor), .arg = "URL",
	 .help = "a page with the machine's figures (Prometheus text)"},
	{.name = "pid", OPT_AT_INT(struct service, pid), .arg = "PID", .max = 4194304,
	 .help = "its main process, when it runs on this host"},
	{.name = "protocol_keys", OPT_AT_NODE(struct service, protocol_keys),
	 .arg = "{KEY: VALUE}", .help = "the protocol's own keys", .flags = OPT_CLI_ONLY,
	 .parse = parse_own, .echo = echo_own},
	{0},
};

void service_defaults(struct service *s)
{
	*s = (struct service){0};
	opt_defaults(service_options, s);
	opt_defaults(tls_options, s);
}

static bool is_ours(const char *key)
{
	for (const struct opt *o = service_options; o->name; o++)
		if (!(o->flags & OPT_CLI_ONLY) && strcmp(o->name, key) == 0)
			return true;
	return false;
}

static struct yaml_node *empty_like(const struct yaml_node *map, struct arena *a)
{
	struct yaml_node *half = ARENA_NEW(a, struct yaml_node);
	*half = *map;
	half->pairs = arena_array(a, map->n + 1, sizeof(*half->pairs));
	half->n = 0;
	return half;
}

int service_read_keys(struct service *s, const struct yaml_node *map, const char *what,
		      struct arena *a, struct err *e)
{
	if (map->kind != YAML_MAP)
		return yaml_err(e, map, "%s must be a map of keys and values", what);
	struct yaml_node *ours = empty_like(map, a);
	struct yaml_node *own = empty_like(map, a);
	for (size_t i = 0; i < map->n; i++) {
		struct yaml_node *half = is_ours(map->pairs[i].key) ? ours : own;
		half->pairs[half->n++] = map->pairs[i];
	}
	struct optset set = {service_options, s, 0};
	if (opt_from_yaml(&set, ours, what, a, e) < 0)
		return -1;
	if (opt_given(&set, "url") && opt_given(&set, "urls"))
		return yaml_err(e, map, "%s has both url and urls; give one of them", what);
	if (own->n > 0)
		s->protocol_keys = own;
	return 0;
}

int service_from_yaml(struct service *s, const char *name, const struct yaml_node *map,
		      struct arena *a, struct err *e)
{
	service_defaults(s);
	s->name = arena_str(a, name);
	return service_read_keys(s, map, "a service", a, e);
}

void service_release(struct service *s)
{
	if (!s)
		return;
	service_release(s->reference);
	json_decref(s->headers);
	json_decref(s->body);
	json_decref(s->protocol_options);
	s->headers = s->body = s->protocol_options = NULL;
	s->reference = NULL;
	s->fields = NULL;
	s->n_fields = 0;
}

const char *service_body_text(const struct service *s, const char *key, const char *fallback)
{
	const char *text = json_string_value(json_object_get(s->body, key));
	return text ? text : fallback;
}

bool service_body_has(const struct service *s, const char *key)
{
	return json_object_get(s->body, key) != NULL;
}
