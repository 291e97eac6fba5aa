# common.sh - what the tests of assay up, ps, logs, down share: . common.sh DIR
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
skip_all() {
	echo "1..0 # SKIP $1"
	exit 77
}
command -v jq >/dev/null && command -v curl >/dev/null || skip_all "jq or curl is missing"
command -v python3 >/dev/null || skip_all "python3 is missing"
rm -rf "$1"
mkdir -p "$1"
dir=$(cd "$1" && pwd)
export XDG_STATE_HOME=$dir/state LC_ALL=C.UTF-8
n=0 bad=0 now=
trap '[ -z "$now" ] || "$ASSAY" down "$now" >/dev/null 2>&1' EXIT

ok() { # ok STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		bad=1
		for f in "$dir/out" "$dir/err"; do [ -s "$f" ] && tail -n 8 "$f" | sed 's/^/# /'; done
	fi
}
skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}
check() { # check NAME COMMAND…
	local name=$1
	shift
	"$@"
	ok $? "$name"
}
is() { [ "$(jq -r "$2" "$1" 2>/dev/null)" = true ]; }
# wait_for COMMAND…: until it succeeds, 60 s at most
wait_for() {
	local end=$((SECONDS + 60))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		read -rt 0.05 <> <(:) || :
	done
}
free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
# deployment NAME: the file from standard input, with the word SERVICE for the service of the tests
deployment() {
	mkdir -p "$dir/$1"
	now=$dir/$1/deploy.yaml
	{ echo "assay: 1"; echo "deploy:"; sed "s|SERVICE|\"python3\", \"$here/service.py\", \"--port\", \"{port}\"|"; } >"$now"
}
up() {
	"$ASSAY" up "$now" --quiet --format json "$@" >"$dir/out" 2>"$dir/err"
}
ps_now() { "$ASSAY" ps "$now" --format json >"$dir/ps" 2>"$dir/err"; }
ps_is() { ps_now; is "$dir/ps" "$1"; }
down() { "$ASSAY" down "$now" --format json >"$dir/down" 2>"$dir/err"; }
# Nothing may be left that carries the mark of this deployment.
left() {
	# the variable at the start of a line of environ, whatever else it holds
	for p in /proc/[0-9]*; do
		tr '\0' '\n' <"$p/environ" 2>/dev/null | grep -q "^ASSAY_DEPLOYED=$XDG_STATE_HOME/" &&
			echo "${p#/proc/}"
	done 2>/dev/null
}
nothing_left() { [ -z "$(left)" ]; }
down_is_clean() {
	down && is "$dir/down" '.left == 0 and .processes > 0' && nothing_left
}
fails_with() { # fails_with STATUS WORDS: of the last up
	up && return 1
	[ $? = "$1" ] && grep -q -- "$2" "$dir/err" && nothing_left
}
pid_of() { jq -r ".services[$1].process.pid" "$dir/out"; }
url_of() { jq -r ".services[$1].url" "$dir/out"; }
answers() { curl -sf -o /dev/null --max-time 5 -F "audio=@$dir/a.wav" "$1"; }

# A second of silence that is a WAV file.
python3 - "$dir/a.wav" <<'END'
import sys, wave
w = wave.open(sys.argv[1], "wb")
w.setnchannels(1), w.setsampwidth(2), w.setframerate(16000)
w.writeframes(b"\1\0" * 16000)
END

finish() {
	now=
	echo "1..$n"
	exit $bad
}
