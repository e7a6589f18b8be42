"""Where stylesheets, scripts and fonts are found: their addresses do not change while the program runs."""

from functools import cache

from whitenoise.storage import CompressedStaticFilesStorage


class KnownAddresses(CompressedStaticFilesStorage):  # type: ignore[misc] # whitenoise ships no types
    """Works each address out once; every page names many of them."""

    @cache  # noqa: B019 - there is one storage, and it lives as long as the program
    def url(self, name: str | None) -> str:
        """The address of a file."""
        address: str = super().url(name)
        return address
