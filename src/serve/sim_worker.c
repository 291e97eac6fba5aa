/* src/serve/sim_worker.c - the loop of the sim, see sim.h.
 *
 * Every event has a due time that follows from the arrival of its request alone, so lateness does
 * not add up.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <poll.h>
#include <sys/prctl.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "serve/sim.h"
#include "serve/sim_answers.h"
#include "serve/sim_defect.h"
#include "worker/frame.h"

#define RATE 16000
#define PIECE (RATE / 10)
#define SECONDS_PER_CHARACTER 0.06
#define WORDS_PER_SECOND 2.5
#define WORDS_PER_SEGMENT 8
#define QUIET 100
#define TONE_HZ 220.0
#define TONE_AMPLITUDE 8000.0
#define PAYLOAD_MAX ((size_t)1 << 32)
#define SEND_PATIENCE (60 * NS_PER_S)

struct sim_job {
	struct sim_job *next;
	int64_t id;
	uint64_t arrived, due, last;
	struct sim_fate fate;
	uint64_t step, steps;	/* events */
	uint64_t tokens;	/* of all events together */
	uint64_t samples;	/* asr: heard; tts: to be spoken */
	uint64_t prompt_tokens;
	bool listening;		/* asr: "end" has not come yet */
	bool silent;		/* stalled: only a cancel ends it */
	bool by_length;
	char *question;		/* sim_echo: what is said back; NULL: not that */
	json_t *request;	/* the frame that began it, where right answers are known */
	struct sim_script script;
	uint64_t quiet;		/* asr: samples since the last that can be heard */
};

struct sim_state {
	struct sim sim;
	struct sim_answers *answers;	/* NULL: none were given */
	const char *kind;
	struct sim_job *jobs;
	uint64_t count;
	int64_t sticky_tokens;	/* what defects keep of earlier requests; 0: nothing */
	double sticky_speed;
	uint64_t heard;		/* asr: words of the last that spoke */
	bool broken;
};

static const char *const words[] = {
	"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
	"eleven", "twelve", "thirteen", "fourteen", "fifteen",
};

static void send_frame(struct sim_state *s, json_t *header, const void *payload, size_t len)
{
	struct err e;
	if (frame_send(WORKER_FD, header, payload, len, clock_now() + SEND_PATIENCE, &e) < 0)
		s->broken = true;
}

static void add_words(struct buf *b, uint64_t from, uint64_t n)
{
	for (uint64_t i = from; i < from + n; i++)
		(void)buf_fmt(b, "%s%s", i > 0 ? " " : "", words[i % ARRAY_LEN(words)]);
}

/* Words from … of this text. */
static void add_own_words(struct buf *b, const char *text, uint64_t from, uint64_t n)
{
	for (uint64_t i = 0; i < from + n; i++) {
		size_t len = strcspn(text, " ");
		if (i >= from)
			(void)buf_fmt(b, "%s%.*s", i > 0 ? " " : "", (int)len, text);
		text += len + (text[len] == ' ');
	}
}

static void send_error(struct sim_state *s, int64_t id, const char *code, const char *message)
{
	send_frame(s, json_pack("{s:s, s:I, s:s, s:s}", "type", "error", "id", (json_int_t)id,
				"code", code, "message", message), NULL, 0);
}

static void send_tone(struct sim_state *s, const struct sim_job *j)
{
	int16_t pcm[PIECE];
	uint64_t from = j->step * PIECE;
	uint64_t n = MIN((uint64_t)PIECE, j->samples - from);
	bool wraps = sim_has_defect(&s->sim.defects, "wraps");
	double amplitude = wraps ? 5 * TONE_AMPLITUDE : TONE_AMPLITUDE;
	if (j->script.sound)
		memcpy(pcm, j->script.sound + from, n * sizeof(pcm[0]));
	for (uint64_t i = 0; i < n && !j->script.sound; i++)
		pcm[i] = (int16_t)lrint(amplitude *
					sin(2 * M_PI * TONE_HZ * (double)(from + i) / RATE));
	if (sim_has_defect(&s->sim.defects, "header-in-each-piece") && from > 0 && n > 8)
		memcpy(pcm, "RIFF\0\0\0\0WAVEfmt ", 16);
	send_frame(s, json_pack("{s:s, s:I, s:i}", "type", "audio", "id", (json_int_t)j->id,
				"sample_rate", RATE), pcm, n * sizeof(pcm[0]));
}

