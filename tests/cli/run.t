A service to test against: the sim, which answers by given laws.

  $ serve() { assay serve chat --worker sim --port 0 --sim-ttft 20ms --sim-token-time 2ms --sim-tokens 8 >"$1" 2>/dev/null & echo $! >"$1.pid"
  >   until grep -qs listening "$1"; do read -rt 0.05 <> <(:) || :; done
  >   sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$1"; }
  $ count() { curl -s "$1/metrics" | awk '/^assay_requests_total.*chat.*"200"/ { n += $2 } END { print n + 0 }'; }
  $ answered() { local before=$(count $1)
  >   until [ $(($(count $1) - before)) -ge $2 ]; do read -rt 0.05 <> <(:) || :; done; }
  $ url=$(serve one)
  $ printf '{"id":"a","question":"hello"}\n{"id":"b","question":"good day"}\n' >prompts.jsonl

A bench prints one JSON document and nothing else on standard output. (Status 4 where other tests keep the machine busy.)

  $ assay bench chat $url/v1 --model sim --data prompts.jsonl --requests 20 --concurrency 4 --max-tokens 8 --no-monitor --no-targets --quiet --format json >r.json || [ $? -eq 4 ]
  $ jq -c '.runs[0].counts.attempted, .runs[0].counts.ok, .runs[0].metrics.ttft.n, .runs[0].metrics.output_tokens.p50' r.json
  20
  20
  20
  8

The answers came as slowly as the sim was told, never faster (a first token that is late on a busy
machine makes the gaps behind it shorter: they have no least length).

  $ jq '.runs[0].metrics | .ttft.min >= 0.0195 and .latency.min >= 0.033' r.json
  true

A target that is missed is status 1 (4 when the machine was too busy for numbers to be trusted).

  $ failed() { case $1 in 1 | 4) echo failed ;; *) echo "status $1" ;; esac; }

  $ assay bench chat $url/v1 --model sim --data prompts.jsonl --requests 10 --no-monitor --targets '{ttft.p50: "< 1ms"}' --quiet --format json >r.json; failed $?
  failed
  $ jq -c '.runs[0].targets[0].verdict' r.json
  "fail"

Ctrl-C ends a run with a report of what was measured, status 4.

  $ bash -ic 'exec assay bench chat $0/v1 --model sim --data prompts.jsonl --duration 60s --no-monitor --quiet --format json' $url >r.json 2>/dev/null & bench=$!
  $ answered $url 15; kill -INT $bench; wait $bench; echo $?
  4
  $ jq -c '.runs[0].counts.ok > 10, .interrupted' r.json
  true
  true

A folder is that of the run that began there last: nothing of an earlier one is left in it, also
when the new one is killed.

  $ assay bench chat $url/v1 --model sim --data prompts.jsonl --requests 6 --no-monitor --no-targets --quiet --out folder >/dev/null || [ $? -eq 4 ]
  $ ls folder
  junit.xml
  metrics.csv
  report.html
  report.md
  result.json
  results.db
  $ assay bench chat $url/v1 --model sim --data prompts.jsonl --sweep '{concurrency: [1, 2]}' --duration 2s --no-monitor --no-targets --quiet --out folder >/dev/null & bench=$!
  $ until [ "$(sqlite3 folder/results.db 'SELECT count(*) FROM run WHERE name LIKE "%@ 1"' 2>&1)" = 1 ]; do read -rt 0.05 <> <(:) || :; done
  $ kill -9 $bench; wait $bench 2>/dev/null; ls folder | grep -v lock
  results.db
  $ assay report folder/results.db --format json | jq -c '[.interrupted, .verdict, [.runs[].name]]'
  [true,"untrustworthy",["bench chat @ 1"]]

A search by time that came to too few requests to judge the percentile goes by their number.

  $ assay bench chat $url/v1 --model sim --data prompts.jsonl --find concurrency:1..1 --duration 100ms --no-monitor --targets '{output_tokens: "< 1000"}' --quiet --format json >r.json || [ $? -eq 4 ]
  $ jq -c '.runs[:2][] | [.name, .settings.find.targets == "too few requests", .counts.attempted >= 40]' r.json
  ["bench chat @ 1",true,false]
  ["bench chat @ 1, longer",false,true]

A sweep makes one run for each value, and the report a curve of them.

  $ assay bench chat $url/v1 --model sim --data prompts.jsonl --sweep '{concurrency: [1, 3]}' --requests 6 --no-monitor --no-targets --quiet --out curve --format json >r.json || [ $? -eq 4 ]
  $ jq -c '.runs[] | [.name, .settings.concurrency, .counts.attempted, .concurrency_peak]' r.json
  ["bench chat @ 1",1,6,1]
  ["bench chat @ 3",3,6,3]
  $ grep -o 'svg class="curve"' curve/report.html
  svg class="curve"

A service that dies in the middle: what was measured is kept, the rest of the plan runs, and the report folder is whole.

  $ other=$(serve two)
  $ cat >two.plan.yaml <<END
  > assay: 1
  > services:
  >   dies: {protocol: openai-chat, url: "$other/v1", model: sim}
  >   lives: {protocol: openai-chat, url: "$url/v1", model: sim}
  > data: {prompts: {manifest: prompts.jsonl}}
  > performance:
  >   - {name: first, service: dies, data: prompts, requests: 60, concurrency: 1, max_tokens: 8}
  >   - {name: second, service: lives, data: prompts, requests: 10, concurrency: 1, max_tokens: 8}
  > END
  $ (answered $other 10; kill -9 $(cat two.pid)) & assay run two.plan.yaml --out report --no-monitor --quiet --format json >r.json; failed $?
  failed
  $ jq -c '[.runs[].name], (.runs[0].counts | .ok > 5 and .ok < 60 and .attempted == 60), .runs[1].counts.ok' r.json
  ["first","second"]
  true
  10
  $ ls report | tr '\n' ' '
  junit.xml metrics.csv report.html report.md result.json results.db  (no-eol)
  $ sqlite3 report/results.db 'pragma integrity_check; select count(*) from run'
  ok
  2
  $ diff <(jq -S .runs r.json) <(jq -S .runs report/result.json) && echo same
  same

The report can be made again from the folder.

  $ assay report report --format json 2>/dev/null | jq -c '.verdict != "pass"'
  true

Nothing answers: every request failed as connect, status 1; a wrong host name could not run.

  $ assay bench chat http://127.0.0.1:1/v1 --model x --data prompts.jsonl --requests 2 --no-monitor --quiet --format json | jq -c .runs[0].counts.failed
  {"connect":2}

  $ kill $(cat one.pid); wait
