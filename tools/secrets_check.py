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


def findings(path: Path) -> list[str]:
    """What must not be in this file, in words."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []
    name = path.relative_to(ROOT)
    found = [f"{name}: {what}" for what, pattern in FORBIDDEN.items() if pattern.search(text)]
    with transient_settings({"plugins_used": [{"name": plugin} for plugin in PLUGINS]}):
        secrets = SecretsCollection()
        secrets.scan_file(str(path))
    return found + [f"{name}:{secret.line_number}: {secret.type}" for _, secret in secrets]


def main() -> int:
    """0 when nothing was found."""
    found = [line for path in tracked() for line in findings(path)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
