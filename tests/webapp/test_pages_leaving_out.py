"""Read, leave it out of my digest: a button below the web version of what is still to come, and nothing but the button."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import select

from preferences.appearance import Appearance
from preferences.links import Purpose
from preferences.store.appearance import choose_appearance
from preferences.store.events import SYSTEM
from preferences.store.tables import DELIVERY
from tests.store.lived import Lived
from tests.store.newsletter import asked
from tests.webapp.visitor import Visitor, dump, visitor

WEEKLY = {"topic": "events", "arrives": "weekly"}
BUTTON = "Read, leave it out of my digest"


def item_to_come(anna: Visitor) -> tuple[Lived, str]:
    """A text that stands in a digest to come, and the link by which its reader reads it before."""
    lived = Lived(anna.there)
    reader = lived.reader(asked(WEEKLY))
    campaign = lived.send(anna.there.events, "Extra")
    with anna.there.database.read() as connection:
        delivery = connection.execute(select(DELIVERY.c.id).where(DELIVERY.c.campaign_id == campaign)).scalar_one()
    return lived, f"/r/{anna.token(Purpose.READ, reader, delivery=delivery)}"


def states(anna: Visitor) -> list[tuple[str, str]]:
    with anna.there.database.read() as connection:
        rows = connection.execute(select(DELIVERY.c.state, DELIVERY.c.reason).order_by(DELIVERY.c.id))
        return [(row.state, row.reason) for row in rows]


def test_the_button_takes_a_text_out_of_the_digest_and_says_so(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived, link = item_to_come(anna)
        assert BUTTON in anna.get(link)
        assert states(anna) == [("digest_to_come", "digest_weekly")]
        answer = anna.client.post(link, data={"do": "leave_out"})
        assert answer.headers["Location"] == f"{link}#after-reading"
        assert states(anna) == [("web", "read_on_web")]
        page = anna.get(link)
        assert "You have read this here" in page
        assert "<form" not in page
        lived.wait(days=9)
        lived.hand_over()
        assert states(anna) == [("web", "read_on_web")]


def test_reading_alone_leaves_a_text_in_its_digest(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        _, link = item_to_come(anna)
        before = dump(anna.there)
        for method in ("GET", "HEAD", "OPTIONS", "GET"):
            anna.client.open(link, method=method)
        anna.post(link, 422, do="something else")
        assert dump(anna.there) == before


def test_what_came_has_no_such_button_and_pressing_it_late_changes_nothing(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived, link = item_to_come(anna)
        lived.wait(days=9)
        lived.hand_over()
        assert states(anna)[0] == ("in_digest", "digest_weekly")
        assert "<form" not in anna.get(link)
        before = dump(anna.there)
        anna.post(link, do="leave_out")
        assert dump(anna.there) == before


def test_below_a_mail_stand_our_own_lines_in_a_style_of_their_own_and_no_script_runs(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        _, link = item_to_come(anna)
        answer = anna.client.get(link)
        page = answer.get_data(as_text=True)
        assert page.index("</main>") < page.index('class="after-reading"') < page.index("</body>")
        policy = answer.headers["Content-Security-Policy"]
        assert "form-action 'self'" in policy
        assert "script-src" not in policy
        assert anna.client.get("/static/reading.css").status_code == 200
        assert "look.css" not in page
        assert anna.client.get("/favicon.ico").mimetype == "image/vnd.microsoft.icon"


def test_below_a_mail_of_a_publication_with_its_own_colours_they_are_used_and_paper_stays_white(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        _, link = item_to_come(anna)
        with anna.there.database.write() as connection:
            colours = Appearance(accent="#8a1c5b", ground="#f4efe6")
            choose_appearance(connection, anna.there.publication, colours, None, SYSTEM, anna.clock.now())
        page = anna.get(link)
        assert page.index("reading.css") < page.index("/p/newsletter/look.css?v=")
        assert "prefers-color-scheme" in page
        assert re.search(r"@media\s*\(prefers-color-scheme", page) is None
