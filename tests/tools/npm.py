"""Programs from the npm registry that tests and benchmarks use: a folder with package.json, a lock file and scripts is
copied to var/npm/NAME and installed there once per lock file, so that nothing is written beside the sources."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def installed(folder):
    """The copy of `folder` under var/npm with its packages; installs when the lock file is new."""
    folder = Path(folder)
    home = ROOT / "var" / "npm"
    home.mkdir(parents=True, exist_ok=True)
    place, mark = home / folder.name, home / f"{folder.name}.installed"
    digest = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    with open(home / "lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text(encoding="utf-8") != digest:
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(folder, place)
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=place, check=True)
            mark.write_text(digest, encoding="utf-8")
        for file in folder.iterdir():
            if file.is_file():
                shutil.copy2(file, place / file.name)
    return place
