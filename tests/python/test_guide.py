"""The user guide says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from jupyterlab_colophon.settings import Settings

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "index.md"


def test_settings() -> None:
    """[T80] The user guide names every setting of the server extension with its default."""
    section = GUIDE.read_text().partition("## Settings for administrators\n")[2]
    told = dict(re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", section, re.MULTILINE))
    settings = Settings.class_own_traits(config=True)
    assert sorted(told) == sorted(settings)
    for name, trait in settings.items():
        # Other defaults are told in words.
        if isinstance(trait.default_value, (bool, int, float)):
            assert told[name].strip("`") == f"{trait.default_value}", name
