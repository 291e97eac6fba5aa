/* src/report/html_text.c - see html_text.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/html_text.h"

#include <openssl/err.h>
#include <openssl/sha.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "report/grid.h"
#include "result/format.h"

static void escape_char(struct buf *out, char c)
{
	switch (c) {
	case '<':
		(void)buf_str(out, "&lt;");
		break;
	case '>':
		(void)buf_str(out, "&gt;");
		break;
	case '&':
		(void)buf_str(out, "&amp;");
		break;
	case '"':
		(void)buf_str(out, "&quot;");
		break;
	case '\'':
		(void)buf_str(out, "&#39;");
		break;
	default:
		if ((unsigned char)c < ' ' && c != '\n' && c != '\t')
			(void)buf_str(out, "\xEF\xBF\xBD");
		else
			(void)buf_char(out, c);
	}
}

void html_text(struct buf *out, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	for (size_t i = 0; i < len;) {
		size_t good = str_utf8_valid(text + i, len - i);
		for (size_t k = 0; k < good; k++)
			escape_char(out, text[i + k]);
		i += good;
		if (i < len) {
			(void)buf_str(out, "\xEF\xBF\xBD");
			i++;
		}
	}
}

void html_both(struct buf *out, const char *en, const char *zh)
{
	if (!zh || (en && strcmp(en, zh) == 0)) {
		html_text(out, en);
		return;
	}
	(void)buf_str(out, "<span lang=\"en\">");
	html_text(out, en);
	(void)buf_str(out, "</span><span lang=\"zh\">");
	html_text(out, zh);
	(void)buf_str(out, "</span>");
}

static void open_tag(struct buf *out, const char *tag, const char *class)
{
	(void)buf_fmt(out, "<%s", tag);
	if (class)
		(void)buf_fmt(out, " class=\"%s\"", class);
	(void)buf_char(out, '>');
}

void html_tag(struct buf *out, const char *tag, const char *class, const char *text)
{
	open_tag(out, tag, class);
	html_text(out, text);
	(void)buf_fmt(out, "</%s>", tag);
}

void html_tag_both(struct buf *out, const char *tag, const char *class, const char *en,
		   const char *zh)
{
	open_tag(out, tag, class);
	html_both(out, en, zh);
	(void)buf_fmt(out, "</%s>", tag);
}

void html_fact_both(struct buf *out, const char *en, const char *zh, const char *value,
		    const char *value_zh)
{
	if (!value || !*value)
		return;
	(void)buf_str(out, "<div><dt>");
	html_both(out, en, zh);
	(void)buf_str(out, "</dt>");
	html_tag_both(out, "dd", NULL, value, value_zh);
	(void)buf_str(out, "</div>");
}

void html_fact(struct buf *out, const char *en, const char *zh, const char *value)
{
	html_fact_both(out, en, zh, value, NULL);
}

void html_head(struct buf *out, const char *class, const char *en, const char *zh)
{
	open_tag(out, "th", class);
	html_both(out, en, zh);
	(void)buf_str(out, "</th>");
}

void html_table(struct buf *out, const char *class, const struct html_column *heads)
{
	(void)buf_str(out, "<div class=\"wide\">");
	open_tag(out, "table", class);
	(void)buf_str(out, "<thead><tr>");
	for (; heads->en; heads++)
		html_head(out, heads->class, heads->en, heads->zh);
	(void)buf_str(out, "</tr></thead><tbody>\n");
}

void html_table_end(struct buf *out)
{
	(void)buf_str(out, "</tbody></table></div>\n");
}

void html_cell(struct buf *out, const char *class, const char *text)
{
	html_tag(out, "td", class, text && *text ? text : "–");
}

void html_verdict_words(struct buf *out, enum verdict v, const char *en, const char *zh)
{
	(void)buf_fmt(out, "<span class=\"v %s\"><i>%s</i> ", verdict_name(v), verdict_sign(v));
	html_both(out, en ? en : verdict_text(v, false),
		  en ? zh ? zh : en : verdict_text(v, true));
	(void)buf_str(out, "</span>");
}

void html_verdict(struct buf *out, enum verdict v)
{
	html_verdict_words(out, v, NULL, NULL);
}

int html_json(struct buf *out, const json_t *j)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	if (json_write(j, false, &text) < 0)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		if (c == '<' || c == '>' || c == '&')
			(void)buf_fmt(out, "\\u%04x", (unsigned)c);
		else
			(void)buf_char(out, c);
	}
	return out->failed ? -1 : 0;
}

void html_number(struct buf *out, const char *metric, double value)
{
	char text[FORMAT_MAX];
	format_metric(text, sizeof(text), metric, value);
	html_cell(out, "num", text);
}

static void policy_hash(struct buf *out, const char *text)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	if (!SHA256((const unsigned char *)text, strlen(text), digest)) {
		ERR_clear_error();	/* no memory: with a wrong hash the page would not work */
		out->failed = true;
		return;
	}
	(void)buf_str(out, " 'sha256-");
	(void)base64_encode(digest, sizeof(digest), out);
	(void)buf_char(out, '\'');
}

void html_policy(struct buf *out, const char *const *scripts, const char *more)
{
	(void)buf_str(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
		      "'none'; style-src 'unsafe-inline'; script-src");
	for (; *scripts; scripts++)
		policy_hash(out, *scripts);
	(void)buf_fmt(out, "%s\">\n", more ? more : "");
}
