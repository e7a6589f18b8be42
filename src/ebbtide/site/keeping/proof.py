"""The proof of a restore: a small file in the clinic's folder. Until it exists, a banner stays on every staff page."""

import json
from pathlib import Path

from ebbtide.ground import clock

PROOF = "restore-proof.json"


def note_proof(data_folder: Path, *, backup_made_at: str, tables: int) -> None:
    """Remember the newest restore that was proved; until there is one, a banner stays on every staff page."""
    proof = {
        "proved_at": clock.now().isoformat(),
        "backup_made_at": backup_made_at,
        "tables": tables,
    }
    path = data_folder / PROOF
    path.write_text(json.dumps(proof), encoding="utf-8")


def proof_of(data_folder: Path) -> dict[str, str] | None:
    """What is known of the newest proved restore, or None when there is none."""
    try:
        found: dict[str, str] = json.loads((data_folder / PROOF).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found