/* A frame of the script, as this job's. */
static void send_scripted(struct sim_state *s, const struct sim_job *j, const json_t *frame)
{
	json_t *h = json_copy((json_t *)frame);
	json_put_int(h, "id", j->id);
	send_frame(s, h, NULL, 0);
}

static void send_step(struct sim_state *s, const struct sim_job *j)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(65536);
	uint64_t per = (uint64_t)s->sim.tokens_per_event;
	if (strcmp(s->kind, "tts") == 0) {
		send_tone(s, j);
	} else if (j->script.steps) {
		send_scripted(s, j, json_array_get(j->script.steps, j->step));
	} else if (strcmp(s->kind, "asr") == 0) {
		uint64_t from = j->step * WORDS_PER_SEGMENT;
		uint64_t n = MIN((uint64_t)WORDS_PER_SEGMENT, j->tokens - from);
		double seconds = (double)j->samples / RATE;
		add_words(&text, 0, n);
		send_frame(s, json_pack("{s:s, s:I, s:f, s:f, s:s}", "type", "segment", "id",
					(json_int_t)j->id,
					"start", seconds * (double)from / (double)j->tokens,
					"end", seconds * (double)(from + n) / (double)j->tokens,
					"text", text.data), NULL, 0);
	} else {
		uint64_t from = j->step * per;
		if (j->question)
			add_own_words(&text, j->question, from, MIN(per, j->tokens - from));
		else
			add_words(&text, from, MIN(per, j->tokens - from));
		send_frame(s, json_pack("{s:s, s:I, s:s}", "type", "token", "id",
					(json_int_t)j->id, "text", text.data), NULL, 0);
	}
}

static void send_done(struct sim_state *s, const struct sim_job *j)
{
	if (j->script.done) {
		send_scripted(s, j, j->script.done);
		return;
	}
	json_t *h = json_pack("{s:s, s:I}", "type", "done", "id", (json_int_t)j->id);
	if (strcmp(s->kind, "tts") == 0) {
		json_put_int(h, "sample_rate", RATE);
		json_put_int(h, "samples", (int64_t)j->samples);
		json_put_text(h, "speaker", "default");
	} else if (strcmp(s->kind, "asr") == 0) {
		CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)1 << 20);
		for (uint64_t i = 0; i < j->steps; i++) {
			(void)buf_str(&text, i > 0 ? " " : "");
			add_words(&text, 0, MIN((uint64_t)WORDS_PER_SEGMENT,
						j->tokens - i * WORDS_PER_SEGMENT));
		}
		json_put_text(h, "text", text.data ? text.data : "");
		json_put_text(h, "language", "en");
		json_put_real(h, "duration", (double)j->samples / RATE);
	} else {
		json_put_text(h, "finish_reason", j->by_length ? "length" : "stop");
		json_put_int(h, "prompt_tokens", (int64_t)j->prompt_tokens);
		json_put_int(h, "completion_tokens", (int64_t)j->tokens);
	}
	send_frame(s, h, NULL, 0);
}

/* When event i is due, from the arrival. */
static uint64_t due(struct sim_state *s, struct sim_job *j, uint64_t i)
{
	bool at_once = sim_has_defect(&s->sim.defects, "whole-stream-at-once");
	return sim_due(&s->sim, &j->fate, at_once ? 0 : i, &j->last);
}

