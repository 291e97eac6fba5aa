/* src/report/xml.h - text inside XML.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_XML_H
#define REPORT_XML_H

#include "base/buf.h"

/* Escaped for text and for attributes in double quotes. XML 1.0 has no way to write most control
 * characters, U+FFFE and U+FFFF, nor bytes that are no UTF-8: U+FFFD stands for them. */
void xml_text(struct buf *out, const char *text);

/* ` name="value"` */
void xml_attribute(struct buf *out, const char *name, const char *value);

#endif
