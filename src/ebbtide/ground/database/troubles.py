"""Troubles of the database room: every one is a sentence that says what to do next."""


class DatabaseTrouble(Exception):
    """The database cannot serve; the message is one clear line for the person who started it."""


class FolderNotWritable(DatabaseTrouble):
    """The data folder, or the folder it must be made in, refuses writing."""


class FolderNotReachable(DatabaseTrouble):
    """A folder on the way to the data cannot be entered by the account that needs it."""


class PathTooLong(DatabaseTrouble):
    """The data folder's path leaves no room for a socket."""


class NewerDatabase(DatabaseTrouble):
    """The data was written by a newer program than this one."""


class OlderDatabase(DatabaseTrouble):
    """The data was written by an older PostgreSQL than this one can open."""


class UnsafeSettings(DatabaseTrouble):
    """A setting would let an acknowledged entry be lost."""


class DiskFull(DatabaseTrouble):
    """The disk under the data folder has no room left."""


class AlreadyRunning(DatabaseTrouble):
    """Something else holds the data folder."""


class NotRunning(DatabaseTrouble):
    """No server answers for this data folder."""


class BinariesMissing(DatabaseTrouble):
    """PostgreSQL's programs cannot be found or executed."""


class AccountTrouble(DatabaseTrouble):
    """The unprivileged account for the database cannot be made or used."""


class LoginsMissing(DatabaseTrouble):
    """The file with the database's passwords is missing or unreadable."""


class StartFailed(DatabaseTrouble):
    """PostgreSQL ended, or fell silent, before it answered."""
