/* src/suite/functional_chat.c - functional cases of chat with images.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/functional_rows.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"

#define IMAGES_MAX 6
#define QUICK_S 0.1
#define FIRST_SHARE_MAX 0.9

static const char *const colors[] = {"red", "blue", "green", "yellow"};
static const char *const shapes[] = {"circle", "square", "triangle"};

struct question {
	const char *text;
	const struct media *images[IMAGES_MAX];
	size_t n;
	const struct media *sound;
	int64_t max_tokens;
	bool stream;
	const char *answer;	/* what a service without faults could say */
	const char *about;	/* letters, han, chart: what it must be able to do; or NULL */
};

/* What is known of the answer goes with the sample. */
static void know(struct check *k, struct sample *s, const struct question *q)
{
	const char **answers = arena_array(k->scratch, 1, sizeof(*answers));
	answers[0] = q->answer;
	s->answers = answers;
	s->n_answers = q->answer ? 1 : 0;
	s->judge = "keyword";
	json_t *extra = json_object();
	json_put_text(extra, "about", q->about);
	check_know(k, s, extra);
}

/* Ask; the call is the caller's to release when true. */
static bool ask(struct check *k, const struct question *q, struct call *call)
{
	struct sample *sample = ARENA_NEW(k->scratch, struct sample);
	sample->id = k->result->id;
	sample->question = q->text;
	sample->images = arena_copy(k->scratch, q->images, q->n * sizeof(q->images[0]));
	sample->n_images = q->n;
	sample->audio = q->sound;
	know(k, sample, q);
	call_init(call, sample);
	call->ask.max_tokens = q->max_tokens ? q->max_tokens : 128;
	call->ask.stream = q->stream;
	call->ask.temperature = 0;
	if (check_ask(k, call))
		return true;
	call_release(call);
	return false;
}

static const char *first_word(struct check *k, const char *words)
{
	return arena_strn(k->scratch, words, strcspn(words, "|"));
}

static void expect(struct check *k, struct question *q, const char *words)
{
	struct call call;
	if (!q->answer)
		q->answer = first_word(k, words);
	if (!ask(k, q, &call))
		return;
	if (check_says(check_text(&call), words))
		check_pass(k, "\"%.300s\"", check_text(&call));
	else
		check_fail(k, "wrong-answer", "asked \"%s\"; \"%.300s\" does not say %s", q->text,
			   check_text(&call), words);
	call_release(&call);
}

static json_t *scene(int width, int height, json_t *items)
{
	return json_pack("{si,si,ss,so}", "width", width, "height", height, "background", "white",
			 "items", items);
}

static json_t *shape(const char *name, const char *color, int x, int y, int size)
{
	return json_pack("[{ss,ss,si,si,si}]", "shape", name, "color", color, "x", x, "y", y,
			 "size", size);
}

static bool add_image(struct check *k, struct question *q, json_t *made)
{
	struct media *m = ARENA_NEW(k->scratch, struct media);
	if (!check_picture(k, made, m))
		return false;
	q->images[q->n++] = m;
	return true;
}

static const char *pick(struct check *k, const char *const *words, size_t n)
{
	return words[rng_below(&k->rng, n)];
}

static void one_image(struct check *k)
{
	const char *color = pick(k, colors, ARRAY_LEN(colors));
	struct question q = {.text = "What colour is the shape in this image?"};
	if (add_image(k, &q,
		      scene(512, 512,
			    shape(pick(k, shapes, ARRAY_LEN(shapes)), color, 256, 256, 240))))
		expect(k, &q, color);
}

/* The colours differ; the answer must know both, so both images were looked at. */
static void two_images(struct check *k)
{
	size_t first = rng_below(&k->rng, ARRAY_LEN(colors));
	size_t second = (first + 1 + rng_below(&k->rng, ARRAY_LEN(colors) - 1)) % ARRAY_LEN(colors);
	struct question q = {
		.text = "Compare the two images: what colour is the shape in the first "
			"image, and what colour is it in the second?"};
	struct call call;
	q.answer = arena_fmt(k->scratch, "%s and %s", colors[first], colors[second]);
	if (!add_image(k, &q, scene(512, 512, shape("circle", colors[first], 256, 256, 240))) ||
	    !add_image(k, &q, scene(512, 512, shape("circle", colors[second], 256, 256, 240))) ||
	    !ask(k, &q, &call))
		return;
	if (check_says(check_text(&call), colors[first]) &&
	    check_says(check_text(&call), colors[second]))
		check_pass(k, "\"%.300s\"", check_text(&call));
	else
		check_fail(k, "wrong-answer", "%s and %s were shown; the answer: \"%.300s\"",
			   colors[first], colors[second], check_text(&call));
	call_release(&call);
}

