"""What the data folder takes on the disk, by what it is for, and how much is left."""

from __future__ import annotations

import shutil
from pathlib import Path
from stat import S_ISREG

from .finding import Finding
from .journal_file import journal_parts

#: Less free space than this, in bytes, is worth a warning.
_LITTLE = 1_000_000_000


def check_disk_use(folder: Path) -> Finding:
    """What takes how much space, and whether enough is left."""
    if not folder.exists():
        return Finding("disk use", "ok", "nothing yet")
    sizes = _sizes(folder)
    listed = [f"{kind} {_megabytes(size)}" for kind, size in sorted(sizes.items())]
    detail = f"{_megabytes(sum(sizes.values()))} in {folder}: {', '.join(listed) or 'no files'}"
    parts = [
        f"{count} {part} {_megabytes(size)}"
        for part, (count, size) in journal_parts(folder / "journal.db").items()
    ]
    if parts:
        detail += f" (in the journal: {', '.join(parts)})"
    free = shutil.disk_usage(folder).free
    detail += f"; {_megabytes(free)} free"
    if free < max(_LITTLE, sizes.get("journal", 0)):
        return Finding(
            "disk use",
            "warning",
            detail,
            "Make space: nothing can be recorded on a full disk. `colophon compact` makes the "
            "journal smaller; journals that were set aside can be moved elsewhere.",
        )
    return Finding("disk use", "ok", detail)


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of the files below it, by their kinds."""
    sizes: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    for path in folder.rglob("*"):
        try:
            found = path.lstat()
        except OSError:
            continue  # A server that runs has taken it away meanwhile.
        # Names of the same bytes count once.
        again = found.st_nlink > 1 and (found.st_dev, found.st_ino) in seen
        seen.add((found.st_dev, found.st_ino))
        if S_ISREG(found.st_mode) and not again:
            kind = _kind_of(path.relative_to(folder))
            sizes[kind] = sizes.get(kind, 0) + found.st_size
    return sizes


def _kind_of(path: Path) -> str:
    name = path.name
    if path.parts[0] == "artifacts":
        return "artifacts"
    if name.startswith("journal-corrupt-"):
        return "set aside"
    if name.startswith("journal.db"):
        return "journal" if len(path.parts) == 1 else "other journals"
    return "spool" if "spool" in path.parts else "other"


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
