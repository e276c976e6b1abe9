"""Building the example: the same seed gives the same ledger, and what it lives through breaks no promise."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from preferences.store.auditing import Audit
from preferences.store.database import open_database
from preferences.store.publications import publications
from webapp.example.building import Size, build
from webapp.example.content import answers, campaigns, groups, publication, topics
from webapp.example.people import DOMAINS

SMALL = Size(readers=40, weeks=1)
HUNDRED = Size(readers=100, weeks=2)
# As few and as short as show everything that readers do.
LIVELY = Size(readers=200, weeks=3)
RESERVED = (".example", ".example.org", ".example.com", ".example.net")


def _ledger(path: Path) -> list[str]:
    """Every row of every table, numbers included."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def _built(path: Path, seed: int, size: Size) -> Path:
    build(path, seed, size)
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first week of forty readers."""
    return _built(tmp_path_factory.mktemp("example") / "small.sqlite3", 1, SMALL)


def test_what_the_example_lives_through_breaks_no_promise(small: Path) -> None:
    database = open_database(f"sqlite:///{small}")
    try:
        with database.read() as connection:
            sender = publications(connection)[0]
        audit = Audit(database, sender)
        broken = list(audit.broken(datetime(2026, 12, 31, tzinfo=UTC)))
    finally:
        database.close()
    assert broken == []
    assert audit.checked.mails > 30


def test_the_clock_of_the_example_stands_at_its_end(small: Path) -> None:
    with closing(sqlite3.connect(small)) as connection:
        (now,) = connection.execute("SELECT driven_now FROM installation").fetchone()
    assert datetime.fromisoformat(now).replace(tzinfo=UTC) == datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


def test_nobody_in_the_example_could_have_their_address(small: Path) -> None:
    assert all(f".{domain}".endswith(RESERVED) for domain in DOMAINS)
    with closing(sqlite3.connect(small)) as connection:
        addresses = [address for (address,) in connection.execute("SELECT address FROM subscriber")]
    assert all(f".{address.rpartition('@')[2]}".endswith(RESERVED) for address in addresses if address is not None)


def test_every_question_of_the_example_has_answers_and_nobody_says_what_another_has_said() -> None:
    asked = {one.key: one.values.question for one in campaigns(_zone()) if one.values.question}
    written = answers()
    assert set(asked) == set(written)
    assert len(set(asked.values())) == len(asked)
    said = [words for one in written.values() for words in one]
    assert len(set(said)) == len(said) > 40


@pytest.mark.slow
def test_readers_of_the_example_answer_vote_and_bring_others(tmp_path: Path) -> None:
    there = _built(tmp_path / "lived.sqlite3", 1, LIVELY)
    with closing(sqlite3.connect(there)) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0]
            for what in (
                "answer WHERE words <> ''",
                "vote",
                "referral WHERE confirmed_at IS NOT NULL",
                "event WHERE kind = 'read_on_web'",
            )
        ]
    assert all(counts), counts


@pytest.mark.slow
def test_the_same_seed_gives_the_same_ledger_and_another_seed_another(tmp_path: Path, small: Path) -> None:
    once = _ledger(_built(tmp_path / "once.sqlite3", 5, HUNDRED))
    assert once == _ledger(_built(tmp_path / "again.sqlite3", 5, HUNDRED))
    assert _ledger(small) != _ledger(_built(tmp_path / "other.sqlite3", 6, SMALL))


def test_every_campaign_of_the_example_says_something_of_its_own() -> None:
    there = campaigns(_zone())
    slugs = {topic.slug for topic in topics()}
    assert len(there) >= 28
    assert all(set(one.values.topics) <= slugs and one.values.summary for one in there)
    for name in ("subject", "summary", "markdown"):
        said = [getattr(one.values, name) for one in there]
        assert len(set(said)) == len(said)


def test_two_drafts_wait_and_a_letter_is_to_come() -> None:
    there = campaigns(_zone())
    ends_at = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
    assert [one.values.topics for one in there if one.at is None] == [("evenings",), ("evenings",)]
    to_come = [one for one in there if one.at is not None and one.at > ends_at]
    assert [one.values.topics for one in to_come] == [("tuesday-letter",)]
    # A Tuesday, and more than the four days that a cap of one a week asks for between two mails.
    assert to_come[0].at is not None
    assert to_come[0].at.weekday() == 1
    assert to_come[0].at - ends_at > timedelta(days=4)


def test_the_shares_of_the_names_add_up() -> None:
    assert sum(group.share for group in groups()) == 1000
    assert all(sum(group.zones.values()) == 100 for group in groups())


def _zone() -> ZoneInfo:
    return ZoneInfo(publication()["zone"])