/* One event of this job is due. false: the job has ended. */
static bool step(struct sim_state *s, struct sim_job *j)
{
	if (j->script.error) {
		send_error(s, j->id, j->script.error, "a simulated failure");
		return false;
	}
	if (j->fate.fault == SIM_ERROR) {
		send_error(s, j->id, "simulated", "a simulated failure");
		return false;
	}
	if (j->fate.fault != SIM_FINE && j->step >= (j->steps + 1) / 2) {
		if (j->fate.fault == SIM_EVENT_ERROR)
			send_error(s, j->id, "simulated", "a simulated failure");
		else if (j->fate.fault == SIM_DROP)
			send_error(s, j->id, "drop", "a simulated break of the connection");
		else
			j->silent = true;
		return j->silent;
	}
	if (j->step < j->steps)
		send_step(s, j);
	if (++j->step < j->steps || (j->step == j->steps && j->fate.fault != SIM_FINE)) {
		j->due = j->arrived + due(s, j, j->step);
		return true;
	}
	send_done(s, j);
	return false;
}

/* The defect: the content of a request that runs beside this one. */
static void mix_up(struct sim_state *s, struct sim_job *j)
{
	const struct sim_job *other = s->jobs;
	while (other && (other == j || other->listening))
		other = other->next;
	if (!sim_has_defect(&s->sim.defects, "crosstalk") || !other)
		return;
	j->samples = other->samples;
	j->tokens = other->tokens;
	if (j->question && other->question) {
		free(j->question);
		j->question = strdup(other->question);
	}
}

/* The request is known completely: plan its events. */
static void plan(struct sim_state *s, struct sim_job *j)
{
	uint64_t per = (uint64_t)s->sim.tokens_per_event;
	j->arrived = clock_now();
	mix_up(s, j);
	if (s->answers && sim_script_plan(s->answers, &s->sim, j->request,
					  (double)j->samples / RATE, (double)j->quiet / RATE,
					  &j->script) < 0)
		s->broken = true;
	if (j->script.sound)
		j->samples = j->script.samples;
	if (j->script.steps && !j->script.sound) {
		j->steps = json_array_size(j->script.steps);
	} else if (strcmp(s->kind, "tts") == 0) {
		j->steps = (j->samples + PIECE - 1) / PIECE;
	} else if (strcmp(s->kind, "asr") == 0) {
		double spoken = ceil((double)j->samples / RATE * WORDS_PER_SECOND);
		bool silent = j->quiet == j->samples;
		j->tokens = MIN((uint64_t)spoken, (uint64_t)s->sim.tokens);
		if (silent && sim_has_defect(&s->sim.defects, "hears-the-last"))
			j->tokens = s->heard;
		else if (!silent)
			s->heard = j->tokens;
		j->steps = (j->tokens + WORDS_PER_SEGMENT - 1) / WORDS_PER_SEGMENT;
	} else {
		j->steps = (j->tokens + per - 1) / per;
	}
	j->listening = false;
	if (sim_has_defect(&s->sim.defects, "whole-stream-at-once"))
		j->fate.ttft_ns += j->steps * s->sim.token_ns * per;
	j->due = j->arrived + due(s, j, 0);
}

static uint64_t count_words(const json_t *message)
{
	const json_t *content = json_object_get(message, "content");
	const char *text = json_string_value(content);
	uint64_t n = 0;
	if (json_is_array(content)) {
		size_t i;
		json_t *part;
		json_array_foreach((json_t *)content, i, part)
			n += strcmp(json_text(part, "type", ""), "text") == 0
				? 1 + strlen(json_text(part, "text", "")) / 5 : 64;
	}
	for (bool inside = false; text && *text; text++) {
		n += *text != ' ' && !inside;
		inside = *text != ' ';
	}
	return n;
}