static void image_4k(struct check *k)
{
	const char *color = pick(k, colors, ARRAY_LEN(colors));
	struct question q = {.text = "What colour is the shape in this image?"};
	if (add_image(k, &q, scene(3840, 2160, shape("circle", color, 1920, 1080, 1200))))
		expect(k, &q, color);
}

static json_t *text_item(const char *text, int size)
{
	return json_pack("[{ss,si,si,ss,si,ss}]", "text", text, "x", 320, "y", 120, "align",
			 "center", "size", size, "color", "black");
}

static void ocr_latin(struct check *k)
{
	const char *word = check_word(k);
	struct question q = {.text = "Read the text in this image and write it out exactly.",
			     .answer = word,
			     .about = "letters"};
	struct call call;
	if (!add_image(k, &q, scene(640, 240, text_item(word, 56))) || !ask(k, &q, &call))
		return;
	const char *number = strchr(word, ' ') + 1;
	const char *letters = arena_strn(k->scratch, word, (size_t)(number - word - 1));
	if (check_says(check_text(&call), letters) && check_says(check_text(&call), number))
		check_pass(k, "shown \"%s\", answered \"%.200s\"", word, check_text(&call));
	else
		check_fail(k, "wrong-answer", "shown \"%s\", answered \"%.200s\"", word,
			   check_text(&call));
	call_release(&call);
}

static void ocr_chinese(struct check *k)
{
	static const char *const words[] = {"人工智能", "北京大学", "今天天气", "中国上海"};
	const char *word = pick(k, words, ARRAY_LEN(words));
	struct question q = {.text = "请读出图片中的文字。", .about = "han"};
	if (add_image(k, &q, scene(640, 240, text_item(word, 72))))
		expect(k, &q, word);
}

static void chart(struct check *k, const char *kind, const double *values, const char *words)
{
	struct question q = {.text = "Which trend does this chart show?", .about = "chart"};
	json_t *numbers = json_array();
	for (int i = 0; i < 6; i++)
		(void)json_array_append_new(numbers, json_real(values[i]));
	json_t *items =
		json_pack("[{ss,so,ss}]", "chart", kind, "values", numbers, "color", "blue");
	if (add_image(k, &q, scene(640, 480, items)))
		expect(k, &q, words);
}

static void chart_up(struct check *k)
{
	chart(k, "line", (double[]){10, 22, 35, 44, 60, 78},
	      "increase|increases|increasing|rise|rises|rising|up|upward|upwards|growth|grows");
}

static void chart_down(struct check *k)
{
	chart(k, "bar", (double[]){80, 66, 54, 41, 30, 12},
	      "decrease|decreases|decreasing|fall|falls|falling|down|downward|downwards|decline|"
	      "declines|declining");
}

static void chart_flat(struct check *k)
{
	chart(k, "line", (double[]){50, 50, 50, 50, 50, 50},
	      "flat|constant|stable|steady|unchanged|same");
}

static void chart_peak(struct check *k)
{
	chart(k, "line", (double[]){10, 30, 70, 72, 28, 9}, "peak|peaks|maximum|then");
}

/* A ball that moves from left to right, or back. */
static void frames(struct check *k)
{
	bool right = rng_below(&k->rng, 2) == 0;
	struct question q = {
		.text = "These are frames of a video in order. In which direction does "
			"the ball move: left or right?"};
	const char *wanted = right ? "right" : "left";
	q.answer = wanted;
	for (int i = 0; i < 4; i++) {
		int x = 80 + 110 * (right ? i : 3 - i);
		if (!add_image(k, &q, scene(480, 240, shape("circle", "red", x, 120, 80))))
			return;
	}
	struct call call;
	if (!ask(k, &q, &call))
		return;
	/* "from left to right" names both: the last one counts. */
	const char *l = strcasestr(check_text(&call), "left");
	const char *r = strcasestr(check_text(&call), "right");
	const char *said = l && (!r || l > r) ? "left" : r ? "right" : "neither";
	if (strcmp(said, wanted) == 0)
		check_pass(k, "\"%.200s\"", check_text(&call));
	else
		check_fail(k, "wrong-answer", "it moves to the %s; answered \"%.200s\"", wanted,
			   check_text(&call));
	call_release(&call);
}

static void text_only(struct check *k)
{
	struct question q = {.text = "Repeat this sentence: the old bridge is painted green.",
			     .answer = "the old bridge is painted green."};
	expect(k, &q, "bridge");
}

