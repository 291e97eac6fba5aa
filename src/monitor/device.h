/* src/monitor/device.h - what was read of one accelerator, from whatever source.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_DEVICE_H
#define MONITOR_DEVICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "monitor/sampler.h"

/* id, key in JSON, name of the series, unit there, factor from the one to the other.
 * "mb" is what the vendors' tools call MB: 2^20 bytes. */
#define QUANTITIES(X) \
	X(POWER, "power_w", "power", "W", 1) \
	X(TEMPERATURE, "temperature_c", "temperature", "°C", 1) \
	X(UTILIZATION, "utilization_percent", "utilization", "%", 1) \
	X(VECTOR, "vector_percent", "vector_utilization", "%", 1) \
	X(CUBE, "cube_percent", "cube_utilization", "%", 1) \
	X(OVERALL, "overall_percent", "overall_utilization", "%", 1) \
	X(AICPU, "aicpu_percent", "aicpu_utilization", "%", 1) \
	X(CTRLCPU, "ctrlcpu_percent", "ctrlcpu_utilization", "%", 1) \
	X(MEMORY_USED, "memory_used_mb", "memory_used", "B", 1048576) \
	X(MEMORY_TOTAL, "memory_total_mb", "memory_total", "B", 1048576) \
	X(MEMORY_PERCENT, "memory_percent", "memory_share", "%", 1) \
	X(BANDWIDTH, "memory_bandwidth_percent", "memory_bandwidth", "%", 1) \
	X(MEMORY_TEMPERATURE, "memory_temperature_c", "memory_temperature", "°C", 1) \
	X(MEMORY_CLOCK, "memory_clock_mhz", "memory_clock", "Hz", 1e6) \
	X(DDR_USED, "ddr_used_mb", "ddr_used", "B", 1048576) \
	X(DDR_TOTAL, "ddr_total_mb", "ddr_total", "B", 1048576) \
	X(DDR_PERCENT, "ddr_percent", "ddr_share", "%", 1) \
	X(DDR_BANDWIDTH, "ddr_bandwidth_percent", "ddr_bandwidth", "%", 1) \
	X(HUGEPAGES_USED, "hugepages_used", "hugepages_used", "count", 1) \
	X(HUGEPAGES_TOTAL, "hugepages_total", "hugepages_total", "count", 1) \
	X(CLOCK, "clock_mhz", "clock", "Hz", 1e6) \
	X(CLOCK_MAX, "clock_max_mhz", NULL, "Hz", 1e6) \
	X(CORES, "aicore_count", NULL, "count", 1) \
	X(VOLTAGE, "voltage_v", "voltage", "V", 1) \
	X(POWER_LIMIT, "power_limit_w", NULL, "W", 1) \
	X(ECC_DDR_SINGLE, "ecc_ddr_single", "ecc_ddr_single", "count", 1) \
	X(ECC_DDR_DOUBLE, "ecc_ddr_double", "ecc_ddr_double", "count", 1) \
	X(ECC_DDR_SINGLE_ALL, "ecc_ddr_single_total", "ecc_ddr_single_total", "count", 1) \
	X(ECC_DDR_DOUBLE_ALL, "ecc_ddr_double_total", "ecc_ddr_double_total", "count", 1) \
	X(ECC_DDR_SINGLE_PAGES, "ecc_ddr_single_pages", "ecc_ddr_single_pages", "count", 1) \
	X(ECC_DDR_DOUBLE_PAGES, "ecc_ddr_double_pages", "ecc_ddr_double_pages", "count", 1) \
	X(ECC_HBM_SINGLE, "ecc_hbm_single", "ecc_hbm_single", "count", 1) \
	X(ECC_HBM_DOUBLE, "ecc_hbm_double", "ecc_hbm_double", "count", 1) \
	X(ECC_HBM_SINGLE_ALL, "ecc_hbm_single_total", "ecc_hbm_single_total", "count", 1) \
	X(ECC_HBM_DOUBLE_ALL, "ecc_hbm_double_total", "ecc_hbm_double_total", "count", 1) \
	X(ECC_HBM_SINGLE_PAGES, "ecc_hbm_single_pages", "ecc_hbm_single_pages", "count", 1) \
	X(ECC_HBM_DOUBLE_PAGES, "ecc_hbm_double_pages", "ecc_hbm_double_pages", "count", 1)

enum quantity {
#define QUANTITY_ENUM(id, key, series, unit, factor) Q_##id,
	QUANTITIES(QUANTITY_ENUM)
#undef QUANTITY_ENUM
	Q_COUNT,
};

struct device_process {
	int64_t pid;
	int64_t container_pid;	/* -1: not said */
	const char *name;	/* NULL: not visible */
	double memory_mb;	/* NaN: not said */
};

/* -1, NULL and NaN: not known. Texts and arrays belong to an arena. */
struct device {
	const char *source;	/* npu-smi, dcmi, nvml, npu-exporter, … */
	int64_t npu, chip;	/* NVIDIA: index, none */
	int64_t logic_id, phy_id, slot_id, device_id;
	int64_t chip_count, samples;
	const char *name, *health, *bus_id, *uuid;
	const char *software_version, *firmware_version, *compatibility;
	struct strings error_codes;
	bool error_codes_known;
	const char *error_information;
	double q[Q_COUNT];
	struct device_process *processes;
	size_t n_processes;
	bool processes_known;	/* false: the list says nothing about there being none */
};

/* What was read at once: devices, and what went wrong instead. */
struct capture {
	struct arena *arena;
	struct device *devices;
	size_t n;
	const char *tool_version, *driver_version;
	const char *firmware_version, *cann_version, *nnae_version;
	const char *driver_needs_firmware, *firmware_needs_driver;
	int64_t total_count;	/* -1: not said */
	const char *error;	/* NULL: none */
	int error_code;		/* 0: not known */
	const char *advice;	/* what to do about the error */
	struct strings warnings;
};

void capture_init(struct capture *c, struct arena *a);

/* A new device of the capture with nothing known. */
struct device *capture_add(struct capture *c, const char *source);

/* The device with this NPU and chip (chip -1: the first of the NPU), or NULL. */
struct device *capture_find(struct capture *c, int64_t npu, int64_t chip);

/* INTERFACES.md's document. Caller: decref. */
json_t *capture_to_json(const struct capture *c);

/* "npu 0 chip 1", "npu 0", "gpu 3". size >= 64. */
void device_label(const struct device *d, char *out, size_t size);

/* All that is known, as readings. */
void device_to_sink(const struct device *d, struct sink *out);

#endif
