/* src/report/live_page.c - see live_page.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/live_page.h"

#include "base/util.h"
#include "report/assets.h"
#include "report/html_text.h"
#include "report/writers.h"

static const char body[] =
	"<body><header class=\"bar\"><b>assay</b><nav></nav><span class=\"switches\" hidden>"
	"<button type=\"button\" id=\"lang\"></button>"
	"<button type=\"button\" id=\"theme\"></button></span></header><main>"
	"<section class=\"verdict\" id=\"now\"><h1></h1><p class=\"sub\"></p>"
	"<p class=\"alert\" id=\"lost\" hidden><span lang=\"en\">No connection to assay: the run "
	"is over, or this machine was asleep. Trying again.</span><span lang=\"zh\">与 assay "
	"的连接已断开:运行已结束,或本机休眠。正在重试。</span></p></section>"
	"<section><div class=\"wide\"><table id=\"phases\"><thead><tr></tr></thead><tbody></tbody>"
	"</table></div><p class=\"note\" id=\"note\"></p></section>"
	"<section class=\"plots\" id=\"plots\"></section></main>";

int live_page(const char *lang, struct buf *out, struct err *e)
{
	const struct writer_options o = {.lang = lang};
	const char *const scripts[] = {asset_theme_js, asset_dygraph_min_js, asset_switches_js,
				       asset_live_js, NULL};
	const char *code = writer_chinese(&o) ? "zh" : "en";
	bool automatic = !lang || strcmp(lang, "auto") == 0;
	(void)buf_fmt(out, "<!doctype html>\n<html lang=\"%s\" data-lang=\"%s\"%s>\n<head>\n"
		      "<meta charset=\"utf-8\">\n", code, code, automatic ? " data-auto" : "");
	html_policy(out, scripts, "; connect-src 'self'; img-src data:");
	(void)buf_str(out, "<meta name=\"viewport\" content=\"width=device-width, "
		      "initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n"
		      "<title>assay</title>\n<style>");
	(void)buf_str(out, asset_dygraph_min_css);
	(void)buf_str(out, asset_report_css);
	(void)buf_fmt(out, "</style>\n<script>%s</script></head>\n%s\n", scripts[0], body);
	for (size_t i = 1; scripts[i]; i++) {
		(void)buf_str(out, "<script>");
		(void)buf_str(out, scripts[i]);
		(void)buf_str(out, "</script>\n");
	}
	(void)buf_str(out, "</html>\n");
	return out->failed ? err_set(e, ERR_SYSTEM, "out of memory for the live page") : 0;
}
