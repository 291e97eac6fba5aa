/* src/suite/fault_audio.c - fault cases: audio as input.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/fault.h"

#include "base/clock.h"

#define WAV_HEAD 44

/* Bytes from the seed. */
static void *random_bytes(struct fault *f, size_t n)
{
	unsigned char *p = arena_alloc(f->scratch, n);
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)rng_below(&f->rng, 256);
	return p;
}

static bool corrupt(struct fault *f)
{
	return fault_audio(f, "clip.wav", random_bytes(f, 65536), 65536);
}

static bool no_bytes(struct fault *f)
{
	return fault_audio(f, "clip.wav", "", 0);
}

/* A right header and no samples. */
static bool no_samples(struct fault *f)
{
	char *wav = arena_copy(f->scratch, f->canary->audio->data, WAV_HEAD);
	memset(wav + 40, 0, 4);
	memcpy(wav + 4, "\x24\0\0\0", 4);
	return fault_audio(f, "clip.wav", wav, WAV_HEAD);
}

static bool cut_in_header(struct fault *f)
{
	return fault_audio(f, "clip.wav", f->canary->audio->data, 30);
}

static bool data_size(struct fault *f, const char size[4])
{
	char *wav = arena_copy(f->scratch, f->canary->audio->data, f->canary->audio->len);
	memcpy(wav + 40, size, 4);
	return fault_audio(f, "clip.wav", wav, f->canary->audio->len);
}

static bool size_beyond_file(struct fault *f)
{
	return data_size(f, "\0\0\0\x70");
}

static bool size_max(struct fault *f)
{
	return data_size(f, "\xff\xff\xff\xff");
}

static bool wrong_type(struct fault *f)
{
	static const char text[] = "%PDF-1.4 this is XMARKERX no sound at all\n";
	return fault_audio(f, "clip.wav", text, sizeof(text) - 1);
}

/* An hour of silence with a word at its end, as FLAC: small to send, long to hear. */
static bool one_hour(struct fault *f)
{
	struct speech s = {0};
	struct media m;
	struct sample sample = {.id = f->c->id, .audio = &m};
	struct err e;
	bool sent = false;
	if (speech_silence(&s, 16000, 3599, &e) < 0 ||
	    speech_to_media(&s, "hour.flac", "flac", 1, f->scratch, &m, &e) < 0)
		fault_skip(f, "cannot make an hour of audio: %s", e.text);
	else
		sent = fault_ask(f, &sample, NULL);
	speech_release(&s);
	return sent;
}

/* 20 requests at once over all ASR and TTS services of the plan: all must complete. */
static bool twenty_at_once(struct fault *f)
{
	enum { N = 20 };
	const struct plan *p = f->env->plan;
	struct client *clients[N] = {0};
	struct call calls[N];
	struct call *list[N];
	struct err e;
	size_t n = 0;
	bool ok = true;
	for (size_t i = 0; ok && n < N; i = (i + 1) % p->n_services) {
		const struct service *s = &p->services[i];
		const struct sample *samples;
		size_t n_samples;
		if (strcmp(s->kind, "chat") == 0)
			continue;
		ok = suite_samples(f->env, s, NULL, &samples, &n_samples, &e) == 0 &&
		     client_new(s, &clients[n], &e) == 0;
		if (!ok)
			break;
		call_init(&calls[n], &samples[n % n_samples]);
		calls[n].timeout_ns = f->c->deadline_ns;
		list[n] = &calls[n];
		n++;
	}
	ok = ok && client_call_all(clients, list, n, 0, &e) == 0;
	if (!ok)
		fault_skip(f, "%s", e.text);
	for (size_t i = 0; i < n; i++) {
		if (ok)
			fault_judge_call(f, &calls[i]);
		call_release(&calls[i]);
		(void)client_free(clients[i]);
	}
	return ok;
}

const struct fault_case fault_audio_cases[] = {
	{"A15", "asr", "random bytes named .wav", "refuse, and stay usable",
	 "seed: Corrupted audio; skit-ai/kaldi-serve #2", ALLOW_4XX, 0, corrupt},
	{"A15b", "asr", "a PDF named .wav", "refuse, and stay usable", "skit-ai/kaldi-serve #2",
	 ALLOW_4XX, 0, wrong_type},
	{"A05a", "asr", "a file of 0 bytes", "an error or an empty text", "seed: Empty audio",
	 ALLOW_4XX | ALLOW_2XX | ALLOW_EMPTY, 0, no_bytes},
	{"A05b", "asr", "a WAV with no samples", "an error or an empty text", "seed: Empty audio",
	 ALLOW_4XX | ALLOW_2XX | ALLOW_EMPTY, 0, no_samples},
	{"A17a", "asr", "a WAV whose data size is larger than the file",
	 "take the bytes that are there, or refuse", "mackron/dr_libs #252", ALLOW_2XX | ALLOW_4XX,
	 0, size_beyond_file},
	{"A17b", "asr", "a WAV whose data size is 0xFFFFFFFF",
	 "take the bytes that are there, or refuse", "pollinations/pollinations #11457",
	 ALLOW_2XX | ALLOW_4XX, 0, size_max},
	{"A17c", "asr", "a WAV cut inside its header", "refuse", "naudio/NAudio #688", ALLOW_4XX, 0,
	 cut_in_header},
	{"A08", "asr", "an hour of audio", "done, or refused early; no crash",
	 "seed: Oversized audio; SYSTRAN/faster-whisper #373",
	 ALLOW_2XX | ALLOW_4XX | ALLOW_503 | ALLOW_EMPTY, 120 * NS_PER_S, one_hour},
	{"A20n", "asr", "20 requests at once to ASR and TTS", "all complete, no deadlock",
	 "seed: Concurrent streams", ALLOW_2XX, 120 * NS_PER_S, twenty_at_once},
	{0},
};
