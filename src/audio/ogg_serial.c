/* src/audio/ogg_serial.c - Ogg files that are the same on every run.
 *
 * libsndfile numbers an Ogg stream at random. The number is put to one value here, and the check
 * sum of each page (RFC 3533, section 6: CRC-32 with polynomial 0x04c11db7, not reflected) made
 * anew.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "audio/ogg_serial.h"

#define HEAD	  27
#define SERIAL_AT 14
#define CRC_AT	  22
#define COUNT_AT  26
#define SERIAL	  1

static uint32_t crc_of(const unsigned char *data, size_t len)
{
	uint32_t crc = 0;
	for (size_t i = 0; i < len; i++) {
		crc ^= (uint32_t)data[i] << 24;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc << 1) ^ (crc & 0x80000000u ? 0x04c11db7u : 0);
	}
	return crc;
}

static void put_le32(unsigned char *at, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(x >> (8 * i));
}

/* Bytes of the page that begins here; 0: none does, or it is cut. */
static size_t page_length(const unsigned char *page, size_t left)
{
	if (left < HEAD || memcmp(page, "OggS", 4) != 0)
		return 0;
	size_t segments = page[COUNT_AT];
	size_t len = HEAD + segments;
	for (size_t i = 0; i < segments && HEAD + i < left; i++)
		len += page[HEAD + i];
	return len <= left ? len : 0;
}

void ogg_fix_serial(char *data, size_t len)
{
	unsigned char *at = (unsigned char *)data;
	unsigned char *end = at + len;
	size_t n;
	while ((n = page_length(at, (size_t)(end - at))) > 0) {
		put_le32(at + SERIAL_AT, SERIAL);
		put_le32(at + CRC_AT, 0);
		put_le32(at + CRC_AT, crc_of(at, n));
		at += n;
	}
}
