/* src/protocols/http_service.c - any HTTP service that takes JSON or a form and answers with
 * JSON, text or sound, as the plan describes it ("http").
 *
 * What it cannot do: streamed answers (events), several requests per question.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "base/json.h"
#include "base/util.h"
#include "protocols/condition.h"
#include "protocols/pointer.h"
#include "protocols/reply.h"
#include "protocols/sound.h"
#include "protocols/table.h"
#include "protocols/template.h"
#include "protocols/transcript.h"

#define WHOLE_BODY "body"

enum { METHOD_POST, METHOD_PUT, METHOD_GET };
static const char *const methods[] = {"POST", "PUT", "GET", NULL};
static const char *const time_units[] = {"s", "ms", NULL};
static const char *const sample_formats[] = {"s16le", "f32le", NULL};
enum { FORMAT_WAV, FORMAT_PCM, FORMAT_CODED };
static const char *const formats[] = {"wav", "pcm", "flac", "mp3", "opus", "ogg", NULL};

struct settings {
	int method;
	const struct template *json, *form;
	const struct yaml_node *json_node, *form_node;	/* for the echo */
	/* reply: */
	const char *text, *language, *segments, *start, *end, *words, *audio, *error;
	const char *content_type;
	const char *ok_text;
	const struct condition *ok;
	int time_unit, format, sample_format;
	int64_t sample_rate, channels;
};

static struct settings *settings_of(const struct opt *o, void *field)
{
	return (struct settings *)((char *)field - o->offset);
}

static int parse_pointer(const struct opt *o, const struct yaml_node *node, struct arena *a,
			 void *field, struct err *e)
{
	if (node->kind != YAML_SCALAR)
		return yaml_err(e, node, "%s must be a JSON pointer, as in /result/text", o->name);
	bool body = strcmp(node->text, WHOLE_BODY) == 0 &&
		    (strcmp(o->name, "text") == 0 || strcmp(o->name, "audio") == 0);
	const char *why = body ? NULL : pointer_wrong(span_of(node->text));
	if (why)
		return yaml_err(e, node, "%s: %s", o->name, why);
	*(const char **)field = arena_str(a, node->text);
	return 0;
}

static json_t *echo_text(const void *field)
{
	const char *const *text = field;
	return *text ? json_string(*text) : NULL;
}

static int parse_ok(const struct opt *o, const struct yaml_node *node, struct arena *a,
		    void *field, struct err *e)
{
	struct settings *s = settings_of(o, field);
	struct err why;
	if (node->kind != YAML_SCALAR)
		return yaml_err(e, node, "ok must be a condition, as in \"/code == 0\"");
	if (condition_parse(node->text, a, &s->ok, &why) < 0)
		return yaml_err(e, node, "ok: %s", why.text);
	s->ok_text = arena_str(a, node->text);
	return 0;
}

#define POINTER(name_, field_, help_) \
	{ .name = name_, OPT_AT_NODE(struct settings, field_), .arg = "/POINTER", .help = help_, \
	  .parse = parse_pointer, .echo = echo_text }

static const struct opt reply_options[] = {
	POINTER("text", text, "where the text is (asr, chat); body: the whole reply is the text"),
	{.name = "ok", OPT_AT_NODE(struct settings, ok_text), .arg = "CONDITION",
	 .help = "what a good reply fulfils, as in \"/code == 0\"; else it is error_body",
	 .parse = parse_ok, .echo = echo_text},
	POINTER("error", error, "where the words of an error are"),
	POINTER("language", language, "where the language is"),
	POINTER("segments", segments, "where the list of segments is"),
	POINTER("start", start, "where the begin is in a segment (default /start)"),
	POINTER("end", end, "where the end is in a segment (default /end)"),
	POINTER("words", words, "where the text is in a segment (default /text)"),
	{.name = "time_unit", OPT_AT_CHOICE(struct settings, time_unit), .choices = time_units,
	 .def = "s", .help = "unit of the segments' times"},
	POINTER("audio", audio, "where the sound is, as base64 (tts); body: the reply is the "
				"sound (the default)"),
	{.name = "format", OPT_AT_CHOICE(struct settings, format), .choices = formats,
	 .def = "wav", .help = "form of the sound"},
	{.name = "sample_rate", OPT_AT_INT(struct settings, sample_rate), .arg = "HZ",
	 .def = "16000", .min = 1000, .max = 768000, .help = "rate of sound of format pcm"},
	{.name = "channels", OPT_AT_INT(struct settings, channels), .def = "1", .min = 1, .max = 8,
	 .help = "channels of sound of format pcm"},
	{.name = "sample_format", OPT_AT_CHOICE(struct settings, sample_format),
	 .choices = sample_formats, .def = "s16le", .help = "samples of sound of format pcm"},
	{.name = "content_type", OPT_AT_STRING(struct settings, content_type), .arg = "TYPE",
	 .help = "what the reply must be (default: by what it holds); any: not looked at"},
	{0},
};

