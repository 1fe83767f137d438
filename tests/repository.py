"""The repository as it stands, to be changed or built elsewhere."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def copy_repository(there: Path) -> Path:
    """Copy all files that are in the repository, or would be after `git add`. Return the folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in listed.stdout.decode().splitlines():
        if (ROOT / name).is_file():
            (there / name).parent.mkdir(parents=True, exist_ok=True)
            (there / name).write_bytes((ROOT / name).read_bytes())
    return there
