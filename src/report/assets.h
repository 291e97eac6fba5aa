/* src/report/assets.h - the files of the report page, embedded at build time (embed.sh).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_ASSETS_H
#define REPORT_ASSETS_H

extern const char asset_report_css[], asset_report_js[], asset_theme_js[],
	asset_switches_js[], asset_live_js[];
extern const char asset_dygraph_min_css[], asset_dygraph_min_js[];

#endif