#define COUNTING                                                                                   \
	"one two three four five six seven eight nine ten eleven twelve thirteen fourteen "        \
	"fifteen sixteen seventeen eighteen nineteen twenty"

/* A service that sends its stream when all of it is done has its first token at the end. Where
 * the whole answer takes less than QUICK_S that cannot be told from a quick one. */
static void streaming(struct check *k)
{
	struct question q = {.text = "Repeat this sentence: " COUNTING ".",
			     .stream = true,
			     .answer = COUNTING};
	struct call call;
	if (!ask(k, &q, &call))
		return;
	const struct answer *a = &call.answer;
	double first = ns_to_s(a->first_token - call.start);
	double all = ns_to_s(a->last_token - call.start);
	if (a->text_events < 2)
		check_fail(k, "wrong-answer", "the whole answer came in %llu event%s",
			   (unsigned long long)a->text_events, str_plural(a->text_events));
	else if (!a->finish_reason)
		check_fail(k, "wrong-answer", "no finish_reason came");
	else if (all > QUICK_S && first > FIRST_SHARE_MAX * all)
		check_fail(k, "wrong-answer",
			   "%llu events, but the first after %.0f of %.0f ms: all was done before "
			   "it was sent",
			   (unsigned long long)a->text_events, 1e3 * first, 1e3 * all);
	else
		check_pass(k, "%llu events, the first after %.0f of %.0f ms, finish_reason %s",
			   (unsigned long long)a->text_events, 1e3 * first, 1e3 * all,
			   a->finish_reason);
	call_release(&call);
}

/* An answer that repeats itself until it is cut off. */
static void no_loop(struct check *k)
{
	const char *said = made_sentence(&k->rng, "en", 8, k->scratch);
	struct question q = {.text = arena_fmt(k->scratch, "Repeat this sentence once: %s.", said),
			     .max_tokens = 400,
			     .answer = said};
	struct call call;
	if (!ask(k, &q, &call))
		return;
	size_t got = strlen(check_text(&call));
	if (got > 4 * strlen(said) + 200)
		check_fail(k, "wrong-answer", "%zu characters for a sentence of %zu: \"%.200s\"",
			   got, strlen(said), check_text(&call));
	else
		check_pass(k, "%zu characters for a sentence of %zu", got, strlen(said));
	call_release(&call);
}

static void max_tokens(struct check *k)
{
	struct question q = {
		.text = "Repeat this sentence: one two three four five six seven eight "
			"nine ten eleven twelve.",
		.max_tokens = 4,
		.answer = "one two three four five six seven eight nine ten eleven twelve."};
	struct call call;
	if (!ask(k, &q, &call))
		return;
	const struct answer *a = &call.answer;
	if (a->output_tokens < 0)
		check_fail(k, "wrong-answer", "the answer holds no usage");
	else if (a->output_tokens > 4 || !a->finish_reason ||
		 strcmp(a->finish_reason, "length") != 0)
		check_fail(k, "wrong-answer",
			   "max_tokens 4: %lld token%s, finish_reason %s, \"%.100s\"",
			   (long long)a->output_tokens, str_plural((uint64_t)a->output_tokens),
			   a->finish_reason ? a->finish_reason : "absent", check_text(&call));
	else
		check_pass(k, "%lld token%s, finish_reason length", (long long)a->output_tokens,
			   str_plural((uint64_t)a->output_tokens));
	call_release(&call);
}

static void stop_string(struct check *k)
{
	struct sample sample = {.id = k->result->id};
	struct call call;
	sample.question = "Repeat this sentence: alpha bravo charlie delta echo.";
	know(k, &sample, &(struct question){.answer = "alpha bravo charlie delta echo."});
	call_init(&call, &sample);
	call.ask.max_tokens = 64;
	call.ask.temperature = 0;
	strings_add(&call.ask.stop, k->scratch, "charlie");
	if (check_ask(k, &call)) {
		if (!check_says(check_text(&call), "alpha"))
			check_skip(k, "the service does not repeat a sentence: \"%.100s\"",
				   check_text(&call));
		else if (strstr(check_text(&call), "charlie") || strstr(check_text(&call), "delta"))
			check_fail(k, "wrong-answer", "the stop string did not stop: \"%.200s\"",
				   check_text(&call));
		else
			check_pass(k, "stopped before it: \"%.200s\"", check_text(&call));
	}
	call_release(&call);
}

