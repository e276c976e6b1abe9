"""A private feed: what its reader chose to read on the web, by an address that can be replaced and says nothing of them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import timedelta
from pathlib import Path

from preferences.links import Purpose
from tests.store.lived import Lived
from tests.store.newsletter import asked
from tests.webapp.visitor import BASE, Visitor, dump, visitor

ATOM = "{http://www.w3.org/2005/Atom}"
ON_THE_WEB = {"topic": "events", "arrives": "web"}


def lived_with(anna: Visitor) -> tuple[Lived, int]:
    """Somebody who reads one topic on the web only, and two texts about it."""
    lived = Lived(anna.there)
    reader = lived.reader(asked(ON_THE_WEB, "letter"))
    for name in ("One", "Two"):
        lived.send(anna.there.events, name)
        lived.send(anna.there.letter, "Letter")
        lived.wait(days=7)
        lived.hand_over()
    anna.clock.instant = lived.now
    return lived, reader


def address_of(anna: Visitor, reader: int) -> str:
    """Where the feed is, as a page says to who comes by a fresh link."""
    page = anna.get(f"/h/{anna.token(Purpose.FRESH, reader)}")
    address = page.split('id="private-feed-url" readonly value="')[1].split('"')[0]
    assert address.startswith(f"{BASE}/f/")
    return address.removeprefix(BASE)


def test_a_private_feed_has_what_is_read_on_the_web_and_nothing_of_its_reader(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        _, reader = lived_with(anna)
        answer = anna.client.get(address_of(anna, reader))
        root = ET.fromstring(answer.data)
        entries = root.findall(f"{ATOM}entry")
        assert len(entries) == 2
        assert "<h1>Hello</h1>" in (entries[0].findtext(f"{ATOM}content") or "")
        assert "example.org" not in answer.text
        link = entries[0].find(f"{ATOM}link")
        assert link is not None
        token = link.attrib["href"].removeprefix(f"{BASE}/r/")
        assert "Hello" in anna.get(f"/r/{token}")
        # Who reads along sees this one text, and no history.
        claim = anna.links.read(token, Purpose.READ)
        assert claim is not None
        assert claim.issued_at is not None
        assert claim.issued_at < anna.clock.now() - timedelta(days=365)
        tag = answer.headers["ETag"]
        assert anna.client.get(address_of(anna, reader), headers={"If-None-Match": tag}).status_code == 304


def test_making_a_new_link_ends_the_old_one_which_says_what_to_do(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        _, reader = lived_with(anna)
        old = address_of(anna, reader)
        fresh = anna.token(Purpose.FRESH, reader)
        anna.post(f"/f/{fresh}/new")
        new = address_of(anna, reader)
        assert new != old
        anna.post(f"/f/{fresh}/new")
        assert address_of(anna, reader) not in (old, new)
        assert "This feed has ended" in anna.get(old, 410)
        anna.get(new, 410)
        anna.get(address_of(anna, reader))


def test_a_link_of_a_mail_neither_shows_the_address_of_the_feed_nor_replaces_it(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        _, reader = lived_with(anna)
        link = anna.token(Purpose.PREFERENCES, reader)
        page = anna.get(f"/h/{link}")
        assert "/f/" not in page.replace("/p/newsletter/fresh", "")
        before = dump(anna.there)
        anna.post(f"/f/{link}/new", 404)
        old = anna.token(Purpose.FRESH, reader, issued_at=anna.clock.now() - timedelta(hours=2))
        anna.post(f"/f/{old}/new", 404)
        assert dump(anna.there) == before
        for purpose in (Purpose.READ, Purpose.PREFERENCES, Purpose.FRESH):
            anna.get(f"/f/{anna.token(purpose, reader)}.atom", 404)
