The plan that init writes is good, and everything that is wrong in a plan is named with its place.

  $ assay plan init >first.yaml && assay plan check first.yaml
  first.yaml: good, 3 services
  $ assay plan explain first.yaml | jq -r '.performance[0].concurrency, .services.asr.protocol'
  1
  transcribe

  $ sed 's/concurrency: 1$/concurency: 1/' first.yaml >bad.yaml; assay plan check bad.yaml
  assay: bad.yaml:*: performance has no key 'concurency'; did you mean 'concurrency'? (glob)
  [2]
  $ sed 's/^accuracy:/acuracy:/' first.yaml >bad.yaml; assay plan check bad.yaml
  assay: bad.yaml:*: a plan has no 'acuracy'; did you mean 'accuracy'? (glob)
  [2]
  $ sed 's/service: asr$/service: asrr/' first.yaml >bad.yaml; assay plan check bad.yaml
  assay: bad.yaml:*: performance: there is no service 'asrr'; the plan has: asr, tts, chat (glob)
  [2]
  $ sed 's/rtf: "< 0.3"/rtff: "< 0.3"/' first.yaml >bad.yaml; assay plan check bad.yaml
  assay: bad.yaml:*rtff* (glob)
  [2]
  $ sed 's,http://127.0.0.1:8001,htp://127.0.0.1:8001,' first.yaml >bad.yaml; assay plan check bad.yaml
  assay: bad.yaml:*service 'asr'* (glob)
  [2]
  $ printf 'assay: 1\nservices: [' >bad.yaml; assay plan check bad.yaml
  assay: bad.yaml:* (glob)
  [2]
  $ printf 'services: {}\n' >bad.yaml; assay plan check bad.yaml
  assay: bad.yaml:1:1: a plan begins with 'assay: 1'
  [2]
  $ assay plan check first.yaml --set performance.0.concurrency=-1
  assay: --set:1:1: concurrency must be * (glob)
  [2]
  $ assay plan chek first.yaml
  assay: plan does not know 'chek'; say init, check or explain
  [2]
