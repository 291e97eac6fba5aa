/* src/text/english_spelling.c - British to American spelling.
 *
 * Both sides of a comparison go through it, so a rule may be wider than the language: it must
 * only never make one word of two that sound different.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "text/rules.h"

struct pair {
	const char *from, *to;
};

static const struct pair words[] = {
	{"aeroplane", "airplane"}, {"ageing", "aging"}, {"aluminium", "aluminum"},
	{"amongst", "among"}, {"analogue", "analog"}, {"burnt", "burned"},
	{"cancelation", "cancellation"},
	{"catalogue", "catalog"}, {"cheque", "check"}, {"cheques", "checks"}, {"cosy", "cozy"},
	{"defence", "defense"}, {"dialogue", "dialog"}, {"dialogues", "dialogs"},
	{"draught", "draft"}, {"dreamt", "dreamed"}, {"enrol", "enroll"}, {"enquiry", "inquiry"},
	{"fulfil", "fulfill"}, {"gaol", "jail"}, {"grey", "gray"}, {"greyer", "grayer"},
	{"instalment", "installment"}, {"jewellery", "jewelry"}, {"judgement", "judgment"},
	{"kerb", "curb"}, {"learnt", "learned"}, {"licence", "license"}, {"manoeuvre", "maneuver"},
	{"manoeuvred", "maneuvered"}, {"manoeuvres", "maneuvers"},
	{"manoeuvring", "maneuvering"}, {"maths", "math"},
	{"mould", "mold"}, {"moustache", "mustache"}, {"mum", "mom"}, {"offence", "offense"},
	{"plough", "plow"}, {"practise", "practice"}, {"practised", "practiced"},
	{"practising", "practicing"}, {"pretence", "pretense"}, {"programme", "program"},
	{"programmes", "programs"}, {"pyjamas", "pajamas"}, {"sceptic", "skeptic"},
	{"sceptical", "skeptical"}, {"skilful", "skillful"}, {"smoulder", "smolder"},
	{"spelt", "spelled"}, {"storey", "story"}, {"storeys", "stories"}, {"sulphur", "sulfur"},
	{"towards", "toward"}, {"tyre", "tire"}, {"tyres", "tires"}, {"whilst", "while"},
	{"wilful", "willful"}, {"woollen", "woolen"},
};

/* Anywhere in a word. */
static const struct pair parts[] = {
	{"arbour", "arbor"}, {"armour", "armor"}, {"behaviour", "behavior"},
	{"candour", "candor"}, {"clamour", "clamor"}, {"colour", "color"},
	{"demeanour", "demeanor"}, {"endeavour", "endeavor"}, {"favour", "favor"},
	{"fervour", "fervor"}, {"flavour", "flavor"}, {"glamour", "glamor"},
	{"honour", "honor"}, {"humour", "humor"}, {"labour", "labor"}, {"neighbour", "neighbor"},
	{"odour", "odor"}, {"parlour", "parlor"}, {"rancour", "rancor"}, {"rigour", "rigor"},
	{"rumour", "rumor"}, {"saviour", "savior"}, {"savour", "savor"},
	{"splendour", "splendor"}, {"tumour", "tumor"}, {"valour", "valor"},
	{"vapour", "vapor"}, {"vigour", "vigor"},
	{"centred", "centered"}, {"centre", "center"}, {"centring", "centering"},
	{"theatre", "theater"},
	{"metre", "meter"}, {"litre", "liter"}, {"fibre", "fiber"}, {"calibre", "caliber"},
	{"lustre", "luster"}, {"sombre", "somber"}, {"spectre", "specter"}, {"meagre", "meager"},
	{"sabre", "saber"}, {"anaesthe", "anesthe"}, {"anaemi", "anemi"},
	{"encyclopaedi", "encyclopedi"}, {"foetus", "fetus"}, {"haemo", "hemo"},
	{"leukaemi", "leukemi"}, {"oesophag", "esophag"}, {"oestrogen", "estrogen"},
	{"orthopaedi", "orthopedi"}, {"paediatri", "pediatri"}, {"manoeuvr", "maneuver"},
	{"artefact", "artifact"}, {"yse", "yze"}, {"ysing", "yzing"},
};

/* At the end of a word of six letters and more. */
static const struct pair ends[] = {
	{"ise", "ize"}, {"ised", "ized"}, {"iser", "izer"}, {"isers", "izers"}, {"ises", "izes"},
	{"ising", "izing"}, {"isation", "ization"}, {"isations", "izations"},
};

/* A doubled l before ed, ing, er, or. */
static const char *const doubles[] = {
	"cancel", "channel", "counsel", "dial", "equal", "fuel", "initial", "jewel", "label",
	"level", "marvel", "model", "panel", "quarrel", "signal", "total", "travel", "tunnel",
};

/* Written with s on both sides of the Atlantic: left alone, for the eye only. */
static const char *const always_s[] = {
	"advertise", "advise", "arise", "chastise", "comprise", "compromise", "concise",
	"demise", "despise", "devise", "disguise", "enterprise", "excise", "exercise",
	"expertise", "franchise", "improvise", "merchandise", "otherwise", "paradise", "praise",
	"precise", "premise", "promise", "raise", "revise", "supervise", "surprise",
	"televise", "treatise", "likewise", "noise", "poise", "bruise", "cruise", "turquoise",
};

static bool ends_with(struct span w, const char *end)
{
	size_t n = strlen(end);
	return w.len > n && memcmp(w.data + w.len - n, end, n) == 0;
}

static bool starts_with(struct span w, const char *start)
{
	size_t n = strlen(start);
	return w.len >= n && memcmp(w.data, start, n) == 0;
}

/* "advise", "advised", "advising": the stem without its e begins the word. */
static bool keeps_s(struct span w)
{
	for (size_t i = 0; i < ARRAY_LEN(always_s); i++) {
		size_t n = strlen(always_s[i]) - 1;
		if (w.len >= n && w.len <= n + 4 && memcmp(w.data, always_s[i], n) == 0)
			return true;
	}
	return false;
}

static bool single_l(struct span w, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(doubles); i++) {
		size_t n = strlen(doubles[i]);
		if (w.len > n + 1 && starts_with(w, doubles[i]) && w.data[n] == 'l' &&
		    strchr("eio", w.data[n + 1])) {
			(void)buf_add(out, w.data, n);
			(void)buf_add(out, w.data + n + 1, w.len - n - 1);
			return true;
		}
	}
	return false;
}

static void replace(struct span w, size_t at, const struct pair *p, struct buf *out)
{
	size_t n = strlen(p->from);
	(void)buf_add(out, w.data, at);
	(void)buf_str(out, p->to);
	(void)buf_add(out, w.data + at + n, w.len - at - n);
}

void english_spelling(struct span w, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (span_is(w, words[i].from)) {
			(void)buf_str(out, words[i].to);
			return;
		}
	if (w.len < 5 || single_l(w, out)) {
		if (w.len < 5)
			(void)buf_add(out, w.data, w.len);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const char *at = memmem(w.data, w.len, parts[i].from, strlen(parts[i].from));
		if (at) {
			replace(w, (size_t)(at - w.data), &parts[i], out);
			return;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(ends) && w.len >= 6 && !keeps_s(w); i++)
		if (ends_with(w, ends[i].from)) {
			replace(w, w.len - strlen(ends[i].from), &ends[i], out);
			return;
		}
	(void)buf_add(out, w.data, w.len);
}
