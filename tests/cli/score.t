Error rates of transcripts: what is counted, and what is refused.

  $ printf 'u1 the red car\nu2 two dogs\nu3 good bye\n' >ref
  $ printf 'u1 the read car\nu2 2 dogs\n' >hyp
  $ assay score ref hyp --draws 100
  wer 42.86 % (95 %: 14.29 to 100.00 %): 3 errors in 7 reference units
    hits 4, substitutions 1, deletions 2, insertions 0
    without a hypothesis, counted as deletions: 1 of 3 utterances
    3 utterances, normaliser auto: english 2, chinese 1, basic 1 (ICU *), 100 draws, seed 1 (glob)
    match error rate 42.86 %, information lost 54.29 %, preserved 45.71 %
  most frequent substitutions: red > read 1
  most frequent deletions: bye 1, good 1
  missing: u3
  $ assay score ref hyp --format json --files | jq -c '[.metric, .normalizer, .utterances, .missing, .reference_units, .hits, .substitutions, .deletions, .insertions, .rate, [.files[] | [.file, .rate, .missing]]]'
  ["wer","auto",3,["u3"],7,4,1,2,0,0.428571428571429,[["u1",0.333333333333333,null],["u2",0,null],["u3",1,true]]]

Every format is read for what it is; speakers come from the file, from ids of known corpora, or from a list.

  $ echo '{"id":"u1","text":"the red car","speaker":"ann"}' >ref.jsonl
  $ printf 'the read car (u1)\n' >hyp.trn
  $ assay score ref.jsonl hyp.trn --draws 100 --format json | jq -c '[.rate, .speakers[].speaker]'
  [0.333333333333333,"ann"]
  $ printf 'id\ttext\nu1\tthe read car\n' >hyp.tsv; printf 'id,text\nu1,"the read, car"\n' >hyp.csv
  $ for f in hyp.tsv hyp.csv; do assay score ref.jsonl $f --draws 100 --format json | jq .rate; done
  0.333333333333333
  0.333333333333333
  $ printf '1089-134686-0000 HE HOPED\n1089-134686-0001 STUFF IT\n' >1089-134686.trans.txt
  $ assay score 1089-134686.trans.txt 1089-134686.trans.txt --draws 100 | grep speaker
  speaker 1089: 0.00 % of 4 units (S 0, D 0, I 0) in 2 utterances
  $ printf 'BAC009S0002W0122 而 对 楼市\n' >aishell
  $ printf 'BAC009S0002W0122 而对楼房\n' >aishell.hyp
  $ assay score aishell aishell.hyp --metric cer --draws 100 --format json | jq -c '[.rate, .speakers[0].speaker]'
  [0.25,"S0002"]
  $ printf 'u1 ann\nu2 bob\nu3 bob\n' >utt2spk
  $ assay score ref hyp --speakers utt2spk --draws 100 | grep speaker
  speaker ann: 33.33 % of 3 units (S 1, D 0, I 0) in 1 utterance
  speaker bob: 50.00 % of 4 units (S 0, D 2, I 0) in 2 utterances
  $ printf 'show A ann 0 2 good morning\nshow A bob 2 4 good bye\nshow A ann 4 5 IGNORE_TIME_SEGMENT_IN_SCORING\n' >ref.stm
  $ printf 'show A 0.1 0.5 good\nshow A 1 0.5 morning\nshow A 2.1 0.5 good\nshow A 3 0.5 buy\nshow A 4.2 0.3 well\n' >hyp.ctm
  $ assay score ref.stm hyp.ctm --files --draws 100
  wer 25.00 % (95 %: 0.00 to 50.00 %): 1 errors in 4 reference units
    hits 3, substitutions 1, deletions 0, insertions 0
    2 utterances, normaliser auto: english 2, chinese 1, basic 1 (ICU *), 100 draws, seed 1 (glob)
    match error rate 25.00 %, information lost 43.75 %, preserved 56.25 %
    not scored: 1 word in parts that the reference ignores
  most frequent substitutions: bye > buy 1
  speaker ann: 0.00 % of 2 units (S 0, D 0, I 0) in 1 utterance
  speaker bob: 50.00 % of 2 units (S 1, D 0, I 0) in 1 utterance
  file show: 25.00 % of 4 units (S 1, D 0, I 0) in 2 utterances

