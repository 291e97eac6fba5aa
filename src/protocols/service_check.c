/* src/protocols/service_check.c - is a described service usable? Names looked up, URLs and headers
 * checked, everything made ready that requests need.
 * SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/json.h"
#include "http/sources.h"
#include "http/url.h"
#include "protocols/protocol.h"
#include "protocols/service_parts.h"

static const char *next_protocol(size_t i, const void *ctx)
{
	(void)ctx;
	const struct protocol *p = protocol_at(i);
	return p ? p->name : NULL;
}

static int unknown_protocol(const char *name, struct err *e)
{
	char all[300];
	size_t at = 0;
	for (size_t i = 0; protocol_at(i); i++) {
		int n = snprintf(all + at, sizeof(all) - at, "%s%s", i ? ", " : "",
				 protocol_at(i)->name);
		at = MIN(at + (size_t)n, sizeof(all) - 1);
	}
	const char *near = str_nearest(name, next_protocol, NULL);
	return err_set(e, ERR_USAGE, "there is no protocol '%s'%s%s%s; there are %s", name,
		       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", all);
}

static bool ends_in_v1(const char *url)
{
	return url && (str_ends(url, "/v1") || str_ends(url, "/v1/"));
}

static const char *default_protocol(const struct service *s)
{
	static const struct {
		const char *kind, *openai, *own;
	} rows[] = {
		{"asr", "openai-transcriptions", "transcribe"},
		{"tts", "openai-speech", "synthesize"},
		{"chat", "openai-chat", "openai-chat"},
	};
	const char *url = s->urls.n ? s->urls.items[0] : s->url;
	if (url && s->kind && strcmp(s->kind, "asr") == 0 &&
	    (str_starts(url, "ws://") || str_starts(url, "wss://")))
		return "funasr-ws";
	for (size_t i = 0; s->kind && i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].kind, s->kind) == 0)
			return ends_in_v1(url) ? rows[i].openai : rows[i].own;
	return NULL;
}

static int check_protocol(struct service *s, struct err *e)
{
	if (!s->protocol_name)
		s->protocol_name = default_protocol(s);
	if (!s->protocol_name)
		return err_set(e, ERR_USAGE, "a service needs 'protocol' (what it speaks) or "
			       "'kind' (asr, tts or chat)");
	s->protocol = protocol_find(s->protocol_name);
	if (!s->protocol)
		return unknown_protocol(s->protocol_name, e);
	if (s->protocol->missing)
		return err_set(e, ERR_UNSUPPORTED, "this build has no protocol '%s': %s",
			       s->protocol_name, s->protocol->missing);
	if (!s->kind)
		s->kind = s->protocol->kind;
	else if (s->protocol->kind && strcmp(s->kind, s->protocol->kind) != 0)
		return err_set(e, ERR_USAGE, "the protocol '%s' is for kind %s, not %s",
			       s->protocol_name, s->protocol->kind, s->kind);
	return 0;
}

static int check_url(const struct service *s, const char **url, struct arena *a, struct err *e)
{
	struct url parsed;
	const char *route = strchr(s->protocol->route, '/');
	if (url_parse(*url, &parsed, e) < 0)
		return -1;
	if (parsed.websocket && !s->protocol->live)
		return err_set(e, ERR_USAGE, "'%s': a WebSocket is spoken by the protocol "
			       "funasr-ws; for %s write http:// or https://", *url,
			       s->protocol->name);
	if (s->protocol->full_route)
		return 0;
	size_t len = strlen(*url);
	while (len > 0 && (*url)[len - 1] == '/')
		len--;
	*url = arena_strn(a, *url, len);
	const char *tail = str_starts(route, "/v1") ? route + 3 : route;
	if (str_ends(*url, tail))
		return err_set(e, ERR_USAGE, "the URL of a service that speaks %s is a base: "
			       "leave off '%s'", s->protocol->name, tail);
	return 0;
}

static int check_urls(struct service *s, struct arena *a, struct err *e)
{
	if (s->urls.n == 0 && s->url)
		strings_add(&s->urls, a, s->url);
	if (s->urls.n == 0)
		return err_set(e, ERR_USAGE, "a service needs 'url'");
	for (size_t i = 0; i < s->urls.n; i++)
		if (check_url(s, &s->urls.items[i], a, e) < 0)
			return -1;
	s->url = s->urls.items[0];
	return 0;
}

/* RFC 9110: a token, and no line breaks in the value. */
static int check_header(const char *name, const char *value, struct err *e)
{
	static const char *const kept[] = {"content-length", "transfer-encoding", "host",
					   "connection", "content-type"};
	for (const char *c = name; *c || c == name; c++)
		if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f ||
		    strchr("()<>@,;:\\\"/[]?={}", *c))
			return err_set(e, ERR_USAGE, "'%s' is not the name of a header", name);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (str_equal_nocase(name, kept[i]))
			return err_set(e, ERR_USAGE, "the header '%s' is assay's to set", name);
	for (const char *c = value; *c; c++)
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return err_set(e, ERR_USAGE, "the value of the header '%s' holds a "
				       "control character", name);
	return 0;
}

