"""The monitors' door: HL7 v2 over MLLP, a process of its own (`python -m ebbtide.doors.hl7v2`)."""
