# postprocess_utils - takes the marks out of a text.
# SPDX-License-Identifier: Apache-2.0
import re


def rich_transcription_postprocess(s):
    return re.sub(r"<\|[^|]*\|>", "", s)