static int parse_reply(const struct opt *o, const struct yaml_node *node, struct arena *a,
		       void *field, struct err *e)
{
	struct optset set = {reply_options, settings_of(o, field), 0};
	opt_defaults(reply_options, set.to);
	return opt_from_yaml(&set, node, "reply", a, e);
}

static json_t *echo_reply(const void *field)
{
	return opt_echo(reply_options, (const char *)field - offsetof(struct settings, text));
}

static int parse_json(const struct opt *o, const struct yaml_node *node, struct arena *a,
		      void *field, struct err *e)
{
	struct settings *s = settings_of(o, field);
	s->json_node = node;
	return template_json(node, a, &s->json, e);
}

static int parse_form(const struct opt *o, const struct yaml_node *node, struct arena *a,
		      void *field, struct err *e)
{
	struct settings *s = settings_of(o, field);
	s->form_node = node;
	return template_form(node, a, &s->form, e);
}

static json_t *echo_node(const void *field)
{
	const struct yaml_node *const *node = field;
	return *node ? yaml_to_json(*node) : NULL;
}

static const struct opt options[] = {
	{.name = "method", OPT_AT_CHOICE(struct settings, method), .choices = methods,
	 .def = "POST", .help = "method of the request"},
	{.name = "json", OPT_AT_NODE(struct settings, json_node), .arg = "{KEY: VALUE}",
	 .help = "the request's JSON, with places such as \"{text}\" and \"{audio}\" (base64)",
	 .parse = parse_json, .echo = echo_node},
	{.name = "multipart", OPT_AT_NODE(struct settings, form_node), .arg = "{FIELD: VALUE}",
	 .help = "the request's form: \"@{audio}\" is the file, \"{text}\" a text",
	 .parse = parse_form, .echo = echo_node},
	{.name = "reply", OPT_AT_NODE(struct settings, text), .arg = "{text: /POINTER, …}",
	 .help = "where things are in the reply", .parse = parse_reply, .echo = echo_reply},
	{0},
};

struct state {
	const struct settings *own;
	const struct service *service;
	bool keep;
	bool as_sound;		/* the body is sound, taken as it comes */
	bool wrong_type;
	struct sound sound;
	struct arrival last;
};

static bool is_kind(const struct service *s, const char *kind)
{
	return strcmp(s->kind, kind) == 0;
}

static bool is_body(const char *place)
{
	return !place || strcmp(place, WHOLE_BODY) == 0;
}

static int check_request(const struct service *s, const struct settings *own, struct err *e)
{
	const struct template *t = own->json ? own->json : own->form;
	if (own->json && own->form)
		return err_set(e, ERR_USAGE, "json and multipart exclude each other: a request has "
			       "one body");
	if (own->method == METHOD_GET && (t || s->n_fields > 0))
		return err_set(e, ERR_USAGE, "a request with method GET has no json, multipart or "
			       "body");
	if (own->method != METHOD_GET && !t)
		return err_set(e, ERR_USAGE, "what is sent? Give json: {…} or multipart: {…} with "
			       "places such as \"{text}\" or \"@{audio}\"");
	if (own->json && s->n_fields > 0 && !template_is_object(own->json))
		return err_set(e, ERR_USAGE, "body adds keys, and json is a list: write all of it "
			       "in json");
	for (size_t i = 0; t && i < s->n_fields; i++)
		if (template_has(t, s->fields[i].name))
			return err_set(e, ERR_USAGE, "body and %s both set '%s': keep one",
				       own->json ? "json" : "multipart", s->fields[i].name);
	return 0;
}

static int check(const struct service *s, struct err *e)
{
	const struct settings *own = s->settings;
	if (!s->kind)
		return err_set(e, ERR_USAGE, "a service that speaks http needs kind: asr, tts or "
			       "chat");
	if (check_request(s, own, e) < 0)
		return -1;
	if (is_kind(s, "tts") && own->text)
		return err_set(e, ERR_USAGE, "reply: a tts service has audio, not text");
	if (!is_kind(s, "tts") && !own->text)
		return err_set(e, ERR_USAGE, "reply: {text: /POINTER} must say where the text is "
			       "in the reply");
	bool json = is_kind(s, "tts") ? !is_body(own->audio) : !is_body(own->text);
	if (!json && (own->ok || own->segments || own->language))
		return err_set(e, ERR_USAGE, "reply: ok, segments and language look into JSON, and "
			       "here the whole reply is the %s", own->text ? "text" : "sound");
	return 0;
}