/* The text of the last message, for an echo. */
static char *question_of(const json_t *messages)
{
	const json_t *last = json_array_get(messages, json_array_size(messages) - 1);
	const json_t *content = json_object_get(last, "content");
	const char *text = json_string_value(content);
	size_t i;
	json_t *part;
	if (json_is_array(content))
		json_array_foreach((json_t *)content, i, part)
			if (strcmp(json_text(part, "type", ""), "text") == 0)
				text = json_text(part, "text", "");
	return strdup(text ? text : "");
}

static uint64_t words_in(const char *text)
{
	uint64_t n = *text != '\0';
	for (; *text; text++)
		n += *text == ' ' && text[1];
	return n;
}

static void begin(struct sim_state *s, const struct frame *f)
{
	struct sim_job *j = calloc(1, sizeof(*j));
	if (!j) {
		s->broken = true;
		return;
	}
	j->id = f->id;
	sim_draw(&s->sim, s->count++, &j->fate);
	j->tokens = (uint64_t)s->sim.tokens;
	j->request = s->answers ? json_incref(f->header) : NULL;
	j->next = s->jobs;
	s->jobs = j;
	bool sticky = sim_has_defect(&s->sim.defects, "sticky");
	if (strcmp(s->kind, "asr") == 0) {
		j->listening = true;
		return;
	}
	if (strcmp(s->kind, "tts") == 0) {
		double n = SECONDS_PER_CHARACTER * RATE * (double)strlen(json_text(f->header,
			"text", ""));
		double speed = 1;
		(void)json_number(f->header, "speed", &speed);
		if (speed != 1)
			s->sticky_speed = speed;
		if (sticky && s->sticky_speed > 0)
			speed = s->sticky_speed;
		j->samples = (uint64_t)(n / MAX(speed, 0.01));
		if (sim_has_defect(&s->sim.defects, "accepts-empty-text"))
			j->samples = MAX(j->samples, (uint64_t)RATE);
	} else {
		int64_t most = INT64_MAX;
		(void)json_whole(f->header, "max_tokens", &most);
		if (s->sticky_tokens == 0 || most < s->sticky_tokens)
			s->sticky_tokens = most;
		if (sticky)
			most = s->sticky_tokens;
		if (s->sim.echo)
			j->question = question_of(json_object_get(f->header, "messages"));
		if (j->question)
			j->tokens = words_in(j->question);
		j->by_length = most < (int64_t)j->tokens;
		j->tokens = MIN(j->tokens, (uint64_t)MAX(most, 0));
		size_t i;
		json_t *m;
		json_array_foreach(json_object_get(f->header, "messages"), i, m)
			j->prompt_tokens += count_words(m);
	}
	plan(s, j);
}

static struct sim_job *job_free(struct sim_job *j)
{
	sim_script_release(&j->script);
	json_decref(j->request);
	free(j->question);
	free(j);
	return NULL;
}

static void take_audio(struct sim_job *j, const char *payload, size_t len)
{
	size_t n = len / sizeof(int16_t);
	size_t quiet = 0;
	int16_t sample = 0;
	while (quiet < n && abs(sample) < QUIET) {
		memcpy(&sample, payload + (n - 1 - quiet) * sizeof(sample), sizeof(sample));
		quiet += abs(sample) < QUIET;
	}
	j->quiet = quiet == n ? j->quiet + n : quiet;
	j->samples += n;
}

static void take_frame(struct sim_state *s, const struct frame *f)
{
	struct sim_job **at = &s->jobs;
	while (*at && (*at)->id != f->id)
		at = &(*at)->next;
	struct sim_job *j = *at;
	if (strcmp(f->type, "begin") == 0 || strcmp(f->type, "speak") == 0 ||
	    strcmp(f->type, "chat") == 0) {
		begin(s, f);
	} else if (strcmp(f->type, "audio") == 0) {
		if (j)
			take_audio(j, f->payload, f->payload_len);
	} else if (strcmp(f->type, "end") == 0) {
		if (j)
			plan(s, j);
	} else if (strcmp(f->type, "cancel") == 0) {
		if (j) {
			send_error(s, j->id, "cancelled", "cancelled");
			*at = j->next;
			(void)job_free(j);
		}
	} else {
		send_error(s, f->id, "unknown", "unknown type of frame");
	}
}

