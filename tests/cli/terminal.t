Where a long command stands, and what becomes of it, on whatever its standard streams are.

  $ assay serve chat --worker sim --sim-ttft 20ms --sim-token-time 2ms --sim-tokens 8 --port 0 >service.log 2>&1 &
  $ service=$!
  $ timeout 20 sh -c 'until grep -qs listening service.log; do sleep 0.1; done'
  $ url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' service.log | head -n 1)
  $ bench="assay bench chat $url/v1 --model sim --max-tokens 8 --no-monitor --no-targets --concurrency 2"
  $ ended() { case $1 in 0 | 4 | 5) echo ended ;; *) echo "status $1" ;; esac; }

In a file: a line when a phase begins, and one per second; nothing is written over.

  $ $bench --duration 3s >/dev/null 2>lines; ended $?
  ended
  $ grep -c 'bench chat .*ok [0-9]* *failed 0 .*/s *in flight .*p50 .*p99 ' lines
  [1-4] (re)
  $ LC_ALL=C grep -c "$(printf '[\r\033]')" lines
  0
  [1]

What takes long between two things that are told still shows that it goes on: one case, of which a
refusal takes 6 s.

  $ assay serve chat --worker sim --sim-defect slow-refusals --sim-ttft 10ms \
  >   --sim-token-time 1ms --sim-tokens 8 --port 0 >slow.log 2>&1 & slow=$!
  $ timeout 20 sh -c 'until grep -qs listening slow.log; do sleep 0.1; done'
  $ slow_url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' slow.log | head -n 1)
  $ assay faults --chat $slow_url/v1 --cases H02e --no-monitor >/dev/null 2>lines
  [1]
  $ test $(grep -c 'faults chat .*H02e$' lines) -ge 4
  $ kill $slow; wait $slow

With --quiet nothing but errors.

  $ $bench --requests 10 --quiet --out quiet >/dev/null 2>lines; ended $?
  ended
  $ cat lines
  $ $bench --requests none --quiet 2>&1 >/dev/null | cut -d : -f 1
  assay
  usage

  $ assay serve chat --worker sim --port 0 --quiet >quiet.log 2>lines & quiet=$!
  $ timeout 20 sh -c 'until grep -qs listening quiet.log; do sleep 0.1; done'
  $ kill $quiet; wait $quiet; cat lines

On a terminal one line that is written over, as wide as the terminal, and gone at the end; on one
that cannot do that, lines. After Ctrl-C the line is left clean as well.

  $ cat >terminal.py <<'END'
  > import fcntl, os, pty, struct, sys, termios
  > width, term, stop, command = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
  > pid, fd = pty.fork()
  > if pid == 0:
  >     fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
  >     os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
  >     os.environ["TERM"] = term
  >     os.execvp(command[0], command)
  > text = b""
  > try:
  >     while True:
  >         text += os.read(fd, 4096)
  >         if stop == "stop" and text.count(b"bench chat") >= 3:
  >             stop = os.write(fd, b"\x03")
  > except OSError:
  >     pass
  > status, text = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text.decode()
  > lines = text.split("\r\x1b[K")
  > print("ended" if status in (0, 4, 5) else status, len(lines) - 1 > 3, "\n" in text,
  >       max(map(len, lines)) < width, text.endswith("\r\x1b[K"), text.count("\x1b"))
  > END
  $ python3 terminal.py 80 xterm go $bench --duration 1500ms
  ended True False True True [0-9]+ (re)
  $ python3 terminal.py 30 xterm go $bench --duration 1500ms
  ended True False True True [0-9]+ (re)
  $ python3 terminal.py 80 xterm stop $bench --duration 60s
  ended True False True True [0-9]+ (re)
  $ python3 terminal.py 200 dumb go $bench --duration 1500ms
  ended False True * False 0 (glob)
  $ python3 terminal.py 80 xterm go $bench --duration 1500ms --quiet
  ended False False True False 0

A stream that is closed, or whose reader has gone, costs nothing of what was measured; no file of
ours takes its place.

  $ $bench --requests 10 --out closed >&- 2>&-
  [3]
  $ $bench --requests 10 --out closed --format json 2>&- >closed.json; ended $?
  ended
  $ jq '.runs[0].counts.ok' closed/result.json closed.json
  10
  10
  $ $bench --requests 10 --out gone --quiet | true; echo ${PIPESTATUS[0]}
  assay: cannot write to standard output: Broken pipe
  3
  $ jq '.runs[0].counts.ok' gone/result.json
  10
  $ ($bench --requests 10 --out full; echo $? >status) 2>/dev/full >/dev/null; ended $(cat status)
  ended

A file that may not grow is an error of that file, not the end of the program.

  $ (ulimit -f 1; assay manual run >limited)
  assay: cannot write to standard output: File too large
  [3]
  $ (ulimit -f 100; $bench --requests 10 --out limited.out --quiet >/dev/null)
  assay: cannot write 'limited.out/report.html': File too large
  [3]
  $ (ulimit -f 4; $bench --requests 10 --out limited.db --quiet >/dev/null)
  assay: 'limited.db/results.db': disk I/O error (no file may exceed 4 KiB: ulimit -f)
  [3]
  $ kill $service
