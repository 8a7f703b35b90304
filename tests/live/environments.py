"""An environment of its own for each server: made on first use, and again when its pins change."""

import shutil
import subprocess
import venv
from pathlib import Path

PINS = Path(__file__).parent / "pins"
FOLDER = Path(__file__).parents[2] / ".live"
LONGEST_INSTALL = 1800
"""Seconds: infinity brings its own torch."""


class NotInstallable(Exception):
    """A server's packages cannot be had on this machine."""


def environment(name: str) -> Path:
    """Return the Python of the environment that holds what ``pins/NAME.txt`` lists."""
    pins, folder = PINS / f"{name}.txt", FOLDER / name
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    if not (installed.exists() and installed.read_bytes() == pins.read_bytes()):
        venv.create(folder, clear=True, with_pip=True)
        _install(python, pins, FOLDER / f"{name}.install.log")
        shutil.copyfile(pins, installed)

    return python


def _install(python: Path, pins: Path, log: Path) -> None:
    """Every package is pinned, so that pip has nothing to search for: that takes it very long."""
    command = [python, "-m", "pip", "install", "--quiet", "--requirement", pins]
    with log.open("wb") as file:
        try:
            subprocess.run(command, stdout=file, stderr=file, check=True, timeout=LONGEST_INSTALL)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise NotInstallable(
                f"the server {pins.stem} cannot be installed here, see {log}: {_last_line(log)}"
            ) from error


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")

    return next((line.strip() for line in reversed(lines) if line.strip()), "it says nothing")
