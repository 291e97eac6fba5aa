Wrong words are met with place and cure, on standard error, with exit status 2.

  $ assay rnu
  assay: there is no command 'rnu'; did you mean 'run'?; assay --help lists them
  [2]
  $ assay run
  assay: run needs 1 word after its name, 0 given
  usage: assay run PLAN [options]
  [2]
  $ assay run a.yaml b.yaml
  assay: run does not know what to do with 'b.yaml'
  usage: assay run PLAN [options]
  [2]
  $ assay run --ouut x a.yaml
  assay: there is no option --ouut; did you mean --out?; --help lists them
  usage: assay run PLAN [options]
  [2]
  $ assay run --format yaml a.yaml
  assay: format must be one of text|json, not 'yaml'
  usage: assay run PLAN [options]
  [2]
  $ assay run --out
  assay: --out needs a value
  usage: assay run PLAN [options]
  [2]

A plan that is not there could not be run.

  $ assay run nowhere.yaml
  assay: cannot open 'nowhere.yaml': No such file or directory
  [3]

A full disk is not silent.

  $ assay manual run >/dev/full
  assay: cannot write to standard output: No space left on device
  [3]