static int encode(const struct service *s, const struct sample *sample, const struct ask *ask,
		  struct request *out, struct err *e)
{
	const struct settings *own = s->settings;
	out->method = methods[own->method];
	if (own->method == METHOD_GET)
		return 0;
	return template_write(own->json ? own->json : own->form, s, sample, ask, out, e);
}

static void begin_sound(struct state *st, struct answer *a)
{
	const struct settings *own = st->own;
	if (own->format == FORMAT_WAV)
		sound_begin_wav(&st->sound, st->keep);
	else if (own->format == FORMAT_PCM)
		sound_begin_pcm(&st->sound, st->keep, own->sample_format == 0 ? PCM_S16 : PCM_F32,
				(int)own->channels, (int)own->sample_rate, a);
	else
		sound_begin_coded(&st->sound, st->keep);
}

/* Does the reply have the type that belongs to what it must hold? */
static bool right_type(const struct state *st, const struct http_head *h)
{
	static const char *const sounds[] = {"audio/", "application/octet-stream",
					     "application/ogg", NULL};
	static const char *const texts[] = {"text/plain", NULL};
	const char *want = st->own->content_type;
	if (want && strcmp(want, "any") == 0)
		return true;
	if (want)
		return http_content_type_is(h, want);
	if (st->as_sound)
		return reply_type_is(h, sounds);
	if (st->own->text && is_body(st->own->text))
		return reply_type_is(h, texts);
	return reply_is_json(h);
}

static enum outcome head(void *state, const struct service *s, const struct ask *ask,
			 const struct http_head *h, struct answer *answer)
{
	struct state *st = state;
	st->own = s->settings;
	st->service = s;
	st->keep = ask->keep;
	st->as_sound = is_kind(s, "tts") && is_body(st->own->audio);
	if (is_kind(s, "tts"))
		begin_sound(st, answer);
	if (h->status / 100 != 2 || right_type(st, h))
		return OUTCOME_OK;
	st->wrong_type = reply_is_json(h);
	return st->wrong_type ? OUTCOME_OK : OUTCOME_BAD_CONTENT_TYPE;
}

static enum outcome receive(void *state, const char *data, size_t len, const struct arrival *at,
			    struct answer *answer)
{
	struct state *st = state;
	st->last = *at;
	if (st->as_sound && !st->wrong_type)
		return sound_receive(&st->sound, data, len, at, true, answer);
	return reply_collect(answer, data, len, OUTCOME_BAD_JSON);
}

/* The words of a reply that is not ok. */
static enum outcome error_body(const struct state *st, const json_t *root, struct answer *a)
{
	static const char *const usual[] = {"/message", "/msg", "/error/message", "/error",
					    "/detail", "/errmsg", "/error_msg"};
	const json_t *words = st->own->error ? pointer_get(root, span_of(st->own->error)) : NULL;
	for (size_t i = 0; i < ARRAY_LEN(usual) && !json_is_string(words); i++)
		words = pointer_get(root, span_of(usual[i]));
	if (json_is_string(words))
		answer_note_error(a, json_string_value(words), json_string_length(words));
	else
		answer_note_error(a, a->body.data, a->body.len);
	return OUTCOME_ERROR_BODY;
}

/* Without a condition: an "error" that is not empty. */
static bool is_ok(const struct state *st, const json_t *root)
{
	const json_t *error = json_object_get(root, "error");
	if (st->own->ok)
		return condition_holds(st->own->ok, root);
	return !error || json_is_null(error) || json_is_false(error) ||
	       (json_is_string(error) && json_string_length(error) == 0);
}

static enum outcome lacks(struct answer *a, const char *what, const char *pointer)
{
	char words[200];
	(void)snprintf(words, sizeof(words), "the reply has no %s at %s", what,
		       *pointer ? pointer : "its top");
	answer_note_error(a, words, strlen(words));
	return OUTCOME_BAD_JSON;
}

static bool time_at(const struct settings *own, const json_t *item, const char *pointer,
		    double *ret)
{
	const json_t *j = pointer_get(item, span_of(pointer));
	if (!json_is_number(j))
		return false;
	*ret = json_number_value(j) / (own->time_unit == 0 ? 1 : 1000);
	return true;
}

