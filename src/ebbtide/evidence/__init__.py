"""The evidence room: what the literature says, as versioned data, and the pure engines that read it.

No Django, no clock, no database and no network; the only files read are the packs in `data/`.
"""