static void usage(struct check *k)
{
	struct question q = {.text = "Repeat this sentence: the new road is made of stone.",
			     .answer = "the new road is made of stone."};
	struct call call;
	if (!ask(k, &q, &call))
		return;
	const struct answer *a = &call.answer;
	if (a->prompt_tokens > 0 && a->output_tokens > 0)
		check_pass(k, "%lld prompt and %lld completion token%s",
			   (long long)a->prompt_tokens, (long long)a->output_tokens,
			   str_plural((uint64_t)a->output_tokens));
	else
		check_fail(k, "wrong-answer", "usage is missing or zero");
	call_release(&call);
}

static void ask_messages(struct check *k, json_t *messages, const char *words)
{
	struct sample sample = {.id = k->result->id, .messages = messages};
	struct call call;
	know(k, &sample, &(struct question){.answer = words});
	call_init(&call, &sample);
	call.ask.max_tokens = 64;
	call.ask.temperature = 0;
	if (check_ask(k, &call)) {
		if (check_says(check_text(&call), words))
			check_pass(k, "\"%.200s\"", check_text(&call));
		else
			check_fail(k, "wrong-answer", "\"%.200s\" does not say %s",
				   check_text(&call), words);
	}
	call_release(&call);
	json_decref(messages);
}

static void multi_turn(struct check *k)
{
	const char *number = arena_fmt(k->scratch, "%d", 100 + (int)rng_below(&k->rng, 900));
	const char *told = arena_fmt(k->scratch, "Remember the number %s.", number);
	ask_messages(k,
		     json_pack("[{ss,ss},{ss,ss},{ss,ss}]", "role", "user", "content", told, "role",
			       "assistant", "content", "I will remember it.", "role", "user",
			       "content", "Which number did I tell you to remember?"),
		     number);
}

static void system_prompt(struct check *k)
{
	ask_messages(k,
		     json_pack("[{ss,ss},{ss,ss}]", "role", "system", "content",
			       "End every answer with the word BANANA.", "role", "user", "content",
			       "Repeat this sentence: the old bridge is green."),
		     "banana");
}

const struct functional_case chat_cases[] = {
	{"chat-image", "chat", "one image and a question", "names the colour shown",
	 "seed: Single image + text", false, one_image},
	{"chat-two-images", "chat", "two images compared", "names the colours of both",
	 "seed: Multi-image", false, two_images},
	{"chat-4k", "chat", "a 4K image", "names the colour shown", "seed: Image resolution", false,
	 image_4k},
	{"chat-ocr", "chat", "Latin letters and digits read", "the word and the number shown",
	 "seed: OCR capability", false, ocr_latin},
	{"chat-ocr-chinese", "chat", "Chinese characters read", "the characters shown",
	 "seed: OCR capability", false, ocr_chinese},
	{"chat-chart-up", "chat", "a rising line chart", "says that it rises",
	 "seed: Chart understanding", false, chart_up},
	{"chat-chart-down", "chat", "a falling bar chart", "says that it falls",
	 "seed: Chart understanding", false, chart_down},
	{"chat-chart-flat", "chat", "a flat line chart", "says that it does not change",
	 "seed: Chart understanding", false, chart_flat},
	{"chat-chart-peak", "chat", "a line chart with a peak", "says that it rises and falls",
	 "seed: Chart understanding", false, chart_peak},
	{"chat-frames", "chat", "video frames in order", "names the direction of the motion",
	 "seed: Video frames", false, frames},
	{"chat-stream", "chat", "streamed output", "several events and a finish_reason",
	 "seed: Streaming output", false, streaming},
	{"chat-loop", "chat", "no repetition loop", "a sentence is not repeated without end",
	 "A25: CrispStrobe/CrispASR #125", false, no_loop},
	{"chat-text", "chat", "text without an image", "repeats a sentence", "seed: No image input",
	 false, text_only},
	{"chat-turns", "chat", "several turns", "knows a number told two turns before",
	 "Qwen-VL chat use", false, multi_turn},
	{"chat-max-tokens", "chat", "max_tokens is obeyed", "no more tokens, finish_reason length",
	 "H06: vllm-project/vllm #6521", false, max_tokens},
	{"chat-stop", "chat", "a stop string stops", "nothing from the stop string on",
	 "OpenAI chat API", false, stop_string},
	{"chat-usage", "chat", "usage is told", "prompt and completion tokens above 0",
	 "OpenAI chat API", false, usage},
	{"chat-system", "chat", "the system prompt is obeyed", "the word that it asks for",
	 "OpenAI chat API", false, system_prompt},
	{0},
};