static enum outcome read_segments(const struct state *st, const json_t *root, struct answer *a)
{
	const struct settings *own = st->own;
	const char *words = own->words ? own->words : "/text";
	const json_t *list = pointer_get(root, span_of(own->segments));
	size_t i;
	json_t *item;
	if (!list || json_is_null(list))
		return OUTCOME_OK;	/* silence has none */
	if (!json_is_array(list))
		return lacks(a, "list of segments", own->segments);
	json_array_foreach(list, i, item) {
		double start, end;
		const json_t *text = pointer_get(item, span_of(words));
		if (!time_at(own, item, own->start ? own->start : "/start", &start) ||
		    !time_at(own, item, own->end ? own->end : "/end", &end))
			return lacks(a, "times in its segments", own->segments);
		if (!json_is_string(text))
			return lacks(a, "text in its segments", words);
		if (st->keep && answer_add_segment(a, start, end, json_string_value(text),
						   json_string_length(text)) < 0)
			return OUTCOME_BAD_JSON;
	}
	return OUTCOME_OK;
}

static enum outcome read_text(const struct state *st, const json_t *root, struct answer *a)
{
	const struct settings *own = st->own;
	const json_t *text = pointer_get(root, span_of(own->text));
	const json_t *language = own->language ? pointer_get(root, span_of(own->language)) : NULL;
	if (!json_is_string(text))
		return lacks(a, "text", own->text);
	if (buf_add(&a->text, json_string_value(text), json_string_length(text)) < 0)
		return OUTCOME_BAD_JSON;
	if (json_is_string(language))
		str_cut_copy(a->language, sizeof(a->language), json_string_value(language));
	if (a->text.len == 0 && is_kind(st->service, "chat"))
		return OUTCOME_EMPTY_ANSWER;
	return own->segments ? read_segments(st, root, a) : OUTCOME_OK;
}

/* Sound as base64 inside JSON: it is there when the reply is. */
static enum outcome read_sound(struct state *st, const json_t *root, struct answer *a)
{
	const json_t *text = pointer_get(root, span_of(st->own->audio));
	if (!json_is_string(text))
		return lacks(a, "sound", st->own->audio);
	buf_clear(&a->scratch);
	if (base64_decode(json_string_value(text), json_string_length(text), &a->scratch) < 0) {
		answer_note_error(a, "the sound is not base64", 23);
		return OUTCOME_BAD_AUDIO;
	}
	buf_clear(&a->body);	/* coded sound is collected there */
	enum outcome o = sound_receive(&st->sound, a->scratch.data, a->scratch.len, &st->last,
				       true, a);
	return o == OUTCOME_OK ? sound_finish(&st->sound, a) : o;
}

static enum outcome finish_json(struct state *st, struct answer *a)
{
	struct err why;
	CLEANUP(json_unref) json_t *root = json_read(a->body.data ? a->body.data : "", a->body.len,
						     JSON_DEPTH_MAX, &why);
	if (!root) {
		answer_note_error(a, why.text, strlen(why.text));
		return OUTCOME_BAD_JSON;
	}
	if (!is_ok(st, root))
		return error_body(st, root, a);
	if (st->wrong_type)
		return OUTCOME_BAD_CONTENT_TYPE;
	return is_kind(st->service, "tts") ? read_sound(st, root, a) : read_text(st, root, a);
}

static enum outcome finish(void *state, const struct sample *sample, struct answer *answer)
{
	struct state *st = state;
	(void)sample;
	if (st->as_sound && !st->wrong_type)
		return sound_finish(&st->sound, answer);
	if (st->wrong_type || is_kind(st->service, "tts") || !is_body(st->own->text))
		return finish_json(st, answer);
	struct span text = span_trim((struct span){answer->body.data, answer->body.len});
	if (str_utf8_valid(text.data, text.len) != text.len)
		return lacks(answer, "UTF-8 text", "");
	if (text.len > 0 && buf_add(&answer->text, text.data, text.len) < 0)
		return OUTCOME_BAD_JSON;
	return text.len == 0 && is_kind(st->service, "chat") ? OUTCOME_EMPTY_ANSWER : OUTCOME_OK;
}

const struct protocol protocol_http = {
	.name = "http",
	.summary = "any JSON or multipart service, described in the plan",
	.route = "as the plan says",
	.full_route = true,
	.options = options,
	.settings_size = sizeof(struct settings),
	.state_size = sizeof(struct state),
	.check = check,
	.encode = encode,
	.head = head,
	.receive = receive,
	.finish = finish,
};
