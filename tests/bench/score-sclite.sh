#!/bin/sh
# score-sclite.sh [ASSAY] - assay score against NIST sclite (package sctk) on 100,000 made words.
# Prints the errors that both count, and the best of five wall times of each. The errors must be the
# same; how they split differs, since sclite weighs a substitution 4 and the others 3.
# SPDX-License-Identifier: Apache-2.0
set -eu
assay=${1:-build/assay}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
awk 'END {
	srand(1)
	for (u = 1; u <= 5000; u++) {
		ref = hyp = ""
		for (w = 0; w < 20; w++) {
			r = rand(); word = "w" int(3000 * r * r)
			ref = ref word " "
			x = rand()
			if (x < 0.05) hyp = hyp "w" int(3000 * rand()) " "
			else if (x < 0.08) continue
			else hyp = hyp word " "
			if (x > 0.97) hyp = hyp "w" int(3000 * rand()) " "
		}
		print ref "(s" u % 10 "-u" u ")" > REF
		print hyp "(s" u % 10 "-u" u ")" > HYP
	}
}' REF="$dir/ref.trn" HYP="$dir/hyp.trn" /dev/null

best() {
	name=$1
	shift
	least=
	for i in 1 2 3 4 5; do
		start=$(date +%s%N)
		"$@" > "$dir/out" 2>&1
		took=$((($(date +%s%N) - start) / 1000))
		if [ -z "$least" ] || [ "$took" -lt "$least" ]; then least=$took; fi
	done
	echo "$name: $least us"
}

if command -v sclite > /dev/null; then sclite=sclite; else sclite="sctk sclite"; fi
best sclite $sclite -r "$dir/ref.trn" trn -h "$dir/hyp.trn" trn -i rm -o rsum stdout
slow=$least
theirs=$(awk '/Sum/ { gsub("[|]", " "); print $5 + $6 + $7 }' "$dir/out")
best assay "$assay" score "$dir/ref.trn" "$dir/hyp.trn" --normalize none
ours=$(awk '/hits/ { gsub(",", ""); print $4 + $6 + $8 }' "$dir/out")
echo "errors in 100,000 words: sclite $theirs, assay $ours"
echo "assay is $((slow / least)) times faster"
[ "$theirs" = "$ours" ]
