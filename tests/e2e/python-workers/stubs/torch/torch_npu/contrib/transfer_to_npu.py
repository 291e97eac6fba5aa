# transfer_to_npu - from here on "cuda" is the NPU.
# SPDX-License-Identifier: Apache-2.0
import torch

torch.cuda = torch.npu
torch.best = lambda: torch.device("npu:" + torch.npu.current)
