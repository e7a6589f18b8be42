"""Only for drills: this folder on PYTHONPATH makes a clinic that the product itself refuses to be.

EBBTIDE_DRILL names what is taken away, separated by commas: `synchronous_commit` and `fsync` are turned off and the refusal
to run without them is silenced; `shadow:LIBRARY:FOLDER` keeps in FOLDER what the database has really asked to be on the disk.
"""

import os


def _take_away(asked: list[str]) -> None:
    from ebbtide.ground.database import cluster, durable, server

    for name in asked:
        if name in durable.SAFE_VALUES:
            durable.SAFE_VALUES[name] |= {"off"}
            cluster.SETTINGS += f"{name} = off\n"
        else:
            _, library, folder = name.split(":")
            before = server.child_environment
            added = {"LD_PRELOAD": library, "DRILL_SHADOW": folder}
            server.child_environment = lambda before=before, added=added: {**before(), **added}


if told := os.environ.get("EBBTIDE_DRILL"):
    _take_away(told.split(","))
