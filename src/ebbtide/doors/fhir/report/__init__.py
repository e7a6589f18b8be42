"""The FHIR door's report of one session: rows in, an R4B bundle out. It reads nothing from the database and writes nothing.

Built with `fhir.resources.R4B`, so that a resource that breaks FHIR's rules cannot be written down. Codes marked [recalled]
are to be confirmed with the receiver; where no code is known to be right, the words stand alone.
"""

from ebbtide.doors.fhir.report.told import MonitorMinute, Report
from ebbtide.doors.fhir.report.whole import bundle_of, written

__all__ = ["MonitorMinute", "Report", "bundle_of", "written"]
