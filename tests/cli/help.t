The help names every command, and each command teaches itself.

  $ assay --version
  assay [0-9]+\.[0-9]+\.[0-9]+ (re)
  $ assay --help | head -n 4
  assay tests audio and multimodal inference services: performance, reliability,
  functionality and accuracy, and watches the accelerator meanwhile.
  
  Usage: assay COMMAND [words and options]
  $ assay | diff - <(assay --help)
  $ assay help run | diff - <(assay run --help)

Every command of the list has help with a usage line, and examples that name it.

  $ for c in $(assay --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
  >   assay $c --help >help || echo "$c: status $?"
  >   head -n 1 help | grep -q "^Usage: assay $c " || echo "$c: no usage"
  >   grep -q "^  .*assay $c" help || echo "$c: no example"
  >   grep -v assay help | LC_ALL=C.UTF-8 grep -E '^.{81}' | sed "s/^/$c: too wide: /"
  > done

Help goes to standard output and needs no terminal; it is quick.

  $ assay run --help 2>err | wc -l | awk '{ print ($1 > 10) }'
  1
  $ cat err
