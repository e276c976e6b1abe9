"""Whoever has changed something can still get in, and is told when no more mail goes today."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from preferences.links import Purpose
from preferences.store.tables import SERVICE_MAIL
from tests.store.newsletter import asked, signed_up
from tests.webapp.visitor import Visitor, visitor


def kinds(anna: Visitor) -> list[str]:
    """The service mails that go to somebody, in the order in which they were asked for."""
    with anna.there.database.read() as connection:
        chosen = select(SERVICE_MAIL.c.kind).where(SERVICE_MAIL.c.address.is_not(None)).order_by(SERVICE_MAIL.c.id)
        return list(connection.execute(chosen).scalars())


def test_receipts_leave_room_for_the_links_that_somebody_asks_for(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter", "events"))
        me = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        anna.post(me, do="once_a_week")
        anna.post(me, do="pause")
        for _ in range(2):
            assert "a fresh link to your address" in anna.post(me, 200, do="unpause")
        assert kinds(anna) == ["confirm", "changed", "fresh_link", "fresh_link"]
        page = anna.post(me, 200, do="unpause")
        assert "No more mail today" in page
        assert "Nothing has changed yet." in page
        assert "No more mail today" in anna.post(f"{me}/data", 200)
        anna.later(days=1)
        assert "a fresh link to your address" in anna.post(me, 200, do="unpause")


def test_a_pause_is_ended_at_once_with_a_fresh_link_and_through_the_mailbox_with_another(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        me = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        anna.post(me, do="pause")
        assert "Nothing until" in anna.get(me)
        anna.post(me, 200, do="unpause")
        assert "Nothing until" in anna.get(me)
        fresh = next(link for link in anna.mailed_links() if "typed" in link)
        assert 'name="paused-from" type="date" value=""' in anna.get(fresh)
        anna.post(fresh.partition("?")[0], do="unpause")
        assert "Nothing until" not in anna.get(me)


def test_who_signs_up_again_while_subscribed_is_shown_what_is_really_promised(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        signed_up(anna.there, asked("letter", at_most={"count": 1, "per": "month"}))
        anna.later(days=2)  # one confirmation a day
        anna.send("/p/newsletter/sign-up", {"topic": "events", "email": "anna@example.org", "step": "ask"}, 200)
        confirm = [link for link in anna.mailed_links() if link.startswith("/confirm/")][-1]
        anna.post(confirm)
        anna.later(minutes=1)
        page = anna.get(confirm)
        assert "a month from everything you chose: Letter, Events" in page
        assert "Nothing else." not in page
