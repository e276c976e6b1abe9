"""Pictures, made as small as they can be."""

import struct
import zlib


def png(width: int = 120, height: int = 40, *, tail: bytes = b"") -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = zlib.compress((b"\0" + b"\x14\x61\x4b" * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + tail + chunk(b"IEND", b"")


def jpeg(width: int = 120, height: int = 40) -> bytes:
    """The segments of a picture as far as its size."""
    frame = struct.pack(">BBHBHHB", 0xFF, 0xC0, 17, 8, height, width, 3) + b"\1\x22\0\2\x11\1\3\x11\1"
    return b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + frame + b"\xff\xda\0\x08\1\1\0\0\x3f\0\xff\xd9"
