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
  $ COMP_WORDS=(assay bench '') COMP_CWORD=2; _assay; echo "${COMPREPLY[@]}"
  asr tts chat
  $ assay completion csh
  assay: there is completion for bash, zsh and fish, not for 'csh'
  [2]

In shells as people use them: a terminal, a key, and what stands on the line then.

  $ cat >press.py <<'END'
  > import os, pty, re, select, sys, time
  > shell, setup, keys = sys.argv[1], sys.argv[2], sys.argv[3:]
  > pid, fd = pty.fork()
  > if pid == 0:
  >     os.environ.update(TERM="dumb", PS1="> ", LC_ALL="C.UTF-8")
  >     args = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[shell]
  >     os.execvp(shell, [shell] + args)
  > seen = b""
  > def until(pattern, seconds=20):
  >     global seen
  >     end = time.monotonic() + seconds
  >     while not re.search(pattern, seen):
  >         if time.monotonic() > end or not select.select([fd], [], [], end - time.monotonic())[0]:
  >             print("not seen:", pattern, "in", seen[-600:]); sys.exit(1)
  >         seen += os.read(fd, 65536)
  > os.write(fd, setup.encode() + b"; echo read''y\n")
  > until(rb"ready")
  > for i in range(0, len(keys), 2):
  >     seen = b""
  >     os.write(fd, keys[i].encode() + b"\t")
  >     until(keys[i + 1].encode())
  >     os.write(fd, b"\x15")
  > print("ok")
  > END
  $ assay completion zsh >z
  $ python3 press.py bash ". ./c" "assay pl" "assay plan " "assay run --fo" "assay run --format " \
  >   "assay bench ch" "assay bench chat "
  ok
  $ if command -v zsh >/dev/null; then
  >   python3 press.py zsh "autoload -U compinit; compinit -u -D; source ./z" "assay pl" "assay plan" \
  >     "assay run --fo" "assay run --format" "assay bench ch" "assay bench chat"
  > else echo ok; fi
  ok
  $ assay completion fish >f
  $ if command -v fish >/dev/null; then
  >   for line in 'assay pl' 'assay run --form' 'assay run --format j' 'assay bench ch'; do
  >     HOME=$PWD fish --no-config -c 'source f; complete -C $argv[1]' "$line" | cut -f 1
  >   done
  > else printf '%s\n' plan --format json chat; fi
  plan
  --format
  json
  chat
