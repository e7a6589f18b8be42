"""`python -m tools.manual` writes the printed parts of docs; with --check it only compares and says which page is stale."""

import os
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def set_up() -> None:
    """Django, as the demonstration has it, so that its doors are printed too."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ebbtide.site.settings")
    os.environ["EBBTIDE_DEMO"] = "1"
    import django

    django.setup()


def stale(docs: Path = DOCS) -> dict[Path, str]:
    """Each page that is not as the code is now, with what it should say."""
    from tools.manual.marks import filled, pages
    from tools.manual.parts import PARTS

    found = {}
    for path in pages(docs):
        text = path.read_text(encoding="utf-8")
        now = filled(text, PARTS, page=str(path.relative_to(docs)))
        if now != text:
            found[path] = now
    return found


def main(arguments: list[str]) -> int:
    """0 when every page is as it should be, 1 when --check found a stale one."""
    from tools.manual.marks import REPAIR

    set_up()
    found = stale()
    if "--check" in arguments:
        for path in found:
            print(f"docs/{path.relative_to(DOCS)} is not as the code is now. Repair it: {REPAIR}")
        return 1 if found else 0
    for path, text in found.items():
        path.write_text(text, encoding="utf-8")
        print(f"docs/{path.relative_to(DOCS)} is printed anew.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
