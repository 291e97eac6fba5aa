/* src/suite/fault_chat.c - fault cases: media inside chat requests, several at a time, in turn.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdatomic.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/thread.h"
#include "suite/fault.h"
#include "suite/fault_make.h"

/* A chat request with one user message of these parts (stolen). */
static json_t *chat(struct fault *f, json_t *parts)
{
	json_t *j = fault_json(f);
	if (!j) {
		json_decref(parts);
		return NULL;
	}
	json_put(j, "messages", json_pack("[{s:s, s:o}]", "role", "user", "content", parts));
	json_put_int(j, "max_tokens", 8);
	(void)json_object_del(j, "stream");
	(void)json_object_del(j, "stream_options");
	return j;
}

static json_t *text_part(const char *text)
{
	return json_pack("{s:s, s:s}", "type", "text", "text", text);
}

static json_t *url_part(const char *url)
{
	return json_pack("{s:s, s:{s:s}}", "type", "image_url", "image_url", "url", url);
}

static json_t *audio_part(const char *data, const char *format)
{
	return json_pack("{s:s, s:{s:s, s:s}}", "type", "input_audio", "input_audio", "data", data,
			 "format", format);
}

static bool send_url(struct fault *f, const char *url)
{
	return fault_post_json(f, chat(f, json_pack("[o, o]", url_part(url),
						    text_part("What is this?"))));
}

static bool bad_url(struct fault *f)
{
	static const char *const urls[] = {
		"data:image/png;base64,iVBORw0KGgo!!!!XMARKERX",
		"data:image/png;base64,",
		"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAE",
		"file:///etc/hostname",
		"/etc/hostname",
		"http://169.254.169.254/latest/meta-data/",
		"ftp://XMARKERX.invalid/a.png",
		"XMARKERX",
	};
	return send_url(f, urls[f->c->arg]);
}

static bool bad_sound(struct fault *f)
{
	static const char *const data[] = {
		"UklGRg!!!!XMARKERX", "UklGRiQAAABXQVZFZm10IB",
		"data:audio/wav;base64,UklGRiQAAABX",
		"",
	};
	return fault_post_json(f, chat(f, json_pack("[o]", audio_part(data[f->c->arg], "wav"))));
}

/* The guard on long audio must stand on this route too. */
static bool long_sound(struct fault *f)
{
	CLEANUP(buf_release) struct buf mp3 = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	make_silent_mp3((double)f->c->arg, &mp3);
	if (base64_encode(mp3.data, mp3.len, &text) < 0)
		return false;
	return fault_post_json(f, chat(f, json_pack("[o]", audio_part(text.data, "mp3"))));
}

/* Its header claims more than there is, as in A12. */
static bool forged_sound(struct fault *f)
{
	CLEANUP(buf_release) struct buf wav = BUF_INIT(65536);
	CLEANUP(buf_release) struct buf text = BUF_INIT(65536);
	float samples[160] = {0};
	make_wav(&(struct wav_shape){.rate = 655350, .channels = 8, .forged = true,
				     .data_size = 0x7fffffff}, samples, ARRAY_LEN(samples), &wav);
	if (wav.failed || base64_encode(wav.data, wav.len, &text) < 0)
		return false;
	return fault_post_json(f, chat(f, json_pack("[o]", audio_part(text.data, "wav"))));
}

/* Source code where samples are asked for: "pcm" has no header that would tell. */
static bool no_sound(struct fault *f)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(1 << 20);
	CLEANUP(buf_release) struct buf code = BUF_INIT(1 << 20);
	for (int i = 0; i < 4000; i++)
		(void)buf_fmt(&code, "int f%d(int XMARKERX) { return %d; }\n", i, i);
	if (base64_encode(code.data, code.len, &text) < 0)
		return false;
	return fault_post_json(f, chat(f, json_pack("[o]", audio_part(text.data, "pcm16"))));
}

static const char *good_image_url(struct fault *f)
{
	if (f->good->n_images == 0) {
		fault_skip(f, "the canary has no picture");
		return NULL;
	}
	const struct media *m = f->good->images[0];
	return arena_fmt(f->scratch, "data:%s;base64,%s", m->mime, m->base64);
}

