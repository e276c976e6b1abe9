"""The archive and its feeds: what went out to all is there for all, and nothing of a reader stands in it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from preferences.store.issues import choose_sample, sample_issues
from preferences.store.tables import CAMPAIGN, CAMPAIGN_CONTENT, TOPIC
from tests.store.newsletter import NOON, Newsletter, add_campaign
from tests.webapp.visitor import BASE, Visitor, visitor
from webapp import create_app

ATOM = "{http://www.w3.org/2005/Atom}"
FEED = "/a/newsletter/t/letter/feed.atom"


def went_out(there: Newsletter, at: datetime, title: str, topic: int | None = None, **more: Any) -> int:
    """An issue that has gone out to everybody who chose its topic."""
    values = {"status": "finished", "planned_at": at, **{name: more.pop(name) for name in ("segment",) if name in more}}
    with there.database.write() as connection:
        campaign = add_campaign(connection, there, topic or there.letter, at, **{"title": title, **more})
        connection.execute(update(CAMPAIGN).where(CAMPAIGN.c.id == campaign).values(**values))
    return campaign


def feed(anna: Visitor, path: str = FEED) -> ET.Element:
    """A feed as a strict reader reads it: everything RFC 4287 requires is there, once, and well formed."""
    answer = anna.client.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "application/atom+xml"
    root = ET.fromstring(answer.data)
    assert root.tag == f"{ATOM}feed"
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    entries = root.findall(f"{ATOM}entry")
    for one in (root, *entries):
        for required in ("id", "title", "updated"):
            assert len(one.findall(f"{ATOM}{required}")) == 1, required
        for name in ("updated", "published"):
            at = one.findtext(f"{ATOM}{name}")
            assert at is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", at), at
        for link in one.findall(f"{ATOM}link"):
            assert link.attrib["href"].startswith(f"{BASE}/")
    ids = [one.findtext(f"{ATOM}id") for one in (root, *entries)]
    assert len(set(ids)) == len(ids)
    assert all(one is not None and one.startswith("urn:uuid:") for one in ids)
    assert [link.attrib["href"] for link in root.findall(f"{ATOM}link") if link.attrib["rel"] == "self"] == [
        BASE + path
    ]
    return root


def test_the_archive_lists_topics_and_their_issues_by_month(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        went_out(anna.there, NOON - timedelta(days=30), "October's")
        went_out(anna.there, NOON, "November's")
        page = anna.get("/a/newsletter")
        assert 'href="/a/newsletter/t/letter"' in page
        assert "November&#39;s" in page
        assert "once a week, usually on Tuesdays" in page
        page = anna.get("/a/newsletter/t/letter")
        places = [page.index(said) for said in ("November 2026", "November&#39;s", "October 2026", "October&#39;s")]
        assert places == sorted(places)
        assert 'href="/p/newsletter/sign-up?topic=letter"' in page
        assert f'<link rel="canonical" href="{BASE}/a/newsletter/t/letter">' in page
        assert f'type="application/atom+xml" title="Letter" href="{FEED}"' in page
        anna.get("/a/newsletter/t/nothing", 404)
        anna.get("/a/newsletter/t/letter?until=x", 404)


def test_an_issue_leads_to_the_one_before_and_the_one_after(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        for number in range(3):
            went_out(anna.there, NOON + timedelta(days=7 * number), f"Issue {number}")
        page = anna.get("/a/newsletter/t/letter")
        links = re.findall(r'class="title" href="([^"]+)"', page)
        middle = anna.get(links[1])
        assert f'href="{links[2]}" rel="prev"' in middle
        assert f'href="{links[0]}" rel="next"' in middle
        assert '<meta property="og:title" content="Issue 1">' in middle
        assert 'rel="next"' not in anna.get(links[0])


def test_what_may_be_indexed_says_so_and_an_unlisted_topic_is_linked_nowhere(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        went_out(anna.there, NOON, "Hidden", anna.there.events)
        went_out(anna.there, NOON, "Listed")
        with anna.there.database.write() as connection:
            connection.execute(update(TOPIC).where(TOPIC.c.slug == "events").values(is_unlisted=True))
        listed, hidden = anna.client.get("/a/newsletter/t/letter"), anna.client.get("/a/newsletter/t/events")
        assert listed.headers["X-Robots-Tag"] == "all"
        assert "noindex" not in listed.text
        assert hidden.headers["X-Robots-Tag"] == "noindex"
        assert 'content="noindex"' in hidden.text
        assert "Hidden" in hidden.text
        assert "/a/newsletter/t/events" not in anna.get("/a/newsletter")
        link = re.findall(r'class="title" href="([^"]+)"', hidden.text)[0]
        assert anna.client.get(link).headers["X-Robots-Tag"] == "noindex"


def test_nobody_is_sent_to_a_sandbox_by_a_search(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        went_out(anna.there, NOON, "Listed")
        there = create_app(replace(anna.site, advance=lambda _: None)).test_client()
        link = re.findall(r'class="title" href="([^"]+)"', there.get("/a/newsletter/t/letter").text)[0]
        for path in ("/a/newsletter", "/a/newsletter/t/letter", link):
            answer = there.get(path)
            assert answer.headers["X-Robots-Tag"] == "noindex", path
            assert 'content="noindex"' in answer.text, path


def test_a_feed_has_the_whole_issue_and_nothing_that_counts_readers_or_runs(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        source = (
            "# Hello {{ name }}\n\nRead *this* [there](https://example.org/x) and [me]({{ preferences_url }}).\n\n"
            '<script>bad()</script>\n\n<img src="https://example.org/p.gif" width="1" height="1">\n\n'
            '<a href="/relative">here</a>'
        )
        went_out(anna.there, NOON, "Whole", markdown=source, summary="Short")
        entry = feed(anna).find(f"{ATOM}entry")
        assert entry is not None
        html = entry.findtext(f"{ATOM}content") or ""
        assert "<em>this</em>" in html
        assert 'href="https://example.org/x"' in html
        assert entry.findtext(f"{ATOM}summary") == "Short"
        for not_there in ("script", "bad()", "p.gif", "style=", 'href="/', 'href=""', "Exampleton", "<table", "P<"):
            assert not_there not in html, not_there


def test_whatever_stands_in_a_title_the_feed_is_well_formed(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        hostile = "</title><script>&amp; ]]> \x0b\x1f\ufffe \U0001f600 'x' \"y\""
        went_out(anna.there, NOON, hostile, summary=hostile, subject=hostile)
        with anna.there.database.write() as connection:
            connection.execute(update(TOPIC).values(description="a < b & \x02c"))
        root = feed(anna)
        assert root.findtext(f"{ATOM}entry/{ATOM}title") == "</title><script>&amp; ]]>  \U0001f600 'x' \"y\""
        assert root.findtext(f"{ATOM}subtitle") == "a < b & c"


def test_an_issue_that_is_made_for_each_reader_is_in_the_feed_as_its_summary(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        went_out(anna.there, NOON, "Personal", markdown="In {{ fields.city }}")
        entry = feed(anna).find(f"{ATOM}entry")
        assert entry is not None
        assert entry.find(f"{ATOM}content") is None
        assert entry.findtext(f"{ATOM}summary") == "What is in it"


def test_a_feed_that_has_not_changed_is_not_sent_again(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        went_out(anna.there, NOON, "One")
        first = anna.client.get(FEED)
        assert anna.client.get(FEED, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        since = {"If-Modified-Since": first.headers["Last-Modified"]}
        assert anna.client.get(FEED, headers=since).status_code == 304
        with anna.there.database.write() as connection:
            connection.execute(update(CAMPAIGN_CONTENT).values(title="Another", recorded_at=NOON + timedelta(days=1)))
        changed = anna.client.get(FEED, headers={"If-None-Match": first.headers["ETag"]})
        assert changed.status_code == 200
        assert ET.fromstring(changed.data).findtext(f"{ATOM}entry/{ATOM}title") == "Another"


def test_a_feed_of_nothing_yet_is_a_feed(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        assert feed(anna).findall(f"{ATOM}entry") == []
        anna.get("/a/newsletter/t/nothing/feed.atom", 404)


def test_a_sample_is_the_issue_that_was_chosen_and_else_the_latest(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        there = anna.there
        first = went_out(there, NOON, "First")
        went_out(there, NOON + timedelta(days=7), "Second")
        went_out(there, NOON, "Event", there.events)
        with there.database.write() as connection:
            choose_sample(connection, there.publication, there.letter, first)
        with there.database.read() as connection:
            found = sample_issues(connection, there.publication, [there.letter, there.events, there.notices])
        assert {topic: one.title for topic, one in found.items()} == {there.letter: "First", there.events: "Event"}
        with there.database.write() as connection:
            choose_sample(connection, there.publication, there.letter, None)
            found = sample_issues(connection, there.publication, [there.letter])
        assert found[there.letter].title == "Second"


def test_a_long_archive_is_read_page_by_page(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        for number in range(35):
            went_out(anna.there, NOON + timedelta(days=number), f"Issue {number}")
        first = anna.get("/a/newsletter/t/letter")
        older = re.findall(r'href="([^"]+)" rel="next"', first)[0]
        rest = anna.get(older.replace("&amp;", "&"))
        assert (first.count('class="title"'), rest.count('class="title"')) == (30, 5)
