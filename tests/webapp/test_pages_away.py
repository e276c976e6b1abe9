"""While you were away: one line after a pause, which leads to what it kept away."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import event

from preferences.links import Purpose
from preferences.store.away import left_out_while_away
from preferences.store.changes import change_expectation
from tests.store.lived import Lived
from tests.store.newsletter import BY_LINK, asked
from tests.webapp.visitor import Visitor, visitor

PAUSED = {"paused": {"from": "2026-11-26", "until": "2026-12-06"}, "overflow": "leave_out"}


def paused(anna: Visitor) -> tuple[Lived, int]:
    """Somebody who leaves out what a pause of ten days keeps away: one text before it and two within."""
    lived = Lived(anna.there)
    reader = lived.reader(asked("letter", "events", **PAUSED))
    lived.send(anna.there.letter, "Before")
    lived.hand_over()
    for _ in range(2):
        lived.wait(days=3)
        lived.send(anna.there.events, "Meanwhile")
        lived.hand_over()
    return lived, reader


def texts(anna: Visitor, lived: Lived, reader: int) -> int:
    with anna.there.database.read() as connection:
        found = left_out_while_away(connection, anna.there.publication, [reader], lived.now).get(reader)
    return 0 if found is None else found.texts


def test_after_a_pause_one_line_leads_to_what_was_left_out(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived, reader = paused(anna)
        anna.clock.instant = lived.now
        assert "While you were away" not in anna.get(f"/h/{anna.token(Purpose.PREFERENCES, reader)}")
        lived.wait(days=7)
        anna.clock.instant = lived.now
        link = f"/h/{anna.token(Purpose.PREFERENCES, reader)}"
        assert f'<a href="{link}/away">While you were away: 2 texts</a>' in anna.get(link)
        page = anna.get(f"{link}/away")
        assert page.count('class="title" href="/r/') == 2
        assert "From Thursday 26 November to Sunday 6 December" in page
        anna.later(days=31)
        anna.get(f"{link}/away", 404)


def test_it_is_said_for_30_days_after_the_pause(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived, reader = paused(anna)
        assert texts(anna, lived, reader) == 0
        lived.wait(days=7)
        assert texts(anna, lived, reader) == 2
        lived.wait(days=30)
        assert texts(anna, lived, reader) == 0


def test_a_pause_that_was_ended_early_is_as_long_as_it_really_was(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived, reader = paused(anna)
        with anna.there.database.write() as connection:
            wants = asked("letter", "events", overflow="leave_out")
            change_expectation(connection, anna.there.publication, reader, wants, BY_LINK, lived.now)
        assert texts(anna, lived, reader) == 1
        lived.wait(days=29)
        assert texts(anna, lived, reader) == 1


def test_a_pause_across_another_change_is_one_pause(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived, reader = paused(anna)
        with anna.there.database.write() as connection:
            wants = asked("letter", "events", **{**PAUSED, "at_most": {"count": 3, "per": "week"}})
            change_expectation(connection, anna.there.publication, reader, wants, BY_LINK, lived.now)
        lived.wait(days=7)
        assert texts(anna, lived, reader) == 2


def test_it_takes_two_statements_for_however_many_and_one_where_nobody_was_away(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived, reader = paused(anna)
        lived.wait(days=7)
        asked_for: list[str] = []
        event.listen(anna.there.database.engine, "before_cursor_execute", lambda *said: asked_for.append(said[2]))
        for readers, statements in (([reader, 999], 2), ([999], 1)):
            asked_for.clear()
            with anna.there.database.read() as connection:
                left_out_while_away(connection, anna.there.publication, readers, lived.now)
            assert len([one for one in asked_for if one.startswith("SELECT")]) == statements