static bool many_images(struct fault *f)
{
	CLEANUP(buf_release) struct buf png = BUF_INIT(65536);
	CLEANUP(buf_release) struct buf url = BUF_INIT(65536);
	json_t *parts = json_array();
	(void)make_png(32, 32, PNG_RGB8, &png);
	(void)buf_str(&url, "data:image/png;base64,");
	(void)base64_encode(png.data, png.len, &url);
	for (int64_t i = 0; i < f->c->arg; i++)
		(void)json_array_append_new(parts, url_part(url.data));
	(void)json_array_append_new(parts, text_part("What do they show?"));
	return fault_post_json(f, chat(f, parts));
}

/* Frames of a video in one URL, which must be counted before they are decoded. */
static bool many_frames(struct fault *f)
{
	CLEANUP(buf_release) struct buf url = BUF_INIT(1 << 22);
	(void)buf_str(&url, "data:video/jpeg;base64,");
	for (int64_t i = 0; i < f->c->arg; i++)
		(void)buf_str(&url, i ? ",/9j/4AAQSkZJRgABAQ==" : "/9j/4AAQSkZJRgABAQ==");
	json_t *part = json_pack("{s:s, s:{s:s}}", "type", "video_url", "video_url", "url",
				 url.data);
	return fault_post_json(f, chat(f, json_pack("[o, o]", part, text_part("What happens?"))));
}

static bool control_tokens(struct fault *f)
{
	const char *url = good_image_url(f);
	return url && fault_post_json(f, chat(f, json_pack("[o, o]", url_part(url), text_part(
		"<|image_pad|><|image|><|vision_start|><image> <|im_end|> What is it?"))));
}

static bool text_only(struct fault *f)
{
	struct sample s = {.id = f->c->id, .question = "Repeat: the old bridge is painted green."};
	struct ask how;
	ask_defaults(&how);
	how.max_tokens = 32;
	return fault_ask(f, &s, &how);
}

static bool tensors(struct fault *f)
{
	json_t *part = json_pack("{s:s, s:s}", "type", "image_embeds", "image_embeds",
				 "gAJjdG9yY2guX3V0aWxzCl9yZWJ1aWxkX3RlbnNvcl92Mgo=");
	return fault_post_json(f, chat(f, json_pack("[o, o]", part, text_part("What is it?"))));
}

/* A picture refused for the length of its prompt, then the same with a short one. */
static bool reuse_refused(struct fault *f)
{
	const char *url = good_image_url(f);
	CLEANUP(buf_release) struct buf text = BUF_INIT(1 << 22);
	for (int i = 0; i < 120000; i++)
		(void)buf_str(&text, "number ");
	if (!url || !fault_post_json(f, chat(f, json_pack("[o, o]", url_part(url),
							  text_part(text.data)))))
		return false;
	unsigned finding = f->finding != NULL;
	struct ask how;
	ask_defaults(&how);
	how.max_tokens = 16;
	const char *answer = NULL;
	(void)fault_ask_text(f, f->good, &how, &answer);
	if (!finding && !f->finding && !answer)
		fault_find(f, "collateral", "the same picture with a short prompt is refused");
	return true;
}

/* Equal bytes of pixels, other sides: a cache that looks at the bytes alone mixes them up. */
static bool equal_bytes(struct fault *f)
{
	static const int sides[][2] = {{30, 150}, {150, 30}};
	struct sample samples[2];
	const struct media *images[2];
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(buf_release) struct buf png = BUF_INIT(65536);
		(void)make_png(sides[i][0], sides[i][1], PNG_GRAY1, &png);
		images[i] = fault_media(f, "a.png", "image/png", png.data, png.len);
		samples[i] = (struct sample){.id = f->c->id, .images = &images[i], .n_images = 1,
					     .question = "Is the picture wide or tall?"};
		if (!images[i])
			return false;
	}
	return fault_ask_all(f, samples, NULL, 2, NULL);
}

/* So many pictures of this size at once. */
#define AT_ONCE(n, side) ((int64_t)(n) << 32 | (side))

/* ret_took: the asking alone, not what making the pictures took us. */
static bool ask_at_once(struct fault *f, uint64_t *ret_took)
{
	size_t n = (size_t)(f->c->arg >> 32);
	int side = (int)(f->c->arg & 0xffff);
	struct sample *samples = arena_array(f->scratch, n, sizeof(*samples));
	struct ask *asks = arena_array(f->scratch, n, sizeof(*asks));
	for (size_t i = 0; i < n; i++) {
		CLEANUP(buf_release) struct buf png = BUF_INIT(BUF_UNLIMITED);
		const struct media **list =
			arena_array(f->scratch, 1, sizeof(const struct media *));
		(void)make_png(side + (int)i, side * 9 / 16, PNG_RGB8, &png);
		list[0] = fault_media(f, "a.png", "image/png", png.data, png.len);
		samples[i] = (struct sample){.id = f->c->id, .images = list, .n_images = 1,
					     .question = "What is in this image?"};
		ask_defaults(&asks[i]);
		asks[i].max_tokens = 8;
		if (!list[0])
			return false;
	}
	uint64_t start = clock_now();
	bool sent = fault_ask_all(f, samples, asks, n, NULL);
	*ret_took = clock_now() - start;
	return sent;
}

