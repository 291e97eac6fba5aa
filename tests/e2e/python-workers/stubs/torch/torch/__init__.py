# torch - as much of PyTorch as the workers touch, on arrays of NumPy. $STUB_DEVICES: what is there.
# SPDX-License-Identifier: Apache-2.0
import contextlib
import os

import numpy

__version__ = "2.6.0"
float16, bfloat16, float32, int64 = "float16", "bfloat16", "float32", "int64"


class device:
    def __init__(self, word):
        self.type, _, number = str(word).partition(":")
        self.index = int(number) if number else None

    def __str__(self):
        return self.type if self.index is None else "%s:%d" % (self.type, self.index)


class Tensor:
    def __init__(self, array, place="cpu", dtype=None):
        self.array, self.device = array, place if isinstance(place, device) else device(place)
        self.dtype = dtype or str(array.dtype)

    @property
    def shape(self):
        return self.array.shape

    def to(self, place, dtype=None):
        return Tensor(self.array, place, dtype or self.dtype)

    def is_floating_point(self):
        return "float" in self.dtype

    def numel(self):
        return self.array.size

    def unsqueeze(self, at):
        return Tensor(numpy.expand_dims(self.array, at), self.device, self.dtype)

    def detach(self):
        return self

    def float(self):
        return Tensor(self.array.astype("float32"), self.device)

    def cpu(self):
        return Tensor(self.array, "cpu", self.dtype)

    def numpy(self):
        if self.device.type != "cpu":
            raise TypeError("can't convert %s device type tensor to numpy" % self.device)
        return self.array


def from_numpy(array):
    return Tensor(array)


def cat(tensors):
    return Tensor(numpy.concatenate([t.array for t in tensors]), tensors[0].device,
                  tensors[0].dtype)


def no_grad():
    return contextlib.nullcontext()


def manual_seed(seed):
    if not isinstance(seed, int):
        raise TypeError("a seed is a number")


def there(kind):
    if kind == "cuda" and os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return []
    return [d for d in os.environ.get("STUB_DEVICES", "cpu").split(",") if d.startswith(kind)]


class Devices:
    current = "0"

    def __init__(self, kind):
        self.kind = kind

    def is_available(self):
        return bool(there(self.kind))

    def set_device(self, word):
        if word not in there(self.kind):
            raise RuntimeError("invalid device %s" % word)
        self.current = word.partition(":")[2]


cuda = Devices("cuda")


def best():
    """Where a library that takes no device puts its model."""
    return device("cuda:" + cuda.current if cuda.is_available() else "cpu")
