"""The data folder of the database room: where it is, what lies in it, who holds it."""

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ebbtide.ground.database.troubles import (
    AlreadyRunning,
    DatabaseTrouble,
    DiskFull,
    FolderNotReachable,
    FolderNotWritable,
    PathTooLong,
)

SOCKET_PATH_LIMIT_BYTES = 107  # sun_path of a Unix socket on Linux, less its closing zero
SOCKET_NAME = ".s.PGSQL.5432"
FREE_SPACE_NEEDED_MB = 128  # a new cluster (about 40 MB), two WAL segments and room to stop cleanly
TRIES = 5  # somebody who only asked whether the folder is held lets go within a moment
BETWEEN_TRIES_S = 0.05


def default_data_folder(*, is_root: bool, environment: Mapping[str, str] | None = None) -> Path:
    """The folder used when nobody names one; EBBTIDE_DATA is the caller's to read."""
    if is_root:
        return Path("/var/lib/ebbtide")
    known = os.environ if environment is None else environment
    shares = known.get("XDG_DATA_HOME", "")
    home_share = Path(shares) if shares.startswith("/") else Path.home() / ".local" / "share"
    return home_share / "ebbtide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Every path inside a data folder that this room writes."""

    data: Path

    @property
    def lock(self) -> Path:
        return self.data / "ebbtide.lock"

    @property
    def logins(self) -> Path:
        return self.data / "secrets.json"

    @property
    def program(self) -> Path:
        return self.data / "program"

    @property
    def home(self) -> Path:
        """The one folder that the database's account owns."""
        return self.data / "postgres"

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def unfinished_cluster(self) -> Path:
        return self.home / "cluster.new"

    @property
    def socket_folder(self) -> Path:
        return self.home / "socket"

    @property
    def socket(self) -> Path:
        return self.socket_folder / SOCKET_NAME

    @property
    def pid_file(self) -> Path:
        return self.cluster / "postmaster.pid"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"


def layout_of(data_folder: Path) -> Layout:
    """The layout of a data folder, with symbolic links resolved so that paths can be compared."""
    check_parents_can_be_entered(data_folder)
    return Layout(data=data_folder.expanduser().resolve())


def check_socket_fits(layout: Layout) -> None:
    """The socket's path is short enough for the operating system."""
    length_bytes = len(os.fsencode(layout.socket))
    if length_bytes > SOCKET_PATH_LIMIT_BYTES:
        room_bytes = SOCKET_PATH_LIMIT_BYTES - (length_bytes - len(os.fsencode(layout.data)))
        raise PathTooLong(
            f"The data folder's path is too long for a socket: {len(os.fsencode(layout.data))} bytes, "
            f"at most {room_bytes} fit. Choose a shorter one with EBBTIDE_DATA: {layout.data}"
        )


def check_parents_can_be_entered(data_folder: Path) -> None:
    """This account may enter every folder above the data folder."""
    for parent in reversed(data_folder.expanduser().absolute().parents):
        if not parent.exists():
            return
        if not parent.is_dir():
            raise FolderNotReachable(f"{parent} is a file, so no data folder can lie under it.")
        if not os.access(parent, os.X_OK):
            raise FolderNotReachable(
                f"The folder {parent} cannot be entered by this account, so {data_folder} cannot be reached. "
                "Choose another with EBBTIDE_DATA, or have its owner let you in."
            )


def make_data_folder(layout: Layout) -> None:
    """The data folder exists, for its owner alone, and can be written."""
    data = layout.data
    if data.exists() and not data.is_dir():
        raise FolderNotWritable(f"{data} is a file: name a folder with EBBTIDE_DATA.")
    nearest = next(folder for folder in (data, *data.parents) if folder.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise FolderNotWritable(
            f"The folder {nearest} cannot be written by this account. "
            "Choose another with EBBTIDE_DATA, or have its owner allow it."
        )
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as trouble:
        raise folder_trouble(data, trouble) from trouble


def folder_trouble(folder: Path, trouble: OSError) -> DatabaseTrouble:
    """The sentence for an error of the operating system met in a folder."""
    if trouble.errno in {errno.ENOSPC, errno.EDQUOT} or says_disk_is_full(str(trouble)):
        return disk_is_full(folder)
    return FolderNotWritable(f"The folder {folder} cannot be written: {trouble.strerror or trouble}.")


def says_disk_is_full(text: str) -> bool:
    """A program's own words mean that the disk is full."""
    return "No space left on device" in text or "Disk quota exceeded" in text


def disk_is_full(folder: Path) -> DiskFull:
    """The sentence for a full disk."""
    return DiskFull(
        f"The disk under {folder} is full. Make room and start again; every acknowledged entry is kept."
    )


def check_free_space(layout: Layout) -> None:
    """The disk has room for the database to start, work and stop cleanly."""
    free_mb = shutil.disk_usage(layout.data).free // 1_000_000
    if free_mb < FREE_SPACE_NEEDED_MB:
        raise DiskFull(
            f"The disk under {layout.data} has {free_mb} MB left; Ebbtide needs {FREE_SPACE_NEEDED_MB} MB "
            "to start. Make room and start again; every acknowledged entry is kept."
        )


class FolderLock:
    """The one holder of a data folder; the kernel lets go of it when the holder dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock, or raise AlreadyRunning when its holder keeps it."""
        tries_left = TRIES
        while self._descriptor is None:
            descriptor = self._open()
            if not _locked(descriptor):
                holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
                os.close(descriptor)
                tries_left -= 1
                self._wait_or_refuse(holder, tries_left=tries_left)
            elif self._is_still(descriptor):
                self._descriptor = descriptor
                self._sign(descriptor)
            else:  # its last holder removed the file between our opening and our locking
                os.close(descriptor)

    def _wait_or_refuse(self, holder: str, *, tries_left: int) -> None:
        if tries_left:
            time.sleep(BETWEEN_TRIES_S)
            return
        raise AlreadyRunning(
            f"Ebbtide already runs on {self.path.parent} (process {holder or 'unknown'}). "
            "Stop it first, or choose another folder with EBBTIDE_DATA."
        )

    def release(self) -> None:
        """Let go and leave no file behind."""
        # taken out first: Ctrl-C may interrupt us here, and whoever then closes everything releases once more
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        self.path.unlink(missing_ok=True)
        os.close(descriptor)

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as trouble:
            raise folder_trouble(self.path.parent, trouble) from trouble

    def _is_still(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def _sign(self, descriptor: int) -> None:
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as trouble:
            self.release()
            raise folder_trouble(self.path.parent, trouble) from trouble


def is_held(path: Path) -> bool:
    """Somebody holds this data folder now."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