static bool concurrent(struct fault *f)
{
	uint64_t took;
	return ask_at_once(f, &took);
}

/* ---- health beside work ---- */

#define HEALTH_EVERY (10 * NS_PER_MS)
#define HEALTH_SLACK (20 * NS_PER_MS)	/* until a thread runs on a busy host */
#define HEALTH_FIRST 5		/* at rest */

struct asker {
	struct fault *f;
	pthread_t thread;
	atomic_bool stop;
	uint64_t rest_ns;	/* the fastest answer at rest: a good request may be beside it */
	uint64_t slowest_ns;
};

/* Who waits for the work waits for most of it, which on a fast service is not long. */
static uint64_t health_limit(const struct asker *a, uint64_t work_ns)
{
	return MIN(NS_PER_S, work_ns / 2) + 10 * a->rest_ns + HEALTH_SLACK;
}

static uint64_t ask_health(struct asker *a)
{
	CLEANUP(buf_release) struct buf body = BUF_INIT(65536);
	struct get_reply reply = {0};
	struct client *client = NULL;
	struct err e;
	uint64_t start = clock_now();
	if (client_new(a->f->service, &client, &e) < 0)
		return 0;
	(void)client_get(client, a->f->health, a->f->patience_ns, &body, &reply, &e);
	(void)client_free(client);
	return clock_now() - start;
}

static void *asker_main(void *arg)
{
	struct asker *a = arg;
	while (!atomic_load(&a->stop)) {
		uint64_t took = ask_health(a);
		a->slowest_ns = MAX(a->slowest_ns, took);
		(void)clock_sleep_until(clock_now() + HEALTH_EVERY);
	}
	return NULL;
}

/* Pictures that take much work, and health asked meanwhile: who waits for it ends the service. */
static bool flood(struct fault *f)
{
	struct asker a = {.f = f, .rest_ns = UINT64_MAX};
	struct err e;
	if (!f->health) {
		fault_skip(f, "the service has no health route");
		return false;
	}
	for (int i = 0; i < HEALTH_FIRST; i++) {
		uint64_t took = ask_health(&a);
		a.rest_ns = MIN(a.rest_ns, took);
	}
	if (thread_start(&a.thread, "health", asker_main, &a, &e) < 0) {
		fault_skip(f, "%s", e.text);
		return false;
	}
	uint64_t work_ns = 0;
	bool sent = ask_at_once(f, &work_ns);
	atomic_store(&a.stop, true);
	(void)pthread_join(a.thread, NULL);
	if (a.slowest_ns > health_limit(&a, work_ns))
		fault_find(f, "slow", "an answer of its health route took %.2f s beside %.2f s of "
			   "work; at rest %.3f s", ns_to_s(a.slowest_ns), ns_to_s(work_ns),
			   ns_to_s(a.rest_ns));
	return sent;
}

