/* src/cli/cmd_score.c - assay score: error rates of transcripts.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/score_output.h"

struct settings {
	int metric, normalize, ref_format, hyp_format;
	const char *hyp2, *output, *html, *speakers;
	struct gate gate;
	int64_t draws, seed, top;
	bool pairs, files, drop_erhua, drop_fillers;
};

static int take_gate(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e)
{
	(void)o;
	(void)a;
	return gate_parse(node->kind == YAML_SCALAR ? node->text : "", field, e);
}

static json_t *echo_gate(const void *field)
{
	const struct gate *g = field;
	return g->relative ? json_pack("{s:f}", "relative", g->value) : json_real(g->value);
}

static const struct opt options[] = {
	{.name = "metric", .letter = 'm', OPT_AT_CHOICE(struct settings, metric),
	 .choices = token_unit_names, .def = "wer",
	 .help = "count words, characters, or Han characters and words of other scripts"},
	{.name = "normalize", .letter = 'n', OPT_AT_CHOICE(struct settings, normalize),
	 .choices = normalize_names, .def = "auto",
	 .help = "rules that both sides go through first; auto: by script of the reference"},
	{.name = "hyp2", OPT_AT_STRING(struct settings, hyp2), .arg = "FILE",
	 .help = "a second system, compared with the first utterance by utterance"},
	{.name = "gate", OPT_AT_NODE(struct settings, gate), .parse = take_gate, .echo = echo_gate,
	 .arg = "1pp|3%",
	 .help = "how far two systems may lie apart and be aligned: percentage points (default: "
		 "1pp), or a share of the first one's rate"},
	{.name = "ref_format", OPT_AT_CHOICE(struct settings, ref_format),
	 .choices = transcript_format_names, .def = "auto", .help = "how to read REF"},
	{.name = "hyp_format", OPT_AT_CHOICE(struct settings, hyp_format),
	 .choices = transcript_format_names, .def = "auto", .help = "how to read HYP"},
	{.name = "speakers", OPT_AT_STRING(struct settings, speakers), .arg = "FILE",
	 .help = "lines of \"id speaker\"; without it speakers are those that REF names, and "
		 "those in ids of LibriSpeech and AISHELL"},
	{.name = "files", OPT_AT_BOOL(struct settings, files),
	 .help = "show every file, or every utterance where REF names no files; JSON has up to "
		 "20000 without it"},
	{.name = "pairs", OPT_AT_BOOL(struct settings, pairs),
	 .help = "show every utterance with errors, before and after normalising"},
	{.name = "top", OPT_AT_INT(struct settings, top), .def = "10", .min = 0, .max = 100000,
	 .help = "how many of the most frequent errors of each kind to show"},
	{.name = "draws", OPT_AT_INT(struct settings, draws), .def = "10000", .min = 40,
	 .max = 10000000, .help = "draws of the bootstrap"},
	{.name = "seed", OPT_AT_INT(struct settings, seed), .def = "1", .min = 0, .max = 1e15,
	 .help = "seed of the bootstrap"},
	{.name = "drop_erhua", OPT_AT_BOOL(struct settings, drop_erhua),
	 .help = "Chinese: leave out er (erhua) where it only colours the sound"},
	{.name = "drop_fillers", OPT_AT_BOOL(struct settings, drop_fillers),
	 .help = "Chinese: leave out fillers; English always does"},
	{.name = "output", .letter = 'o', OPT_AT_STRING(struct settings, output), .arg = "FILE",
	 .help = "write the result here instead of to standard output"},
	{.name = "html", OPT_AT_STRING(struct settings, html), .arg = "FILE",
	 .help = "also write a page with every error marked in place"},
	{0},
};
static const struct opt *const tables[] = {options, NULL};

static int run(int argc, char **argv);

const struct command command_score = {
	.name = "score",
	.summary = "error rates of transcripts: WER, CER, mixed",
	.usage = "REF HYP [--hyp2 FILE] [options]",
	.text = "Scores the transcripts of HYP against those of REF: errors summed over the "
		"corpus, divided by the words (or characters) of the reference, with a "
		"bootstrap interval over utterances. A missing hypothesis "
		"counts as deletions and is listed.\n\n"
		"Files: JSONL (text and id, key or audio_filepath), Kaldi text (also LibriSpeech "
		"and AISHELL), trn, TSV or CSV with a header, stm, ctm, or plain lines paired by "
		"number. Words with times (ctm) go to the segments of an stm reference.\n\n"
		"With --hyp2 the exit status is 0 when both systems are aligned within the gate, "
		"1 when they are not, 5 when more utterances are needed to decide.",
	.examples = "assay score ref.jsonl hyp.jsonl --metric cer --normalize chinese\n"
		    "assay score ref.txt gpu.txt --hyp2 npu.txt  # is the port as accurate?\n"
		    "assay score ref.trn hyp.trn --html errors.html",
	.tables = tables,
	.run = run,
};

/* Everything that one call holds. */
struct work {
	struct settings s;
	struct arena *arena;
	struct transcripts *reference, *hypothesis, *second, *speakers;
	struct score *score, *score2;
	struct comparison comparison;
	struct score_output out;
};

