What a report says to be typed works when it is typed: each case is asked again by its own command.

  $ assay serve chat --worker sim --port 0 >listening 2>sim.log & sim=$!
  $ until grep -qs listening listening; do read -rt 0.05 <> <(:) || :; done
  $ url=$(sed 's/.*\(http:[^ ]*\).*/\1/' listening)/v1
  $ cases() { jq -r '.cases[] | "\(.id) \(.verdict) \(.detail)"' $1/result.json | sed 's/ after .*//'; }
  $ again() { # again DIR: every command of the report, run; the cases and what they gave
  >   jq -r '.cases[].again' $1/result.json | while read -r line; do
  >     eval "$line --no-monitor --quiet --out repeated" </dev/null >/dev/null
  >     cases repeated
  >   done >$1.again
  >   cases $1 | diff - $1.again
  >   wc -l <$1.again
  > }

Services named by their URLs:

  $ assay check --chat $url --model sim --cases chat-stop,chat-usage --no-monitor --quiet --out check >/dev/null
  $ jq -r .command check/result.json | sed "s,$url,URL,"
  assay check --chat URL --model sim --cases chat-stop,chat-usage --no-monitor --quiet --out check
  $ again check
  2

A plan, whatever it is called and changed:

  $ cat >"it's mine.yaml" <<'END'
  > assay: 1
  > services: {vlm: {protocol: openai-chat, url: "http://127.0.0.1:1/v1", model: sim}}
  > functional: {services: [vlm], cases: [chat-usage], case_seed: 3}
  > reliability: {faults: {services: [vlm], cases: [I01b]}}
  > END
  $ assay run "it's mine.yaml" --set services.vlm.url=$url --no-monitor --quiet --out run >/dev/null
  $ jq -r '.command, .cases[0].again' run/result.json | sed "s,$url,URL,"
  assay run 'it'\''s mine.yaml' --set services.vlm.url=URL --no-monitor --quiet --out run
  assay check 'it'\''s mine.yaml' --set services.vlm.url=URL --cases chat-usage --case-seed 3
  $ again run
  2

The demo, whose services are gone when it is over:

  $ assay demo --only functional --set functional.cases=asr-silence --no-monitor --quiet --out demo >/dev/null
  $ again demo
  1
  $ kill $sim
