/* workers/draw/text.c - text of any script for which a font is installed.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#include "base/str.h"
#include "draw.h"

/* Is there a family of this name? pango would silently take another one. */
static bool font_known(const char *name)
{
	PangoFontFamily **families;
	int n;
	bool found = false;
	pango_font_map_list_families(pango_cairo_font_map_get_default(), &families, &n);
	for (int i = 0; i < n && !found; i++)
		found = str_equal_nocase(pango_font_family_get_name(families[i]), name);
	g_free(families);
	return found;
}

/* Unhinted grey anti-aliasing: the same on every screen setting. */
static PangoLayout *make_layout(struct canvas *c, const char *text, const char *font, double size)
{
	PangoLayout *layout = pango_cairo_create_layout(c->cr);
	cairo_font_options_t *options = cairo_font_options_create();
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(pango_layout_get_context(layout), options);
	cairo_font_options_destroy(options);

	PangoFontDescription *description = pango_font_description_new();
	pango_font_description_set_family(description, font ? font : "DejaVu Sans");
	pango_font_description_set_absolute_size(description, size * PANGO_SCALE);
	pango_layout_set_font_description(layout, description);
	pango_font_description_free(description);
	pango_layout_set_text(layout, text, -1);
	return layout;
}

int text_at(struct canvas *c, const char *text, const char *font, double size, struct color color,
	    double x, double y, enum anchor anchor, const struct item *it, struct err *e)
{
	if (font && !font_known(font))
		return err_set(e, ERR_USAGE, "%s: this machine has no such 'font'", it->where);
	PangoLayout *layout = make_layout(c, text, font, size);
	if (pango_layout_get_unknown_glyphs_count(layout) > 0) {
		g_object_unref(layout);
		return err_set(e, ERR_UNSUPPORTED,
			       "%s: no installed font has all characters of its text (for Chinese "
			       "install fonts-wqy-microhei)", it->where);
	}
	PangoRectangle box;
	pango_layout_get_extents(layout, NULL, &box);
	double width = (double)box.width / PANGO_SCALE;
	double height = (double)box.height / PANGO_SCALE;
	if (anchor == ANCHOR_CENTER || anchor == ANCHOR_TOP_CENTER) {
		x -= width / 2;
		pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
	}
	if (anchor == ANCHOR_RIGHT_MIDDLE)
		x -= width;
	if (anchor == ANCHOR_CENTER || anchor == ANCHOR_RIGHT_MIDDLE)
		y -= height / 2;
	cairo_move_to(c->cr, x, y);
	cairo_set_source_rgb(c->cr, color.r, color.g, color.b);
	pango_cairo_show_layout(c->cr, layout);
	g_object_unref(layout);
	return 0;
}

static const char *const text_keys[] = {
	"text", "x", "y", "size", "color", "font", "align", NULL,
};

int text_draw(struct canvas *c, const struct item *it, struct err *e)
{
	const char *text, *font, *align;
	struct color color;
	double x, y, size;
	if (item_keys(it, text_keys, e) < 0 || item_text(it, "text", NULL, &text, e) < 0 ||
	    item_text(it, "font", "", &font, e) < 0 ||
	    item_text(it, "align", "left", &align, e) < 0 ||
	    item_color(it, "color", "black", &color, e) < 0 ||
	    item_number(it, "x", -SIDE_MAX, 2 * SIDE_MAX, NAN, &x, e) < 0 ||
	    item_number(it, "y", -SIDE_MAX, 2 * SIDE_MAX, NAN, &y, e) < 0 ||
	    item_number(it, "size", 1, 4096, NAN, &size, e) < 0)
		return -1;
	bool center = strcmp(align, "center") == 0;
	if (!center && strcmp(align, "left") != 0)
		return err_set(e, ERR_USAGE, "%s: 'align' must be left or center", it->where);
	return text_at(c, text, *font ? font : NULL, size, color, x, y,
		       center ? ANCHOR_CENTER : ANCHOR_TOP_LEFT, it, e);
}

void text_close(void)
{
	pango_cairo_font_map_set_default(NULL);
}
