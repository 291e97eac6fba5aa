# file_utils - load_wav.
# SPDX-License-Identifier: Apache-2.0


def load_wav(wav, target_sr):
    return "samples of %s at %d" % (wav, target_sr)
