"""The gate: every check in order, each timed; the first line that fails is said plainly at the end."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
TEMPLATES = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "src").rglob("templates/**/*.html"))

CHECKS: list[tuple[str, list[str]]] = [
    # the two longest are begun first, side by side
    ("types", ["mypy"]),
    ("secrets", ["python", "tools/secrets_check.py"]),
    ("lint", ["ruff", "check", "--quiet", "."]),
    ("format", ["ruff", "format", "--check", "--quiet", "."]),
    ("spelling", ["typos", "--quiet", "src", "tests", "docs", "README.md"]),
    ("floors", ["lint-imports", "--no-cache"]),
    ("template lint", ["djlint", "--lint", "--quiet", *TEMPLATES]),
    ("template form", ["djhtml", "--check", "--tabwidth", "2", *TEMPLATES]),
    ("migrations", ["python", "-W", "ignore", "-m", "django", "makemigrations", "--check", "--dry-run"]),
    ("settings", ["python", "-W", "ignore", "-m", "django", "check", "--fail-level", "WARNING"]),
]


def run_one(check: tuple[str, list[str]]) -> tuple[str, str, float, str]:
    """Name, word, seconds and what it said."""
    name, command = check
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings", "EBBTIDE_DEMO": "1"}
    begun = time.perf_counter()
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = (done.stdout + done.stderr).strip()[-6000:] if done.returncode else ""
    return name, "FAILED" if done.returncode else "ok", time.perf_counter() - begun, said


def main() -> int:
    """Run all, two at a time; 0 when all passed."""
    failed = []
    started = time.perf_counter()
    with ThreadPoolExecutor(2) as two:
        for name, word, took_s, said in two.map(run_one, CHECKS):
            print(f"{name:15} {word:7} {took_s:5.1f} s", flush=True)
            if word == "FAILED":
                failed.append(name)
                print(said)
    print(
        f"{len(CHECKS) - len(failed)} passed, {len(failed)} failed in {time.perf_counter() - started:.1f} s"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