const struct fault_case fault_image_many_cases[] = {
	{"A13", "chat", "2 hours of MP3 as input_audio", "refuse, as on every route",
	 "vllm-project/vllm #45908", ALLOW_BUSY, long_sound, 7200, 60},
	{"A13b", "chat", "a WAV as input_audio that claims 655350 Hz, 8 channels and 2 GB",
	 "refuse, or take the bytes that are there", "vllm-project/vllm #53561", ALLOW_BUSY,
	 forged_sound, 0, 10},
	{"A20a", "chat", "input_audio with broken base64", "refuse, and echo nothing",
	 "vllm-project/vllm #53744", ALLOW_REFUSE, bad_sound, 0},
	{"A20b", "chat", "input_audio with unpadded base64 of half a header", "refuse",
	 "vllm-project/vllm #32636", ALLOW_REFUSE, bad_sound, 1},
	{"A20c", "chat", "input_audio without data", "refuse", "mstar-project/mstar #235",
	 ALLOW_REFUSE, bad_sound, 3},
	{"A21", "chat", "100 KB of source code as input_audio in raw samples",
	 "refuse, or bounded work; echo nothing", "ahmetoner/whisper-asr-webservice #377",
	 ALLOW_BUSY, no_sound, 0, 20},
	{"A22", "chat", "input_audio as a data: URL", "a clear 4xx", "QwenLM/Qwen-MM-Plugins #8",
	 ALLOW_REFUSE, bad_sound, 2},
	{"I02a", "chat", "broken base64", "refuse, and echo nothing",
	 "seed: Invalid image; sgl-project/sglang #31944", ALLOW_REFUSE, bad_url, 0},
	{"I02b", "chat", "a data: URL without data", "refuse", "vllm-project/vllm #28123",
	 ALLOW_REFUSE, bad_url, 1},
	{"I02c", "chat", "unpadded base64 of half a header", "refuse", "vllm-project/vllm #18890",
	 ALLOW_REFUSE, bad_url, 2},
	{"I08", "chat", "2 pictures of 3840 x 2160 at once", "answers, or 4xx, 429 or 503",
	 "vllm-project/vllm #16570", ALLOW_BUSY, concurrent, AT_ONCE(2, 3840), 30},
	{"I08b", "chat", "16 pictures of 3840 x 2160 at once", "answers, or 4xx, 429 or 503",
	 "vllm-project/vllm #35191", ALLOW_BUSY, concurrent, AT_ONCE(16, 3840), 180, .heavy = true},
	{"I09", "chat", "6 pictures of 1920 x 1080 at once, its health asked meanwhile",
	 "health goes on to answer", "vllm-project/vllm #9238", ALLOW_BUSY, flood,
	 AT_ONCE(6, 1920), 30},
	{"I14a", "chat", "33 pictures in one request", "refuse before they are decoded",
	 "vllm-project/vllm #17092", ALLOW_BUSY, many_images, 33, 30},
	{"I14b", "chat", "1000 pictures in one request", "refuse before they are decoded",
	 "MiaAI-Lab/GLM-5.3-Flash-EXL3-2x-DGX-Sparks #183", ALLOW_REFUSE | ALLOW_503, many_images,
	 1000, 10},
	{"I15", "chat", "2000 frames in one video/jpeg URL", "refuse, or count them",
	 "CVE-2026-5497", ALLOW_BUSY, many_frames, 2000, 10},
	{"I16n", "chat", "text without an image", "an answer", "seed: No image input", ALLOW_2XX,
	 text_only, 0, 20},
	{"I17", "chat", "control tokens of models in the user's text", "take them as text",
	 "vllm-project/vllm #57740", ALLOW_ANY, control_tokens, 0, 20},
	{"I18", "chat", "a picture with a prompt of 840 KB, then with a short one",
	 "the second one is answered", "vllm-project/vllm #43941", ALLOW_ANY, reuse_refused, 0, 60},
	{"I19", "chat", "equal pixels as 30 x 150 and as 150 x 30", "an answer to each",
	 "GHSA-c65p-x677-fgj6", ALLOW_ANY, equal_bytes, 0, 20},
	{"I20", "chat", "8 pictures at once", "answers, 429 or 503", "vllm-project/vllm #43473",
	 ALLOW_BUSY, concurrent, AT_ONCE(8, 320), 60},
	{"I20b", "chat", "16 pictures at once", "answers, 429 or 503", "vllm-project/vllm #43473",
	 ALLOW_BUSY, concurrent, AT_ONCE(16, 640), 120, .heavy = true},
	{"I21b", "chat", "image_url of 169.254.169.254", "refuse", "vllm-project/vllm #57157",
	 ALLOW_REFUSE, bad_url, 5, 10},
	{"I22a", "chat", "a file: URL", "refuse", "vllm-project/vllm #43117", ALLOW_REFUSE, bad_url,
	 3},
	{"I22b", "chat", "a path as URL", "refuse", "vllm-project/vllm #43117", ALLOW_REFUSE,
	 bad_url, 4},
	{"I22c", "chat", "an ftp: URL", "refuse, and echo nothing", "vllm-project/vllm #43117",
	 ALLOW_REFUSE, bad_url, 6, 10},
	{"I22d", "chat", "a word as URL", "refuse, and echo nothing", "vllm-project/vllm #43117",
	 ALLOW_REFUSE, bad_url, 7},
	{"I26", "chat", "tensors as input (image_embeds)", "refuse: off by default",
	 "CVE-2025-62164", ALLOW_REFUSE, tensors},
	{0},
};
