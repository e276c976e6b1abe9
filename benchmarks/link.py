"""A long line to a mail server: replies arrive so many milliseconds late, each by itself and not one after the other.

`python -m benchmarks.link PORT MILLISECONDS` prints a port of its own, and serves until it is ended. What is written to
the server goes on at once: a round trip takes as long as the line says, and there is no limit to what is under way.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_CHUNK = 1 << 18


@contextmanager
def link(port: int, milliseconds: float) -> Iterator[int]:
    """The port of such a line to a port of loopback, in a process of its own that ends with the context."""
    command = [sys.executable, "-m", "benchmarks.link", str(port), str(milliseconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


class _Link:
    """One line for any number of connections."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port = port
        self._seconds = seconds

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side closes it."""
        there, back = await asyncio.open_connection("127.0.0.1", self._port, limit=_CHUNK)
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        tasks = [
            asyncio.create_task(task)
            for task in (_copy(reader, back), self._note_replies(there, late), _deliver(late, writer))
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        back.close()
        writer.close()

    async def _note_replies(self, there: asyncio.StreamReader, late: asyncio.Queue[tuple[float, bytes]]) -> None:
        """Note each reply with the instant at which it arrives; the end of the connection is a reply of nothing."""
        now = asyncio.get_running_loop().time
        while octets := await there.read(_CHUNK):
            late.put_nowait((now() + self._seconds, octets))
        late.put_nowait((now() + self._seconds, b""))
        await asyncio.Event().wait()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while octets := await reader.read(_CHUNK):
        writer.write(octets)
        await writer.drain()


async def _deliver(late: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    now = asyncio.get_running_loop().time
    while (arrival := await late.get())[1]:
        await asyncio.sleep(max(0.0, arrival[0] - now()))
        writer.write(arrival[1])
        await writer.drain()


async def main(port: int, milliseconds: float) -> None:
    """Serve on a free port of loopback, which is printed."""
    one = _Link(port, milliseconds / 1000)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0, limit=_CHUNK)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
