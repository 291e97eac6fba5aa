/* src/store/schema.c - see schema.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

const char schema_sql[] =
	"CREATE TABLE result (id INTEGER PRIMARY KEY CHECK (id = 1), tool_version TEXT,"
	" title TEXT, command TEXT, verdict TEXT, sentence TEXT, started TEXT,"
	" start_wall_ns INTEGER, duration_s REAL, environment TEXT, json TEXT NOT NULL);"
	"CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT NOT NULL, suite TEXT,"
	" service TEXT, kind TEXT, protocol TEXT, url TEXT, start_wall_ns INTEGER,"
	" duration_s REAL, attempted INTEGER, ok INTEGER, failed INTEGER, unsent INTEGER,"
	" verdict TEXT, trustworthy INTEGER, error TEXT, settings TEXT, json TEXT NOT NULL);"
	"CREATE TABLE metric (run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
	" name TEXT NOT NULL, unit TEXT, n INTEGER, mean REAL, min REAL, p50 REAL, p90 REAL,"
	" p95 REAL, p99 REAL, p999 REAL, max REAL, value REAL, note TEXT);"
	"CREATE TABLE target (run_id INTEGER REFERENCES run ON DELETE CASCADE,"
	" metric TEXT NOT NULL, \"limit\" TEXT NOT NULL, value REAL, lo REAL, hi REAL,"
	" n INTEGER, verdict TEXT, needed INTEGER, why TEXT);"
	"CREATE TABLE window (run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
	" from_s REAL, to_s REAL, started INTEGER, ok INTEGER, failed INTEGER, in_flight REAL,"
	" latency_p50 REAL, latency_p99 REAL, ttft_p50 REAL);"
	"CREATE TABLE failure (run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
	" reason TEXT NOT NULL, status INTEGER, count INTEGER, sample TEXT, detail TEXT);"
	"CREATE TABLE case_result (id TEXT, suite TEXT, service TEXT, name TEXT, verdict TEXT,"
	" finding TEXT, detail TEXT, source TEXT, again TEXT, seconds REAL, json TEXT NOT NULL);"
	"CREATE TABLE accuracy (service TEXT, metric TEXT, normalizer TEXT, utterances INTEGER,"
	" reference_rate REAL, candidate_rate REAL, difference REAL, lo REAL, hi REAL,"
	" gate REAL, verdict TEXT, json TEXT NOT NULL);"
	"CREATE TABLE soak (hours REAL, windows INTEGER, gaps INTEGER, requests INTEGER,"
	" failed INTEGER, error_rate REAL, verdict TEXT, json TEXT NOT NULL);"
	"CREATE TABLE soak_part (id INTEGER PRIMARY KEY, soak INTEGER NOT NULL,"
	" start_wall_ns INTEGER NOT NULL, start_ns INTEGER NOT NULL, boot TEXT NOT NULL,"
	" ended INTEGER NOT NULL, about TEXT NOT NULL);"
	"CREATE TABLE soak_step (soak INTEGER NOT NULL, number INTEGER NOT NULL,"
	" part INTEGER NOT NULL REFERENCES soak_part, json TEXT NOT NULL,"
	" PRIMARY KEY (soak, number));"
	"CREATE TABLE soak_window (soak INTEGER NOT NULL, number INTEGER NOT NULL,"
	" service TEXT NOT NULL, start_wall_ns INTEGER NOT NULL,"
	" from_s REAL, to_s REAL, started INTEGER, ok INTEGER, failed INTEGER, in_flight REAL,"
	" latency_p50 REAL, latency_p99 REAL, ttft_p50 REAL,"
	" PRIMARY KEY (soak, number, service));"
	"CREATE TABLE series (id INTEGER PRIMARY KEY, source TEXT, device TEXT, name TEXT,"
	" unit TEXT);"
	"CREATE TABLE reading (series_id INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,"
	" at_ns INTEGER NOT NULL, value REAL NOT NULL);"
	"CREATE INDEX metric_run ON metric (run_id);"
	"CREATE INDEX window_run ON window (run_id);"
	"CREATE INDEX reading_series ON reading (series_id);";

const char schema_used_sql[] =
	"SELECT 1 WHERE EXISTS (SELECT 1 FROM result) OR EXISTS (SELECT 1 FROM run)"
	" OR EXISTS (SELECT 1 FROM case_result) OR EXISTS (SELECT 1 FROM accuracy)"
	" OR EXISTS (SELECT 1 FROM soak) OR EXISTS (SELECT 1 FROM series)";

const char schema_clear_sql[] =
	"DELETE FROM result; DELETE FROM target; DELETE FROM metric; DELETE FROM window;"
	"DELETE FROM failure; DELETE FROM run; DELETE FROM case_result; DELETE FROM accuracy;"
	"DELETE FROM soak; DELETE FROM reading; DELETE FROM series;";