static int check_headers(struct service *s, struct arena *a, struct err *e)
{
	CLEANUP(buf_release) struct buf lines = BUF_INIT(32768);
	if (s->api_key_env) {
		s->api_key = getenv(s->api_key_env);
		if (!s->api_key || !*s->api_key)
			return err_set(e, ERR_USAGE, "api_key_env: the environment variable %s is "
				       "not set; export it with the service's key", s->api_key_env);
		if (check_header("Authorization", s->api_key, e) < 0)
			return err_set(e, ERR_USAGE, "the key in %s holds a control character",
				       s->api_key_env);
		(void)buf_fmt(&lines, "Authorization: Bearer %s\r\n", s->api_key);
	}
	const char *name;
	json_t *value;
	json_object_foreach(s->headers, name, value) {
		if (!json_is_string(value))
			return err_set(e, ERR_USAGE, "the header '%s' must be a word", name);
		if (check_header(name, json_string_value(value), e) < 0)
			return -1;
		if (s->api_key && str_equal_nocase(name, "Authorization"))
			return err_set(e, ERR_USAGE, "both api_key_env and the header "
				       "Authorization are given; keep one");
		(void)buf_fmt(&lines, "%s: %s\r\n", name, json_string_value(value));
	}
	if (lines.failed)
		return err_set(e, ERR_USAGE, "the headers are longer than %zu bytes", lines.max);
	s->header_lines = arena_strn(a, lines.data ? lines.data : "", lines.len);
	return 0;
}

static int check_tls(const struct service *s, struct err *e)
{
	if (!s->tls_cert != !s->tls_key)
		return err_set(e, ERR_USAGE, "tls: cert and key belong together; %s is missing",
			       s->tls_cert ? "key" : "cert");
	const char *const files[] = {s->tls_ca, s->tls_cert, s->tls_key};
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (files[i] && access(files[i], R_OK) < 0) {
			(void)err_sys(e, "tls: cannot read '%s'", files[i]);
			if (e)
				e->code = ERR_USAGE;
			return -1;
		}
	return 0;
}

/* Body's keys as text, once, so that no request has to walk a tree. */
static int make_fields(struct service *s, struct arena *a, struct err *e)
{
	if (s->body && !json_is_object(s->body))
		return err_set(e, ERR_USAGE, "body must be a map of keys and values");
	size_t n = json_object_size(s->body);
	struct service_field *fields = arena_array(a, n, sizeof(*fields));
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	const char *name;
	json_t *value;
	size_t i = 0;
	json_object_foreach(s->body, name, value) {
		buf_clear(&text);
		if (json_write(value, false, &text) < 0)
			return err_set(e, ERR_SYSTEM, "no memory for the body's key '%s'", name);
		struct service_field *f = &fields[i++];
		f->name = arena_str(a, name);
		f->json = arena_strn(a, text.data, text.len);
		if (json_is_string(value))
			f->form = arena_str(a, json_string_value(value));
		else if (!json_is_null(value))
			f->form = f->json;
	}
	s->fields = fields;
	s->n_fields = n;
	return 0;
}

