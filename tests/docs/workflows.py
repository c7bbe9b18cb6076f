"""Write the GitHub workflows of the documents into files, for a linter: ``python -m docs.workflows DIRECTORY``."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
WORKFLOW = re.compile(r"^```yaml\n# \.github/workflows/(\S+)\.yml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def workflows() -> dict[str, str]:
    """Return the text of each, by a name of its own."""
    return {
        f"{page.stem}-{number}-{name}.yml": text
        for page in sorted(DOCS.rglob("*.md"))
        for number, (name, text) in enumerate(WORKFLOW.findall(page.read_text(encoding="utf-8")), 1)
    }


def main(directory: Path) -> None:
    """Write them anew."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for name, text in workflows().items():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
