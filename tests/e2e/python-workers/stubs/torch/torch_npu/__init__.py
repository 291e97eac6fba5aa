# torch_npu - gives torch its module npu, as the real one does.
# SPDX-License-Identifier: Apache-2.0
import torch

torch.npu = torch.Devices("npu")
