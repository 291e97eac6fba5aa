Manual pages and completion come from the same tables as the help.

  $ for c in $(assay --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
  >   assay manual $c | mandoc -T lint -W error || echo "$c: status $?"
  >   assay manual $c | mandoc -T markdown | grep -q EXIT || echo "$c: no exit status"
  > done
  $ assay manual | mandoc -T lint -W error
  $ assay manual runn
  assay: there is no command 'runn'
  [2]

  $ assay completion bash >c && bash -n c && . ./c
  $ COMP_WORDS=(assay pl) COMP_CWORD=1; _assay; echo "${COMPREPLY[@]}"
  plan
  $ COMP_WORDS=(assay run --fo) COMP_CWORD=2; _assay; echo "${COMPREPLY[@]}"
  --format
  $ COMP_WORDS=(assay run --format '') COMP_CWORD=3; _assay; echo "${COMPREPLY[@]}"
  text json
  $ assay completion fish
  assay: there is completion for bash, not for 'fish'
  [2]