static void release(struct work *w)
{
	score_free(w->score);
	score_free(w->score2);
	transcripts_free(w->reference);
	transcripts_free(w->hypothesis);
	transcripts_free(w->second);
	transcripts_free(w->speakers);
	arena_free(w->arena);
}

static int score_file(struct work *w, struct transcripts *hypothesis, struct score **ret_score,
		      struct bootstrap *ret_rate, struct err *e)
{
	const struct settings *s = &w->s;
	struct score_options how = {
		.unit = (enum token_unit)s->metric,
		.normalizer = (enum normalize_kind)s->normalize,
		.normalize = {s->drop_erhua, s->drop_fillers},
	};
	if (transcripts_match(w->reference, hypothesis, e) < 0 ||
	    score_corpus(w->reference, hypothesis, &how, ret_score, e) < 0)
		return -1;
	const struct score *o = *ret_score;
	return bootstrap_rate(o->errors, o->units, o->n, (size_t)s->draws, (uint64_t)s->seed,
			      ret_rate, e);
}

static int compare(struct work *w, struct err *e)
{
	struct comparison *c = &w->comparison;
	const struct score *a = w->score, *b = w->score2;
	size_t room = a->n, n = 0;
	for (size_t i = 0; i < a->n; i++)
		room += (size_t)align_reference(&a->items[i].counts);
	CLEANUP(free_ptr) uint32_t *errors_a = calloc(room, sizeof(errors_a[0]));
	CLEANUP(free_ptr) uint32_t *errors_b = calloc(room, sizeof(errors_b[0]));
	if (!errors_a || !errors_b)
		return err_sys(e, "no memory for %zu segments", room);
	for (size_t i = 0; i < a->n; i++) {
		const struct scored *x = &a->items[i], *y = &b->items[i];
		score_segments(x->ops, x->n_ops, y->ops, y->n_ops, errors_a, errors_b, &n);
		c->same_text += x->hypothesis && y->hypothesis &&
				x->hypothesis_form.len == y->hypothesis_form.len &&
				memcmp(x->hypothesis_form.data, y->hypothesis_form.data,
				       x->hypothesis_form.len) == 0;
	}
	c->mapsswe = mapsswe_test(errors_a, errors_b, n);
	if (bootstrap_difference(a->errors, b->errors, a->units, a->n, (size_t)w->s.draws,
				 (uint64_t)w->s.seed, &c->difference, e) < 0)
		return -1;
	c->gate = gate_absolute(&w->s.gate, align_rate(&a->total));
	c->relative_gate = w->s.gate.relative ? w->s.gate.value : 0;
	c->verdict = alignment_judge(&c->difference, a->n, c->gate, &c->needed);
	c->score = b;
	w->out.comparison = c;
	return 0;
}

