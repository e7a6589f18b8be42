"""Everything that the processes of the clinic consist of, loaded once: they are forked from the process that imported this.

To load the program takes a core a second or more, and a clinic is six processes on perhaps two cores. No connection, no
thread and no random state is shared, for none exists yet; what is shared is memory that nobody writes.
"""

import gc

import uvicorn  # noqa: F401 - here and below: loaded for those who are forked
from django.urls import reverse

import ebbtide.site.asgi  # noqa: F401 - it sets Django up, so it comes first
from ebbtide.doors.hl7v2 import gateway  # noqa: F401
from ebbtide.ground.policy.table import table as roles_table
from ebbtide.journey.infusion.watching import process  # noqa: F401
from ebbtide.twin.monitors import following  # noqa: F401

# every address and the table of roles: each process would work them out for its first page
reverse("public:home")
roles_table()

# what is loaded here is never garbage: the collector must not write into the memory that all of them share
gc.collect()
gc.freeze()
