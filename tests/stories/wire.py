"""A wire between a browser and the clinic that can be cut: a small relay on this machine."""

import contextlib
import socket
import threading
from types import TracebackType

BLOCK_B = 65_536


class Wire:
    """Listens on a port of its own and passes every byte on, until it is cut."""

    def __init__(self, to_port: int) -> None:
        self.to_port = to_port
        self.listening = self._listen(0)
        self.port: int = self.listening.getsockname()[1]
        self.open: set[socket.socket] = set()

    def _listen(self, port: int) -> socket.socket:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(64)
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
        return listening

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
                far = socket.create_connection(("127.0.0.1", self.to_port))
            except OSError:
                return
            self.open |= {near, far}
            for here, there in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(here, there), daemon=True).start()

    def _pass_on(self, here: socket.socket, there: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := here.recv(BLOCK_B):
                there.sendall(data)
        self._end(here, there)

    def _end(self, *sockets: socket.socket) -> None:
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            self.open.discard(one)

    def cut(self) -> None:
        """Nothing passes any more, and nobody is let in."""
        self._end(self.listening, *list(self.open))

    def mend(self) -> None:
        """The same port is open again."""
        self.listening = self._listen(self.port)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.cut()
