"""A mail server for proofs: takes everything, slowly, and keeps a log of its own. Runs as a process of its own.

`python -m benchmarks.sink LOG DELAY_MS` prints its port, then serves on loopback until it is ended. A line of the log
is written, and flushed, when the final dot has arrived, before the reply: what stands there may have been delivered.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TextIO

_ANSWERS = {"EHLO": "250-sink\r\n250 PIPELINING", "QUIT": "221 bye"}


class Sink:
    """Answers as a server that offers PIPELINING (RFC 2920) and nothing else; logs whom a mail is for, and its Message-ID."""

    def __init__(self, log: TextIO, delay_seconds: float) -> None:
        self._log = log
        self._delay_seconds = delay_seconds

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it is closed from either side."""
        try:
            await self._say(writer, "220 sink")
            await self._session(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # killed in the middle, as is to be shown
        finally:
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipient = ""
        while line := await reader.readline():
            command = line.decode("latin-1").strip()
            verb = command[:4].upper()
            if verb == "RCPT":
                recipient = command.partition("<")[2].partition(">")[0]
            if verb == "DATA":
                await self._say(writer, "354 go on")
                data = await reader.readuntil(b"\r\n.\r\n")
                self._note(recipient, data)
                await asyncio.sleep(self._delay_seconds)
            await self._say(writer, _ANSWERS.get(verb, "250 ok"))
            if verb == "QUIT":
                return

    def _note(self, recipient: str, data: bytes) -> None:
        head = data.partition(b"\r\n\r\n")[0].decode("latin-1")
        message_id = next(line for line in head.split("\r\n") if line.lower().startswith("message-id:"))
        self._log.write(f"{recipient} {message_id.partition(':')[2].strip()}\n")
        self._log.flush()

    async def _say(self, writer: asyncio.StreamWriter, line: str) -> None:
        writer.write(f"{line}\r\n".encode())
        await writer.drain()


async def main(path: str, delay_ms: float) -> None:
    """Serve on a free port of loopback, which is printed."""
    with Path(path).open("a", encoding="utf-8") as log:
        sink = Sink(log, delay_ms / 1000)
        server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=2**20)
        print(server.sockets[0].getsockname()[1], flush=True)
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
