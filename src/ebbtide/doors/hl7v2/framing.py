"""MLLP frames out of a stream of bytes, split anywhere, with anything between them. Pure: no socket, no clock."""

from collections.abc import Iterator

START, END, CARRIAGE_RETURN = b"\x0b", b"\x1c", b"\r"
MAX_MESSAGE_BYTES = 256 * 1024


class TooLong(Exception):
    """A message grew beyond what a monitor can have to say: it is answered AR, and the connection is closed."""


def framed(message: bytes) -> bytes:
    """A message as it goes over the wire."""
    return START + message + END + CARRIAGE_RETURN


class Framer:
    """Collects the bytes of one connection. What stands between two frames is passed over and never kept."""

    def __init__(self, *, most_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self._most_bytes = most_bytes
        self._open = False
        self._kept = bytearray()

    @property
    def is_inside(self) -> bool:
        """A frame has begun and not ended."""
        return self._open

    @property
    def kept_bytes(self) -> int:
        return len(self._kept)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are complete now, one after the other.

        Raises:
            TooLong: the open frame holds more than a message may; the messages before it were given.
        """
        rest = data
        while rest:
            message, rest = self._take(rest)
            if message is not None:
                yield message

    def _take(self, data: bytes) -> tuple[bytes | None, bytes]:
        """Use up some of the data: a message when one is complete, and the rest."""
        if not self._open:
            _, begun, rest = data.partition(START)
            self._open = bool(begun)
            return None, rest
        body, ended, rest = data.partition(END)
        # a frame that begins inside another one: the first was cut off on its way
        _, restarted, later = body.rpartition(START)
        if restarted:
            self._kept.clear()
            body = later
        self._kept += body
        if len(self._kept) > self._most_bytes:
            self._close()
            raise TooLong(f"A message is longer than {self._most_bytes} bytes: send fewer readings in one.")
        if not ended:
            return None, rest
        message = bytes(self._kept)
        self._close()
        return message, rest

    def _close(self) -> None:
        self._open = False
        self._kept.clear()