/* Do what is due; the next due moment, or UINT64_MAX. */
static uint64_t work(struct sim_state *s)
{
	uint64_t next = UINT64_MAX;
	for (struct sim_job **at = &s->jobs; *at;) {
		struct sim_job *j = *at;
		bool goes_on = true;
		while (goes_on && !j->listening && !j->silent && j->due <= clock_now())
			goes_on = step(s, j);
		if (!goes_on) {
			*at = j->next;
			(void)job_free(j);
			continue;
		}
		if (!j->listening && !j->silent)
			next = MIN(next, j->due);
		at = &j->next;
	}
	return next;
}

static int serve(struct sim_state *s, struct frame_reader *reader)
{
	for (;;) {
		uint64_t next = work(s);
		uint64_t now = clock_now();
		uint64_t left = next > now ? next - now : 0;
		struct timespec ts = {(time_t)(left / NS_PER_S), (long)(left % NS_PER_S)};
		struct pollfd in = {.fd = WORKER_FD, .events = POLLIN};
		int n = s->broken ? 0 : ppoll(&in, 1, next == UINT64_MAX ? NULL : &ts, NULL);
		if (s->broken)
			return 1;
		struct frame f;
		struct err e = {0};
		int rc = n > 0 ? frame_fill(reader, WORKER_FD, &e) : 0;
		bool ended = rc < 0;
		while ((rc = frame_next(reader, &f, &e)) > 0)
			take_frame(s, &f);
		if (rc < 0)
			return 1;
		if (ended)
			return 0;
	}
}

static int load(struct sim_state *s, const char *settings, struct arena *a, struct err *e)
{
	struct optset set = {.rows = sim_options, .to = &s->sim};
	opt_defaults(sim_options, &s->sim);
	struct yaml_node *map = yaml_parse(settings, strlen(settings), "settings of the sim", a, e);
	if (!map || opt_from_yaml(&set, map, "the sim", a, e) < 0)
		return -1;
	if (!s->sim.answers)
		return 0;
	return sim_answers_read(s->sim.answers, s->kind, a, &s->answers, e);
}

int sim_worker(const char *kind, const char *settings, struct err *e)
{
	struct sim_state s = {.kind = kind};
	CLEANUP(arena_freep) struct arena *a = arena_new();
	if (load(&s, settings, a, e) < 0)
		return -1;
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	struct frame_reader *reader = frame_reader_new(PAYLOAD_MAX);
	if (!reader)
		return err_set(e, ERR_SYSTEM, "out of memory for the sim");
	json_t *ready = json_pack("{s:s, s:i, s:s, s:s, s:s, s:[s], s:i, s:I, s:s, s:s}", "type",
				  "ready", "protocol", 1, "name", "sim", "task", kind, "device",
				  "cpu", "languages", "en", "sample_rate", RATE, "parallel",
				  (json_int_t)s.sim.parallel, "model", "sim", "version",
				  ASSAY_VERSION);
	if (s.answers)
		json_put(ready, "languages", json_array());
	json_put(ready, "speakers", s.answers ? sim_answers_speakers(s.answers)
					      : json_pack("[s]", "default"));
	send_frame(&s, ready, NULL, 0);
	bool broken = s.broken || serve(&s, reader) != 0;
	while (s.jobs) {
		struct sim_job *next = s.jobs->next;
		(void)job_free(s.jobs);
		s.jobs = next;
	}
	frame_reader_free(reader);
	(void)sim_answers_free(s.answers);
	return broken ? err_set(e, ERR_SYSTEM, "the sim lost its host") : 0;
}
