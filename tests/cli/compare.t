Two results side by side: what differs between the machines first, the exit status is the verdict.

  $ golden=$TESTDIR/../golden/result.json
  $ jq '.environment.driver = "25.1" | .runs[0].counts.failed.http_5xx += 200 | .runs[0].counts.attempted += 200' $golden >new.json
  $ assay compare $golden new.json --max 'error_rate +0.5pp' --lang en | sed -n '1,5p'
  Worse: of what is judged, 1 worse, 2 undecided, 0 better, 1 the same
  base: * (glob)
  new:  new.json
  The environments differ:
            base      new
  $ assay compare $golden new.json --max 'error_rate +0.5pp' --format json >c.json; echo $?
  1
  $ jq -r '.environment[0] | .key, .new' c.json
  driver
  25.1

A run that is trustworthy on both sides decides.

  $ for f in base new; do
  >   jq '.runs |= map(select(.trust.verdict == "trustworthy")) | .runs = .runs[0:1]' $golden >$f.json
  > done
  $ assay compare base.json base.json --max 'latency.p50 +50%' >/dev/null; echo $?
  0
  $ jq '.runs[0].counts |= (.ok = 10 | .attempted = 400 | .failed = {"http_5xx": 390})' base.json >new.json
  $ assay compare base.json new.json --max 'error_rate +0.5pp' --junit c.xml --html c.html >/dev/null; echo $?
  1
  $ grep -c '<failure type="worse"' c.xml
  1
  $ grep -c 'http://\|https://' c.html
  0
  [1]
  $ assay compare base.json new.json base.json --format json | jq '.history[0].values | length'
  3

The limits may stand in a plan; the command line wins.

  $ echo "compare: {max: ['error_rate +0.5pp']}" >limits.yaml
  $ assay compare base.json new.json --plan limits.yaml >/dev/null; echo $?
  1
  $ assay compare base.json new.json --plan limits.yaml --max 'error_rate +99pp' >/dev/null; echo $?
  0
  $ echo "compare: {max: ['error_rat +0.5pp']}" >limits.yaml
  $ assay compare base.json new.json --plan limits.yaml
  assay: limits.yaml:1:* compare: --max: target 'error_rat': no such metric; did you mean 'error_rate'? (glob)
  [2]
  $ echo "title: nothing" >limits.yaml; assay compare base.json new.json --plan limits.yaml
  assay: limits.yaml:1:1: the plan has no section 'compare:' with limits, as in compare: {max: ['latency.p99 +10%']}
  [2]

Wrong words are met with place and cure.

  $ assay compare base.json
  assay: compare needs 2 words after its name, 1 given
  usage: assay compare BASE [BETWEEN…] NEW [options]
  [2]
  $ assay compare base.json nowhere.json
  assay: * 'nowhere.json': No such file or directory (glob)
  [3]
  $ assay compare base.json new.json --max 'latncy.p99 +10%'
  assay: --max: target 'latncy.p99': no such metric; did you mean 'latency'?
  [2]
  $ assay compare base.json new.json --max 'latency.p99 -10%'
  assay: --max 'latency.p99 -10%': latency.p99 gets worse when it grows: write +
  [2]
  $ assay compare base.json new.json --max 'image_encode.p50 +10%'
  assay: --max 'image_encode.p50 +10%': no run of both results has this number
  [2]
  $ echo '{' >broken.json; assay compare base.json broken.json
  assay: broken.json: * (glob)
  [3]
