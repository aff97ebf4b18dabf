"""A small project to pack, and wheels that pip installs: no index of packages is asked."""

import hashlib
import os
import shutil
import sys
import sysconfig
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = "{}.{}".format(*sys.version_info)
PLATFORMS = {"windows": "win_amd64", "macos": "macosx_11_0_arm64", "linux": "manylinux_2_28_x86_64"}


def write_wheel(folder, name, version, tag, files=None):
    """A wheel that holds these files; its sha256."""
    stem, path = f"{name}-{version}", folder / f"{name}-{version}-{tag}.whl"
    pure = str(tag.endswith("-any")).lower()
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in {f"{name}.py": f"tag = {tag!r}\n", **(files or {})}.items():
            archive.writestr(inside, text)
        archive.writestr(f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{stem}.dist-info/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: {pure}\nTag: {tag}\n")
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def index(folder):
    """A folder of wheels and the text of a lock: one wheel for all, one for each system and Python, one of Windows.

    The wheel ``rest`` lends an environment all that is installed here, in the place of two hundred packages.
    """
    folder.mkdir(parents=True)
    rest = {"rest.pth": sysconfig.get_path("purelib") + "\n"}
    digests = {"rest": [write_wheel(folder, "rest", "1.0", "py3-none-any", rest)]}
    digests["compiled"] = [
        write_wheel(folder, "compiled", "2.0", f"cp{python.replace('.', '')}-cp{python.replace('.', '')}-{platform}")
        for python in {"3.11", "3.12", HERE}
        for platform in PLATFORMS.values()
    ]
    digests["console"] = [write_wheel(folder, "console", "3.0", "py3-none-win_amd64")]
    markers = {"console": " ; sys_platform == 'win32'"}
    versions = {"rest": "1.0", "compiled": "2.0", "console": "3.0"}
    entries = []
    for name, found in digests.items():
        hashes = " \\\n".join(f"    --hash=sha256:{digest}" for digest in found)
        entries.append(f"{name}=={versions[name]}{markers.get(name, '')} \\\n{hashes}\n    # via nobody\n")
    return folder, "".join(entries)


def project(folder, lock):
    """The project with this lock, two notebooks and the guide."""
    folder.mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    left = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "datakit", folder / "datakit", ignore=left)
    shutil.copytree(ROOT / ".jupyter", folder / ".jupyter")
    for place in ("notebooks", "notebooks/fr", "notebooks/src", "notebooks/solutions"):
        (folder / place).mkdir()
        shutil.copy(ROOT / "notebooks" / "00_start_here.ipynb", folder / place)
    (folder / "docs").mkdir()
    for name in ("facilitator.md", "animateurs.md", "glossary.md", "glossaire.md"):
        shutil.copy(ROOT / "docs" / name, folder / "docs")
    (folder / "requirements.lock").write_text(lock, encoding="utf-8")
    return folder


def only(links):
    """Variables with which pip knows this folder of wheels and nothing else."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links), "PIP_CONFIG_FILE": os.devnull}
