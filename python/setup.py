"""Builds libSemidC where it is not there yet, and gives the wheel the tag of what it holds: no Python's own interface, one
system's machine code."""

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def version() -> str:
    text = (ROOT / "Sources" / "Vectors" / "EngineVersion.swift").read_text()
    found = re.search(r'current = "([^"]+)"', text)
    if found is None:
        raise SystemExit("Sources/Vectors/EngineVersion.swift names no version")
    return found.group(1)


def library() -> Path:
    name = "libSemidC.dylib" if sys.platform == "darwin" else "libSemidC.so"
    return HERE / "semid" / "lib" / name


class BuildLibrary(build_py):
    def run(self) -> None:
        # What stands there may be of an earlier state of the sources; where there is no Swift, it has to do.
        if shutil.which("swift") or not library().exists():
            subprocess.run([ROOT / "scripts" / "python-library", "--quiet"], check=True, cwd=ROOT)
        super().run()


class PlainWheel(bdist_wheel):
    def get_tag(self) -> tuple[str, str, str]:
        _, _, system = super().get_tag()
        if sys.platform == "darwin":
            system = f"macosx_15_0_{platform.machine()}"
        return "py3", "none", system


class Binary(Distribution):
    def has_ext_modules(self) -> bool:
        return True


setup(version=version(), cmdclass={"build_py": BuildLibrary, "bdist_wheel": PlainWheel}, distclass=Binary)
