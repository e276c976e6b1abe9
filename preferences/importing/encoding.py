"""Which encoding a file is in: by its byte order mark, else by trying."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass

from preferences.errors import Invalid

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How to decode the file. `is_guess` where any bytes would have done: a person should look at the names."""

    codec: str
    name: str
    is_guess: bool = False


UTF_8 = Encoding(codec="utf-8", name="UTF-8")
WINDOWS_1252 = Encoding(codec="cp1252", name="Windows-1252", is_guess=True)


def encoding_of(chunks: Iterable[bytes]) -> Encoding:
    """The encoding of a file, all of which is read. Raises `Invalid` where it is text in none that is known."""
    parts = iter(chunks)
    first = next(parts, b"")
    choices = _choices(first)
    decoders = [(choice, codecs.getincrementaldecoder(choice.codec)()) for choice in choices]
    for chunk in (first, *parts):
        decoders = [(choice, decoder) for choice, decoder in decoders if _decodes(decoder, chunk)]
    decoders = [(choice, decoder) for choice, decoder in decoders if _decodes(decoder, b"", final=True)]
    if not decoders:
        raise Invalid.one("file", f"this is no text in {' or '.join(one.name for one in choices)}; save it as UTF-8")
    return decoders[0][0]


def _choices(first: bytes) -> tuple[Encoding, ...]:
    for mark, codec, name in _MARKS:
        if first.startswith(mark):
            return (Encoding(codec=codec, name=name),)
    sample = first[:1000]
    if len(sample) >= 4 and sample.count(0) * 3 > len(sample):
        order = "le" if sample[1::2].count(0) > sample[::2].count(0) else "be"
        return (Encoding(codec=f"utf-16-{order}", name="UTF-16", is_guess=True),)
    return (UTF_8, WINDOWS_1252)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final=final)
    except UnicodeError:
        return False
    return True
