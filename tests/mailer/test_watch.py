"""What an operator watches: figures that add up, what is missing in words, and nobody's address anywhere."""

from __future__ import annotations

import io
import json
import logging
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from urllib.error import HTTPError

import pytest

from mailer.embedded import EmbeddedMailer
from mailer.watch.watched import Watched
from preferences.store.figures import decisions_by_reason, figures, newest_decision
from tests.mailer.town import TUESDAY, Town
from webapp.logs import FieldsFormatter, JsonFormatter, Seldom

READERS = 6


@pytest.fixture
def campaign(town: Town) -> int:
    town.topic("letter", days={1})
    for number in range(READERS):
        town.reader(f"anna{number}", {"letter": "each"})
    town.clock.instant = TUESDAY
    return town.campaign("Secrets of spring", "letter")


@contextmanager
def _watched(town: Town) -> Iterator[tuple[Watched, EmbeddedMailer]]:
    watched = Watched(("127.0.0.1", 0))
    worker = EmbeddedMailer(replace(town.office, measures=watched.measures), connections=1, listens=watched.address)
    worker.start()
    watched.start(town.office, worker.lease, scheduler=worker.scheduler)
    try:
        yield watched, worker
    finally:
        watched.stop()
        worker.stop()


def _asked(watched: Watched, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{watched.address}{path}") as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def _value(text: str, name: str) -> float:
    (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(line.rpartition(" ")[2])


def test_figures_say_how_much_there_is_of_what(town: Town, campaign: int) -> None:
    with town.database.read() as connection:
        before = figures(connection, town.now)
        newest = newest_decision(connection)
    assert (before.due, before.campaigns) == (0, {"scheduled": 1})
    town.hand_over()
    town.campaign("next", "letter", at=TUESDAY + timedelta(days=7))
    with town.database.read() as connection:
        after = figures(connection, town.now)
        decided = decisions_by_reason(connection, newest, newest_decision(connection))
    assert (after.due, after.waiting, after.handing_over, after.in_doubt) == (0, 0, 0, 0)
    assert after.campaigns == {"finished": 1, "scheduled": 1}
    assert set(decided) == {("send", "expected")}
    assert sum(decided.values()) >= READERS


def test_a_process_says_that_it_is_ready_and_what_it_counted(town: Town, campaign: int) -> None:
    with _watched(town) as (watched, worker):
        assert json.loads(_asked(watched, "/healthz")[1]) == {"answers": True}
        assert _asked(watched, "/readyz") == (200, '{"ready": true, "missing": []}')
        with worker.resting():
            worker.drain()
        text = _asked(watched, "/metrics")[1]
        assert _value(text, 'troth_mails_total{outcome="accepted"}') == READERS
        assert _value(text, "troth_group_mails_sum") == READERS
        assert _value(text, "troth_leads") == 1
        assert _value(text, "troth_due") == 0
        assert _value(text, 'troth_campaigns{status="finished"}') == 1
        assert _asked(watched, "/anything")[0] == 404
        for somebody in ("anna", "example.org", "Secrets"):
            assert somebody not in text


def test_what_is_missing_is_said_in_words(town: Town) -> None:
    with _watched(town) as (watched, worker):
        worker.lease.end()
        status, said = _asked(watched, "/readyz")
        assert status == 503
        (first, *others) = json.loads(said)["missing"]
        assert "the lease of this process has ended" in first
        assert any("no process schedules" in one for one in others)
        assert any("no process hands over" in one for one in others)


def test_several_processes_of_a_machine_take_one_port_each() -> None:
    first = Watched(("127.0.0.1", 0))
    host, _, port = first.address.rpartition(":")
    second = Watched((host, int(port)))
    assert second.address != first.address
    assert Watched(None).address == ""
    first.stop()
    second.stop()


def test_who_is_begun_anew_is_watched_where_it_was(town: Town) -> None:
    with _watched(town) as (first, _):
        address = first.address
        # The server hangs up first, and the system remembers the connection for a while.
        assert _asked(first, "/healthz")[0] == 200
    host, _, port = address.rpartition(":")
    second = Watched((host, int(port)))
    second.stop()
    assert second.address == address


@pytest.mark.parametrize("formatter", [FieldsFormatter("%(name)s %(message)s"), JsonFormatter()], ids=["text", "json"])
def test_no_log_of_a_whole_send_names_anybody(town: Town, campaign: int, formatter: logging.Formatter) -> None:
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers = [handler]
    root.setLevel(logging.DEBUG)
    try:
        with _watched(town) as (_, worker), worker.resting():
            worker.drain()
    finally:
        root.handlers = before
        root.setLevel(level)
    text = said.getvalue()
    assert "planned" in text
    assert town.counts(campaign) == {"accepted": READERS}
    for message in town.transport.messages:  # type: ignore[attr-defined]
        assert message.rcpt_to not in text
        assert message.mail_from not in text
    for somebody in ("anna", "Anna", "Secrets of spring", "/p/", "/u/"):
        assert somebody not in text


def test_an_event_in_json_is_one_line_with_its_fields() -> None:
    record = logging.LogRecord("mailer.send", logging.WARNING, "here", 1, "put in\n%s", ("doubt",), None)
    record.campaign = 7
    said = json.loads(JsonFormatter().format(record))
    assert (said["event"], said["level"], said["campaign"]) == ("put in\ndoubt", "warning", 7)
    assert "\n" not in JsonFormatter().format(record)


def test_a_library_says_the_same_once_in_a_while_and_this_program_always() -> None:
    seldom = Seldom()

    def says(name: str, at: float) -> bool:
        record = logging.LogRecord(name, logging.ERROR, "here", 1, "the broker is away", (), None)
        record.created = at
        return seldom.filter(record)

    assert [says("dramatiq.worker", at) for at in (0.0, 1.0, 29.0, 31.0)] == [True, False, False, True]
    assert [says("mailer.scheduler", at) for at in (0.0, 1.0)] == [True, True]