Two systems: the difference, and whether it lies within the gate.

  $ seq 40 | sed 's/.*/u& one two three four five six seven eight nine ten/' >ref40
  $ sed 's/ten$/tin/' ref40 >a40; sed 's/one/won/' ref40 >b40; sed 's/one two/won too/' ref40 >c40
  $ assay score ref40 a40 --hyp2 b40 --top 0 | tail -n 4
    hits 400, substitutions 40, deletions 0, insertions 0
  difference (second - first): -9.09 points (95 %: -9.09 to -9.09)
    MAPSSWE: 80 segments, z 2.96, p 0.003049; second better in 100.0 % of the draws; same text 0
    not-aligned within 1.00 points
  $ assay score ref40 a40 --hyp2 c40 --top 0 --gate 50% | tail -n 2
    MAPSSWE: 80 segments, z 0.00, p 1; second better in 0.0 % of the draws; same text 0
    aligned within 9.09 points (50 % of the first's rate)
  $ assay score ref40 a40 --hyp2 c40 --top 0 --gate 200% | tail -n 1
    aligned within 36.36 points (200 % of the first's rate)
  $ head -n 20 ref40 >ref20; assay score ref20 <(head -n 20 a40) --hyp2 <(head -n 20 b40) --top 0 | tail -n 1
    undecided within 1.00 points; about 30 utterances would decide
  $ assay score ref hyp --hyp2 hyp --gate many
  assay: 'many' is no gate: write percentage points, such as 1pp, or a share of the reference's rate, such as 3%
  usage: assay score REF HYP [--hyp2 FILE] [options]
  [2]

Bad input is an error, and never a better rate.

  $ printf 'a b c\nd e f\n' >ref.lines; printf 'a b c\n' >hyp.lines
  $ assay score ref.lines hyp.lines
  assay: ref.lines has 2 lines, hyp.lines has 1: plain lines are paired by number and must be as many
  [3]
  $ printf 'u1 a\nu1 b\n' >double; assay score ref double; assay score double ref
  assay: double:2: the id 'u1' is already in line 1; each may stand once (read as kaldi)
  assay: double:2: the id 'u1' is already in line 1; each may stand once (read as kaldi)
  [3]
  $ printf 'u1 a\nu9 b\n' >other; assay score ref other
  assay: other:2: the id 'u9' is not in ref
  [3]
  $ printf 'u1 a\nu2 b \xff c\n' >latin; assay score ref latin; assay score latin ref
  assay: latin:2: byte 6 of this line (0xff) is no valid UTF-8; save the file as UTF-8
  assay: latin:2: byte 6 of this line (0xff) is no valid UTF-8; save the file as UTF-8
  [3]
  $ : >empty; assay score ref empty; assay score empty ref; assay score ref nowhere
  assay: empty holds no transcript (read as lines)
  assay: empty holds no transcript (read as lines)
  assay: cannot open 'nowhere': No such file or directory
  [3]
  $ printf '{"id":"u1"}\n' >no.jsonl; assay score ref no.jsonl
  assay: no.jsonl:1: no "text"
  [3]

References without words: there is no rate, and what was heard instead is counted and told.

  $ printf 'u1 ...\nu2\n' >silent; printf 'u1 thank you\nu2\n' >heard
  $ assay score silent heard --draws 100
  wer - (95 %: not known): 2 errors in 0 reference units
    hits 0, substitutions 0, deletions 0, insertions 2
    2 utterances, normaliser auto: english 2, chinese 1, basic 1 (ICU *), 100 draws, seed 1 (glob)
    match error rate 100.00 %, information lost -, preserved -
    references without words: 2; what was heard there counts as insertions
  most frequent insertions: thank 1, you 1
  $ assay score silent heard --draws 100 --format json | jq -c '[has("rate"), .insertions, .empty_references]'
  [false,2,2]

An utterance of which nothing agrees is told: sound and transcript may not belong together.

  $ printf 'u1 the red car is fast\nu2 two dogs\n' >said; printf 'u1 good morning to you all\nu2 two dogs\n' >got
  $ assay score said got --draws 100 | grep belong
    without one right unit: 1 utterance; do sound and transcript belong together? u1

The page shows each pair in colour.

  $ assay score ref hyp --draws 100 --html page.html >text
  $ grep -c '<span class="p [sdi]">' page.html
  2
  $ grep -o '<span class="p s"><span>[a-z]*</span><span>[a-z]*</span>' page.html
  <span class="p s"><span>red</span><span>read</span>
