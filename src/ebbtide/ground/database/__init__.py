"""The database room: starts, guards and stops the embedded PostgreSQL; no other room knows how."""

from ebbtide.ground.database.attach import Addresses, attach, attached_or_started
from ebbtide.ground.database.binaries import wheel_binaries
from ebbtide.ground.database.cluster import MAX_CONNECTIONS
from ebbtide.ground.database.durable import assert_durable
from ebbtide.ground.database.folder import FolderLock, default_data_folder, layout_of, make_data_folder
from ebbtide.ground.database.grants import UnknownTable, grant_application
from ebbtide.ground.database.logins import APPLICATION_ROLE, DATABASE, OWNER_ROLE
from ebbtide.ground.database.server import Server, end_with_parent
from ebbtide.ground.database.troubles import (
    AccountTrouble,
    AlreadyRunning,
    BinariesMissing,
    DatabaseTrouble,
    DiskFull,
    FolderNotReachable,
    FolderNotWritable,
    LoginsMissing,
    NewerDatabase,
    NotRunning,
    OlderDatabase,
    PathTooLong,
    StartFailed,
    UnsafeSettings,
)

__all__ = [
    "APPLICATION_ROLE",
    "DATABASE",
    "MAX_CONNECTIONS",
    "OWNER_ROLE",
    "AccountTrouble",
    "Addresses",
    "AlreadyRunning",
    "BinariesMissing",
    "DatabaseTrouble",
    "DiskFull",
    "FolderLock",
    "FolderNotReachable",
    "FolderNotWritable",
    "LoginsMissing",
    "NewerDatabase",
    "NotRunning",
    "OlderDatabase",
    "PathTooLong",
    "Server",
    "StartFailed",
    "UnknownTable",
    "UnsafeSettings",
    "assert_durable",
    "attach",
    "attached_or_started",
    "default_data_folder",
    "end_with_parent",
    "grant_application",
    "layout_of",
    "make_data_folder",
    "wheel_binaries",
]
