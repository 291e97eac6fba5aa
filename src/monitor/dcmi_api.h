/* src/monitor/dcmi_api.h - our own declarations of what we call in Huawei's libdcmi.so.
 *
 * Layouts for LP64, from the vendor's DCMI API reference (Ascend 910B, 910_93, 950).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_DCMI_API_H
#define MONITOR_DCMI_API_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define DCMI_NOT_SUPPORTED (-8255)
#define DCMI_TYPE_NPU 0
#define DCMI_TEMPERATURE_BAD 0x7ffd	/* and above: invalid, read failed */

enum dcmi_utilization { DCMI_UTIL_AICORE = 2, DCMI_UTIL_AICPU = 3, DCMI_UTIL_CTRLCPU = 4,
			DCMI_UTIL_BANDWIDTH = 10, DCMI_UTIL_VECTOR = 12, DCMI_UTIL_NPU = 13 };

struct dcmi_hbm {
	uint64_t size_mb;
	uint32_t freq_mhz;
	uint64_t used_mb;
	int32_t temperature;
	uint32_t bandwidth_percent;
};

struct dcmi_memory {
	uint64_t size_mb, available_mb;
	uint32_t freq_mhz;
	unsigned long hugepage_kb, hugepages, hugepages_free;
	uint32_t percent;
	uint8_t reserve[256];	/* larger than theirs: the size grew between versions */
};

struct dcmi_chip {
	uint8_t type[32], name[32], version[32];
	uint32_t aicores;
	uint8_t npu_name[32];
	uint8_t reserve[128];
};

struct dcmi_ecc {
	int32_t enabled;
	uint32_t single, dual, single_total, dual_total, single_pages, dual_pages;
	uint8_t reserve[64];
};

struct dcmi_aicore {
	uint32_t freq_mhz, now_mhz;
};

struct dcmi_process {
	int pid;
	unsigned long bytes;
};

/* Each NULL when the library lacks it. Functions of the second generation (950) take no card:
 * dcmi_call() sees to that. */
struct dcmi {
	bool v2;
	int (*init)(void);
	int (*card_list)(int *num, int *list, int len);
	int (*device_num)(int card, int *num);
	int (*device_type)(int card, int dev, int *type);
	int (*chip_info)(int card, int dev, struct dcmi_chip *);
	int (*utilization)(int card, int dev, int type, unsigned *percent);
	int (*hbm)(int card, int dev, struct dcmi_hbm *);
	int (*memory)(int card, int dev, struct dcmi_memory *);
	int (*temperature)(int card, int dev, int *celsius);
	int (*power)(int card, int dev, int *deciwatt);
	int (*health)(int card, int dev, unsigned *health);
	int (*error_codes)(int card, int dev, int *count, unsigned *list, unsigned len);
	int (*aicore)(int card, int dev, struct dcmi_aicore *);
	int (*ecc)(int card, int dev, int type, struct dcmi_ecc *);
	int (*processes)(int card, int dev, struct dcmi_process *, int *num);
	int (*logic_id)(int *logic, int card, int dev);
	/* second generation */
	int (*list2)(int *list, int *num, int len);
	int (*utilization2)(int dev, int type, unsigned *percent);
	int (*hbm2)(int dev, struct dcmi_hbm *);
	int (*temperature2)(int dev, int *celsius);
	int (*power2)(int dev, int *deciwatt);
	int (*health2)(int dev, unsigned *health);
	int (*chip_info2)(int dev, struct dcmi_chip *);
	int (*aicore2)(int dev, struct dcmi_aicore *);
	int (*ecc2)(int dev, int type, struct dcmi_ecc *);
	int (*processes2)(int dev, struct dcmi_process *, int *num);
};

/* Call the one or the other generation; -8255 when the library has none. */
#define DCMI_CALL(api, f, card, dev, ...) \
	((api)->v2 ? ((api)->f##2 ? (api)->f##2((dev), __VA_ARGS__) : DCMI_NOT_SUPPORTED) \
		   : ((api)->f ? (api)->f((card), (dev), __VA_ARGS__) : DCMI_NOT_SUPPORTED))

/* Load, initialise, and choose the generation. */
int dcmi_load(struct dcmi *ret, struct err *e);

/* What a code means; "" when it is not known. */
const char *dcmi_error_text(int code);

#endif
