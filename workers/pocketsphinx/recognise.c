/* workers/pocketsphinx/recognise.c - see recognise.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "recognise.h"

#include <pocketsphinx.h>
#include <sphinxbase/err.h>

#include "base/util.h"

struct recogniser {
	cmd_ln_t *config;
	ps_decoder_t *ps;
	bool open;
};

static cmd_ln_t *configure(const char *model, bool quick)
{
	CLEANUP(free_ptr) char *hmm = NULL;
	CLEANUP(free_ptr) char *lm = NULL;
	CLEANUP(free_ptr) char *dict = NULL;
	if (asprintf(&hmm, "%s/en-us", model) < 0 || asprintf(&lm, "%s/en-us.lm.bin", model) < 0 ||
	    asprintf(&dict, "%s/cmudict-en-us.dict", model) < 0)
		return NULL;
	const char *second_pass = quick ? "no" : "yes";
	/* remove_silence: with it, times are those of the sound without its pauses. cmn: the means
	 * are those of the utterance itself; others would let one client's sound change what is
	 * heard of the next one's. */
	return cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", hmm, "-lm", lm, "-dict", dict,
			   "-remove_silence", "no", "-cmn", "batch", "-logfn", "/dev/null",
			   "-fwdflat", second_pass, "-bestpath", second_pass, NULL);
}

int recogniser_new(const char *model, bool quick, struct recogniser **ret, struct err *e)
{
	struct recogniser *r = calloc(1, sizeof(*r));
	if (!r)
		return err_set(e, ERR_SYSTEM, "out of memory for the recogniser");
	err_set_logfp(NULL);
	r->config = configure(model, quick);
	if (r->config)
		r->ps = ps_init(r->config);
	if (!r->ps) {
		(void)recogniser_free(r);
		return err_set(e, ERR_SYSTEM, "pocketsphinx cannot load its model from '%s' "
			       "(Debian: pocketsphinx-en-us)", model);
	}
	*ret = r;
	return 0;
}

struct recogniser *recogniser_free(struct recogniser *r)
{
	if (!r)
		return NULL;
	recogniser_end(r);
	ps_free(r->ps);
	cmd_ln_free_r(r->config);
	free(r);
	return NULL;
}

/* Fillers are <s>, <sil>, [NOISE] and ++breath++; "read(2)" is a pronunciation of "read". */
static bool take_word(const char *from, char *out, size_t size)
{
	size_t n = strcspn(from, "(");
	if (n == 0 || strchr("<[+", from[0]) || n >= size)
		return false;
	memcpy(out, from, n);
	out[n] = '\0';
	return true;
}

/* What was learned of the noise of earlier sound is forgotten. */
static int start(struct recogniser *r, struct err *e)
{
	if (ps_start_stream(r->ps) < 0 || ps_start_utt(r->ps) < 0)
		return err_set(e, ERR_SYSTEM, "pocketsphinx cannot begin an utterance");
	return 0;
}

int recogniser_words(struct recogniser *r, const int16_t *pcm, size_t n, struct word *ret,
		     size_t max, size_t *ret_n, struct err *e)
{
	*ret_n = 0;
	if (start(r, e) < 0)
		return -1;
	int rc = ps_process_raw(r->ps, pcm, n, FALSE, TRUE);
	if (ps_end_utt(r->ps) < 0 || rc < 0)
		return err_set(e, ERR_SYSTEM, "pocketsphinx cannot read the sound");
	size_t k = 0;
	for (ps_seg_t *s = ps_seg_iter(r->ps); s; s = ps_seg_next(s)) {
		int from;
		int to;
		ps_seg_frames(s, &from, &to);
		if (k < max && take_word(ps_seg_word(s), ret[k].text, sizeof(ret[k].text))) {
			ret[k].start = from;
			ret[k].end = to + 1;
			k++;
		}
	}
	*ret_n = k;
	return 0;
}

int recogniser_begin(struct recogniser *r, struct err *e)
{
	recogniser_end(r);
	if (start(r, e) < 0)
		return -1;
	r->open = true;
	return 0;
}

int recogniser_add(struct recogniser *r, const int16_t *pcm, size_t n, struct err *e)
{
	if (ps_process_raw(r->ps, pcm, n, FALSE, FALSE) < 0)
		return err_set(e, ERR_SYSTEM, "pocketsphinx cannot read the sound");
	return 0;
}

void recogniser_look(struct recogniser *r, char *out, size_t size)
{
	size_t len = 0;
	out[0] = '\0';
	for (ps_seg_t *s = ps_seg_iter(r->ps); s; s = ps_seg_next(s)) {
		char word[64];
		if (!take_word(ps_seg_word(s), word, sizeof(word)))
			continue;
		int n = snprintf(out + len, size - len, "%s%s", len ? " " : "", word);
		if (n < 0 || (size_t)n >= size - len)
			out[len] = '\0';
		else
			len += (size_t)n;
	}
}

void recogniser_end(struct recogniser *r)
{
	if (r->open)
		(void)ps_end_utt(r->ps);
	r->open = false;
}
