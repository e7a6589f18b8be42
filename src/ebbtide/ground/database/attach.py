"""For a command beside a running clinic: the addresses of its server, or a server for as long as it needs one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ebbtide.ground.database.folder import is_held, layout_of
from ebbtide.ground.database.logins import APPLICATION_ROLE, OWNER_ROLE, SUPERUSER_ROLE, address, read_logins
from ebbtide.ground.database.readiness import answers
from ebbtide.ground.database.server import Server
from ebbtide.ground.database.troubles import NotRunning


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """How to reach a server that answers."""

    owner_url: str
    app_url: str
    superuser_url: str


def attach(data_folder: Path) -> Addresses:
    """The running server of a folder: its supervisor holds the folder and a query was answered just now."""
    layout = layout_of(data_folder)
    if not is_held(layout.lock):
        raise NotRunning(f"No Ebbtide runs on {layout.data}. Start it with: ebbtide serve")
    logins = read_logins(layout)
    found = Addresses(
        owner_url=address(layout, role=OWNER_ROLE, password=logins.owner),
        app_url=address(layout, role=APPLICATION_ROLE, password=logins.application),
        superuser_url=address(layout, role=SUPERUSER_ROLE, password=logins.superuser),
    )
    if not answers(found.app_url):
        raise NotRunning(
            f"The database in {layout.data} does not answer. Wait for its start, or restart Ebbtide."
        )
    return found


@contextmanager
def attached_or_started(data_folder: Path, *, say: Callable[[str], None]) -> Iterator[Addresses]:
    """The addresses of the running server, or of one that is started now and stopped afterwards."""
    layout = layout_of(data_folder)
    if is_held(layout.lock):
        yield attach(data_folder)
        return
    with Server(data_folder, say=say) as server:
        yield Addresses(
            owner_url=server.owner_url, app_url=server.app_url, superuser_url=server.superuser_url
        )
