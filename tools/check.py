"""The gate: every check in order, each timed; the first line that fails is said plainly at the end."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
TEMPLATES = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "src").rglob("templates/**/*.html"))

CHECKS: list[tuple[str, list[str]]] = [
    ("lint", ["ruff", "check", "--quiet", "."]),
    ("format", ["ruff", "format", "--check", "--quiet", "."]),
    ("spelling", ["typos", "--quiet", "src", "tests", "docs", "README.md"]),
    ("floors", ["lint-imports", "--no-cache"]),
    ("template lint", ["djlint", "--lint", "--quiet", *TEMPLATES]),
    ("template form", ["djhtml", "--check", "--tabwidth", "2", *TEMPLATES]),
    ("types", ["mypy"]),
    ("migrations", ["python", "-W", "ignore", "-m", "django", "makemigrations", "--check", "--dry-run"]),
    ("settings", ["python", "-W", "ignore", "-m", "django", "check", "--fail-level", "WARNING"]),
    ("secrets", ["python", "tools/secrets_check.py"]),
]


def main() -> int:
    """Run all; 0 when all passed."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings", "EBBTIDE_DEMO": "1"}
    failed = []
    started = time.perf_counter()
    for name, command in CHECKS:
        begun = time.perf_counter()
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        word = "ok" if done.returncode == 0 else "FAILED"
        print(f"{name:15} {word:7} {time.perf_counter() - begun:5.1f} s")
        if done.returncode:
            failed.append(name)
            print((done.stdout + done.stderr).strip()[-6000:])
    print(
        f"{len(CHECKS) - len(failed)} passed, {len(failed)} failed in {time.perf_counter() - started:.1f} s"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
