"""The readers of the example: names, addresses under reserved domains, and the zones they live in."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from webapp.example.content import groups

# RFC 2606 and RFC 6761: names that nobody can have, so that no mail of the example could ever reach anybody.
DOMAINS = {
    "example.org": 22,
    "example.com": 22,
    "example.net": 14,
    "mail.example.org": 12,
    "post.example.net": 8,
    "inbox.example.com": 8,
    "saltmere.example": 9,
    "harbour.example": 3,
    "university.example": 2,
}
_IN_ASCII = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "ö": "oe", "ü": "ue", "ä": "ae", "Ö": "Oe"})
# One in so many of the first writes the part before the @ as their name is written.
_AS_WRITTEN, _FIRST = 400, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One reader; `number` counts them from 0."""

    number: int
    name: str
    email: str
    zone: str


def people(chance: random.Random) -> Iterator[Person]:
    """One person after the other, without end; no address comes twice."""
    there, taken = groups(), set[str]()
    number = 0
    while True:
        group = chance.choices(there, [one.share for one in there])[0]
        first, last = chance.choice(group.first), chance.choice(group.last)
        zone = chance.choices(list(group.zones), list(group.zones.values()))[0]
        local = f"{first}.{last}".replace(" ", "") if _is_as_written(number) else _local_part(first, last, chance)
        domain = chance.choices(list(DOMAINS), list(DOMAINS.values()))[0]
        email = f"{local}@{domain}"
        if email.casefold() in taken:
            email = f"{local}{chance.randint(2, 97)}@{domain}"
        if email.casefold() in taken or (_is_as_written(number) and email.isascii()):
            continue
        taken.add(email.casefold())
        yield Person(number=number, name=_spelled(f"{first} {last}", chance), email=email, zone=zone)
        number += 1


def _is_as_written(number: int) -> bool:
    return number < _FIRST and number % _AS_WRITTEN == 7


def _local_part(first: str, last: str, chance: random.Random) -> str:
    first, last = _ascii(first), _ascii(last)
    shape = chance.choices(
        ("{first}.{last}", "{f}.{last}", "{first}", "{first}{last}", "{last}.{first}"), (50, 18, 12, 14, 6)
    )
    return shape[0].format(first=first, last=last, f=first[0])


def _spelled(name: str, chance: random.Random) -> str:
    """Some give their first name, some none."""
    return chance.choices((name, name.split(maxsplit=1)[0], ""), (72, 18, 10))[0]


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_IN_ASCII))
    return "".join(char for char in plain.lower() if char.isascii() and char.isalpha())