static int name_speakers(struct work *w, struct err *e)
{
	if (!w->s.speakers)
		return 0;
	if (transcripts_read(w->s.speakers, TRANSCRIPT_KALDI, false, &w->speakers, e) < 0)
		return -1;
	return transcripts_set_speakers(w->reference, w->speakers, e);
}

static int read_all(struct work *w, const struct strings *files, struct err *e)
{
	enum transcript_format format = (enum transcript_format)w->s.hyp_format;
	if (transcripts_read(files->items[0], (enum transcript_format)w->s.ref_format, false,
			     &w->reference, e) < 0 ||
	    transcripts_read(files->items[1], format, true, &w->hypothesis, e) < 0)
		return -1;
	if (w->s.hyp2 && transcripts_read(w->s.hyp2, format, true, &w->second, e) < 0)
		return -1;
	struct transcripts *hypotheses[] = {w->hypothesis, w->second};
	if (transcripts_fit(w->reference, hypotheses, w->s.hyp2 ? 2 : 1, e) < 0)
		return -1;
	w->out.words_left_out = w->hypothesis->words_left_out;
	return name_speakers(w, e);
}

static int score_all(struct work *w, const struct strings *files, struct err *e)
{
	if (read_all(w, files, e) < 0 ||
	    score_file(w, w->hypothesis, &w->score, &w->out.rate, e) < 0)
		return -1;
	w->out.score = w->score;
	w->out.draws = (size_t)w->s.draws;
	w->out.seed = (uint64_t)w->s.seed;
	w->out.top = (size_t)w->s.top;
	w->out.pairs = w->s.pairs;
	w->out.files = w->s.files;
	if (!w->s.hyp2)
		return 0;
	if (score_file(w, w->second, &w->score2, &w->comparison.rate, e) < 0)
		return -1;
	return compare(w, e);
}

static int write_html(const struct work *w, struct err *e)
{
	CLEANUP(buf_release) struct buf page = BUF_INIT(BUF_UNLIMITED);
	score_html(&w->out, &page);
	if (page.failed)
		return err_set(e, ERR_SYSTEM, "no memory for the page '%s'", w->s.html);
	return file_write(w->s.html, page.data, page.len, e);
}

static int put_result(const struct work *w, int format)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct err e;
	if (format == FORMAT_JSON) {
		CLEANUP(json_unref) json_t *j = score_json(&w->out);
		if (json_write(j, true, &text) < 0 || buf_char(&text, '\n') < 0)
			text.failed = true;
	} else {
		score_text(&w->out, &text);
	}
	if (text.failed) {
		(void)err_set(&e, ERR_SYSTEM, "no memory to write the result");
		return command_fail(&e);
	}
	if (!w->s.output)
		return command_print(text.data, text.len);
	return file_write(w->s.output, text.data, text.len, &e) < 0 ? command_fail(&e) : 0;
}

static int verdict_status(const struct work *w)
{
	if (!w->out.comparison)
		return 0;
	switch (w->comparison.verdict) {
	case ALIGNMENT_ALIGNED:
		return 0;
	case ALIGNMENT_NOT_ALIGNED:
		return 1;
	case ALIGNMENT_UNDECIDED:
		break;
	}
	return 5;
}

static int run(int argc, char **argv)
{
	CLEANUP(release) struct work w = {.arena = arena_new()};
	struct optset set = {.rows = options, .to = &w.s};
	struct common_options common;
	struct strings files = {0};
	struct err e;
	int status;
	if (command_begin(&command_score, argc, argv, &set, 1, &common, &files, w.arena, &status))
		return status;
	status = command_operands(&command_score, &files, 2, 2);
	if (status)
		return status;
	if (w.s.gate.value == 0)
		w.s.gate.value = 0.01;
	if (score_all(&w, &files, &e) < 0 || (w.s.html && write_html(&w, &e) < 0))
		return command_fail(&e);
	status = put_result(&w, common.format);
	return status ? status : verdict_status(&w);
}
