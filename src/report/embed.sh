#!/bin/sh
# embed.sh FILE… - a C source that holds each file as asset_NAME[], NAME without its folder and
# with '_' for every other sign; asset_NAME_len is its length.
# SPDX-License-Identifier: Apache-2.0
set -eu
echo '#include "report/assets.h"'
for file; do
	name=$(basename "$file" | tr -c 'a-z0-9\n' '_')
	echo "const char asset_$name[] = {"
	# Its source map is not part of the page.
	grep -v '^//# sourceMappingURL=\|^/\*# sourceMappingURL=' "$file" |
		od -v -An -tu1 | sed 's/  */ /g; s/^ //; s/ *$//; s/ /,/g; s/$/,/'
	echo '0};'
done