static const char *next_own_key(size_t i, const void *ctx)
{
	const struct service *s = ctx;
	for (const struct opt *o = s->protocol->options; o && o->name; o++)
		if (i-- == 0)
			return o->name;
	for (const struct opt *o = service_options; o->name; o++)
		if (!(o->flags & OPT_CLI_ONLY) && i-- == 0)
			return o->name;
	return NULL;
}

static int check_own_keys(struct service *s, struct arena *a, struct err *e)
{
	const struct protocol *p = s->protocol;
	const struct yaml_node *map = s->protocol_keys;
	for (size_t i = 0; map && i < map->n; i++) {
		const struct yaml_pair *key = &map->pairs[i];
		const struct opt *o = p->options;
		while (o && o->name && strcmp(o->name, key->key) != 0)
			o++;
		if (o && o->name)
			continue;
		struct yaml_node at = *key->value;
		at.line = key->line;
		at.column = key->column;
		const char *near = str_nearest(key->key, next_own_key, s);
		return yaml_err(e, &at, "a service that speaks %s has no key '%s'%s%s%s", p->name,
				key->key, near ? "; did you mean '" : "", near ? near : "",
				near ? "'?" : "");
	}
	if (!p->options)
		return 0;
	void *settings = arena_alloc(a, p->settings_size);
	struct optset set = {p->options, settings, 0};
	opt_defaults(p->options, settings);
	if (map && opt_from_yaml(&set, map, p->name, a, e) < 0)
		return -1;
	s->settings = settings;
	json_decref(s->protocol_options);
	s->protocol_options = opt_echo(p->options, settings);
	return 0;
}

/* What the reference does not say is as in the service itself, but where and how it runs. */
static int make_reference(struct service *s, struct arena *a, struct err *e)
{
	if (!s->reference_node || s->reference)
		return 0;
	struct service *r = ARENA_NEW(a, struct service);
	*r = *s;
	r->url = NULL;
	r->urls = (struct strings){0};
	r->deploy = r->monitor = NULL;
	r->pid = 0;
	r->reference_node = NULL;
	r->protocol_options = NULL;
	json_incref(r->headers);
	json_incref(r->body);
	s->reference = r;
	if (service_read_keys(r, s->reference_node, "a reference", a, e) < 0)
		return -1;
	if (r->protocol_keys == s->protocol_keys && strcmp(r->protocol_name, s->protocol_name))
		r->protocol_keys = NULL;
	if (r->reference_node || r->reference_answers)
		return yaml_err(e, s->reference_node, "a reference has no reference of its own");
	if (service_check(r, a, e) < 0)
		return err_prefix(e, "reference: ");
	if (s->kind && r->kind && strcmp(s->kind, r->kind) != 0)
		return yaml_err(e, s->reference_node, "the reference is of kind %s, the service "
				"of kind %s", r->kind, s->kind);
	return 0;
}

int service_check(struct service *s, struct arena *a, struct err *e)
{
	struct sources sources;
	if (s->source && sources_parse(s->source, &sources, e) < 0)
		return -1;
	if (check_protocol(s, e) < 0 || check_urls(s, a, e) < 0 || check_headers(s, a, e) < 0 ||
	    check_tls(s, e) < 0 || make_fields(s, a, e) < 0 || check_own_keys(s, a, e) < 0)
		return -1;
	if (s->protocol->check && s->protocol->check(s, e) < 0)
		return -1;
	return make_reference(s, a, e);
}
