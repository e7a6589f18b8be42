"""The report's addresses: the same session gives the same ids, so that a report taken twice is one report."""

from uuid import UUID, uuid5


class Places:
    """Ids and references inside one bundle, made from the session's own id."""

    def __init__(self, session: UUID) -> None:
        self.session = session

    def id(self, name: str) -> str:
        """The id of a resource that has no row of its own."""
        return str(uuid5(self.session, name))

    def to(self, name: str, words: str = "") -> dict[str, str]:
        """A reference to a resource of this bundle."""
        return {"reference": f"urn:uuid:{self.id(name)}", **({"display": words} if words else {})}

    @property
    def patient(self) -> dict[str, str]:
        """Whose session it is."""
        return self.to("patient")

    @property
    def encounter(self) -> dict[str, str]:
        """The visit."""
        return self.to("encounter")
