Requests for other programs, and other tools' results for us. A pretended service whose times are
known:

  $ assay serve chat --worker sim --sim-ttft 50ms --sim-token-time 5ms --port 0 >service.log 2>&1 &
  $ service=$!
  $ timeout 20 sh -c 'until grep -qs listening service.log; do sleep 0.1; done'
  $ url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' service.log | head -n 1)
  $ assay bench chat $url/v1 --model sim --requests 60 --warmup 2 --concurrency 2 --max-tokens 8 \
  >   --no-targets --quiet --out own --export csv:files/requests.csv \
  >   --export vllm-detailed:files/detailed.json --export vllm:files/bench.json >/dev/null ||
  >   echo $? >status
  $ cat status 2>/dev/null | grep -v '^[45]$'
  [1]
  $ kill $service

Every measured request has its line, and nothing else is left beside the files.

  $ ls -A files
  bench.json
  detailed.json
  requests.csv
  $ cut -d, -f1-4 files/requests.csv | tr -d '\r' | sed 's/pictures[^,]*/SAMPLE/' | sort | uniq -c | sed 's/^ *//'
  60 bench chat,SAMPLE,ok,200
  1 run,sample,outcome,status
  $ python3 - <<'END'
  > import csv, json
  > rows = list(csv.DictReader(open("files/requests.csv", newline="")))
  > own = json.load(open("own/result.json"))["runs"][0]["metrics"]
  > for name in "latency", "ttft", "ttfe", "tpot", "output_tokens":
  >     values = [float(r[name]) for r in rows if r[name]]  # one read may hold a whole answer: no tpot
  >     mean = sum(values) / len(values)
  >     assert abs(mean - own[name]["mean"]) < 1e-6 * mean, (name, mean, own[name]["mean"])
  > END

The fields of vllm bench serve, by its definitions: statistics over the lists as numpy reckons them.

  $ python3 - <<'END'
  > import json, math
  > d, s = json.load(open("files/detailed.json")), json.load(open("files/bench.json"))
  > lists = "input_lens output_lens ttfts itls latencies start_times queue_times errors".split()
  > assert sorted(set(d) - set(s)) == sorted(lists), sorted(set(d) ^ set(s))
  > assert all(len(d[k]) == 60 for k in lists)
  > def percentile(v, p):
  >     v, k = sorted(v), (len(v) - 1) * p / 100
  >     low = int(k)
  >     return v[low] + (v[min(low + 1, len(v) - 1)] - v[low]) * (k - low)
  > values = {
  >     "ttft": d["ttfts"], "e2el": d["latencies"], "itl": [g for r in d["itls"] for g in r],
  >     "tpot": [(l - t) / (n - 1) for l, t, n in zip(d["latencies"], d["ttfts"], d["output_lens"])]}
  > for name, v in values.items():
  >     mean = sum(v) / len(v)
  >     want = {"mean": mean, "std": math.sqrt(sum((x - mean) ** 2 for x in v) / len(v)),
  >             "median": percentile(v, 50), "p99": percentile(v, 99), "p90": percentile(v, 90)}
  >     for stat, x in want.items():
  >         assert abs(s[f"{stat}_{name}_ms"] - x * 1e3) < 1e-4, (stat, name, s[f"{stat}_{name}_ms"], x)
  > for l, t, gaps in zip(d["latencies"], d["ttfts"], d["itls"]):
  >     assert abs(l - t - sum(gaps)) < 1e-6
  > assert s["completed"] == 60 and s["failed"] == 0 and s["max_concurrency"] == 2
  > assert s["request_rate"] == "inf" and s["total_output_tokens"] == 480
  > assert abs(s["output_throughput"] - 480 / s["duration"]) < 1e-6
  > assert s["max_concurrent_requests"] == 2
  > END

Read back, they are the numbers that we have ourselves (0.1 % is the width of a histogram's bucket;
a median of two in the middle may lie elsewhere; the gaps of theirs are more). A busy machine may make the run untrustworthy, which is
not the matter here.

  $ assay compare own files/detailed.json --format json >own-detailed.json; echo $? >status
  $ jq -r '.metrics[] | select(.metric | test("^(latency|ttfe).p50$|^request_rate$"))
  >   | select((.new.value / .base.value - 1 | fabs) > 0.1) | .metric' own-detailed.json
  $ jq -r '[.metrics[].metric] | contains(["latency.p50", "ttfe.p50", "tpot.p50", "itl.p50"])' own-detailed.json
  true
  $ assay compare files/detailed.json files/detailed.json --max 'latency.p50 +900%' >text; echo $?
  0
  $ assay compare files/bench.json files/detailed.json --max 'latency.p50 +50%' >text; echo $?
  5
  $ grep -c 'one number without an interval' text
  [1-9].* (re)

Files of other tools:

  $ golden=$TESTDIR/../golden/bridge
  $ assay compare $golden/evalscope-1.0 $golden/evalscope --lang en | grep -c ttfe.p99
  1
  $ assay compare $golden/vllm-series.jsonl $golden/vllm-series.jsonl --lang en | grep 'concurrency'
  rate inf, concurrency 1
  rate inf, concurrency 8
  $ head -c 900 $golden/vllm-detailed.json >cut.json
  $ assay compare cut.json cut.json
  assay: cut.json (read as a result of vllm): * (glob)
  [3]

Wrong words:

  $ assay bench chat $url/v1 --requests 1 --export xml:f
  assay: --export 'xml:f': say a form and a file, as in csv:requests.csv, vllm:bench.json or vllm-detailed:bench.json
  [2]
  $ assay bench chat $url/v1 --requests 1 --export csv:
  assay: --export 'csv:': say a form and a file, as in csv:requests.csv, vllm:bench.json or vllm-detailed:bench.json
  [2]
