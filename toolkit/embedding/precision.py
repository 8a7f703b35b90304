"""Which number format a local model computes in, decided from the hardware."""

import sys
from functools import cache
from pathlib import Path
from typing import Literal

Precision = Literal["fp32", "bf16"]

BF16_CPU_FLAGS = {"amx_bf16", "avx512_bf16"}


@cache
def default_device() -> str:
    """
    Return "cuda", "mps" or "cpu", whichever is there first.

    Torch, which takes seconds to import, is asked only where an accelerator can be.
    """
    if sys.platform.startswith("linux") and not _linux_accelerator():
        return "cpu"

    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


@cache
def default_precision(device: str) -> Precision:
    """
    Return "bf16" where the device computes it natively, else "fp32".

    On a CPU without AMX or AVX512-BF16, bf16 is emulated and many times slower than fp32.
    """
    if device.startswith("cuda"):
        import torch

        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    if device != "cpu":
        return "fp32"

    return "bf16" if cpu_flags() & BF16_CPU_FLAGS else "fp32"


@cache
def cpu_flags() -> frozenset[str]:
    """Return the instruction sets of the CPU as Linux names them; empty on other systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()

    return frozenset(next((line.split() for line in lines if line.startswith("flags")), []))


def _linux_accelerator() -> bool:
    return any(Path(path).exists() for path in ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg"))
