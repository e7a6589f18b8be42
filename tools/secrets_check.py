"""No secret, no path of somebody's machine and no package index's address may be committed."""

import re
import subprocess
import sys
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = [
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "GitHubTokenDetector",
    "JwtTokenDetector",
    "NpmDetector",
    "PrivateKeyDetector",
    "SendGridDetector",
    "SlackDetector",
    "StripeDetector",
    "TwilioKeyDetector",
]
# written in pieces so that this file does not find itself
FORBIDDEN = {
    "a package index's address": re.compile(
        "--index" + r"-url|" + "pypi" + r"\.org/simple|registry\." + r"npmjs\.org|" + r'"resolved":\s*"http'
    ),
    "a path of somebody's machine": re.compile(
        r"/(?:home|Users)/[a-z][\w.-]+/|/" + r"root/|/" + r"work/(?:main|shared)"
    ),
}


def tracked() -> list[Path]:
    """Every text file that git knows."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def forbidden(path: Path) -> list[str]:
    """What must not be in this file, in words."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []
    return [
        f"{path.relative_to(ROOT)}: {what}" for what, pattern in FORBIDDEN.items() if pattern.search(text)
    ]


def secrets_in(paths: list[Path]) -> list[str]:
    """What looks like a key, by file and line; the detectors are made once for all files."""
    secrets = SecretsCollection(root=str(ROOT))
    with transient_settings({"plugins_used": [{"name": plugin} for plugin in PLUGINS]}):
        for path in paths:
            secrets.scan_file(str(path.relative_to(ROOT)))
    return [f"{name}:{secret.line_number}: {secret.type}" for name, secret in secrets]


def main() -> int:
    """0 when nothing was found."""
    paths = tracked()
    found = [line for path in paths for line in forbidden(path)] + secrets_in(paths)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
