"""From an export of another system to a kept promise, an unsubscribe and a clean audit, over HTTP and SMTP."""

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from preferences.settings.values import default_sandbox_database_url
from preferences.store.clock import SystemClock
from preferences.store.database import open_database
from preferences.store.installation import found
from tests.journeys.installation import Installation, header, installation

SAMPLES = Path(__file__).parent.parent / "samples"
EXPORT = """\
Email Address,First Name,Last Name,OPTIN_TIME,CONFIRM_TIME,TIMEZONE,LAST_CHANGED,LEID,EUID,NOTES,TAGS
ada@example.com,Ada,Example,2023-04-21 11:16:57,2023-04-21 11:16:57,Europe/London,,,,,
bob@example.com,Bob,Example,2018-02-12 10:54:27,2018-02-12 10:54:27,,,,,,
not an address,Eve,Example,2018-02-12 10:54:27,2018-02-12 10:54:27,,,,,,
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("journey")
    _begin_empty_sandbox(folder / "data")
    with installation(folder) as here:
        yield here


def _begin_empty_sandbox(folder: Path) -> None:
    """Without the example, so that what is read here is of this test alone; a sandbox that is there is left alone."""
    with closing(open_database(default_sandbox_database_url(folder))) as database:
        database.migrate()
        now = SystemClock().now()
        found(database, now, driven_from=now)


def _post(here: Installation, path: str, token: str, body: object) -> dict[str, object]:
    answer = here.call("POST", path, token, body)
    assert answer.status in {200, 201}, answer.body
    found: dict[str, object] = answer.json
    return found


@pytest.mark.slow
def test_an_export_is_imported_sent_to_and_left_again(here: Installation, tmp_path: Path) -> None:
    here.troth("publication", "set", "--name", "The Letter", "--zone", "Europe/Berlin")
    here.troth("publication", "set", "--sender", "The Letter <letter@example.org>", "--postal-address", "1 Example St")
    here.troth("topic", "create", "letter", "--name", "Letter", "--at-most", "2 per week")
    export = tmp_path / "subscribed_members_export.csv"
    export.write_text(EXPORT)
    here.troth("import", str(export), "--topic", "letter")
    token = here.troth("token", "create", "--name", "journey", "--scope", "send").strip()
    content = {"name": "Spring", "subject": "Spring is here", "topics": ["letter"], "title": "Spring", "summary": "New"}
    campaign = _post(here, "/api/v1/campaigns", token, {**content, "mjml": (SAMPLES / "spring.mjml").read_text()})
    path = f"/api/v1/campaigns/{campaign['id']}"
    forecast = _post(here, f"{path}/forecast", token, {"at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()})
    assert (forecast["audience"], forecast["send"]) == (2, 2)
    _post(here, f"{path}/schedule", token, {"at": "now"})
    mails = here.mail_server.wait_for(2)
    finished = here.wait_until(path, token, status="finished")
    assert finished["outcomes"]["accepted"] == finished["audience"] == 2
    for mail in mails:
        _meets_the_requirements(mail)
    ada = next(mail for mail in mails if b"ada@example.com" in mail)
    _leaves_by_one_click(here, path, token, header(ada, "List-Unsubscribe")[0].strip("<>"))
    explained = here.troth("explain", "ada@example.com", "Spring")
    assert "expected" in explained
    assert "every promise was kept" in here.troth("audit")


def _leaves_by_one_click(here: Installation, path: str, token: str, url: str) -> None:
    assert here.form(url, "", "GET").status == 200
    assert here.call("GET", path, token).json["unsubscribes"]["unstated"] == 0
    assert here.form(url, "List-Unsubscribe=One-Click").status == 200
    assert here.form(url, "List-Unsubscribe=One-Click").status == 200
    found = here.call("GET", path, token).json
    assert found["unsubscribes"]["unstated"] == 1
    second = _post(
        here, "/api/v1/campaigns", token, {"name": "2", "subject": "2", "topics": ["letter"], "markdown": "x"}
    )
    second_path = f"/api/v1/campaigns/{second['id']}"
    _post(here, f"{second_path}/schedule", token, {"at": "now"})
    here.mail_server.wait_for(3)
    here.wait_until(second_path, token, status="finished", audience=1)


def _meets_the_requirements(mail: bytes) -> None:
    """M1, M2 and M4 to M8, on the bytes that arrived."""
    (unsubscribe,) = header(mail, "List-Unsubscribe")
    assert re.fullmatch(r"<http://127\.0\.0\.1:\d+/u1/[A-Za-z0-9_-]+>", unsubscribe)
    assert b"\r\nList-Unsubscribe: <http" in mail
    assert header(mail, "List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    assert len(header(mail, "List-Id")) == len(header(mail, "Feedback-ID")) == len(header(mail, "Message-ID")) == 1
    assert header(mail, "Auto-Submitted") == []
    assert header(mail, "X-Auto-Response-Suppress") == ["OOF, AutoReply"]
    assert header(mail, "Precedence") == ["bulk"]
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert max(len(line) for line in mail.split(b"\r\n")) <= 998
    message = email.message_from_bytes(mail, policy=email.policy.default)
    text, html = [part.get_content() for part in message.iter_parts()]
    assert message.get_content_type() == "multipart/alternative"
    assert "You get Letter at most twice a week." in text.replace("\n", " ")
    assert "1 of at most 2 this week" in text
    assert "1 Example St" in text
    for url in re.findall(r'href="(http[^"]+)"', html):
        assert url.replace("&amp;", "&") in text.replace("\n", "")


def test_what_waits_under_one_a_week_comes_along_the_next_week_on_a_driven_clock(here: Installation) -> None:
    token = here.troth("token", "create", "--publication", "sandbox", "--name", "clock", "--scope", "admin").strip()
    first = _next_tuesday(here.call("GET", "/api/v1/sandbox/clock", token).json["now"])
    tuesday, wednesday, next_tuesday = (_text(first + timedelta(days=days)) for days in (0, 1, 7))
    assert here.call("POST", "/api/v1/sandbox/clock", token, {"to": tuesday}).status == 200
    for slug, at_most, days in (("letter", 1, ["tue"]), ("events", 5, [])):
        cadence = {"at_most": {"count": at_most, "per": "week"}, **({"days": days} if days else {})}
        _post(here, "/api/v1/topics", token, {"slug": slug, "name": slug.title(), "cadence": cadence})
    consent = {"source": "form", "at": tuesday, "wording": "yes", "confirmed_at": tuesday}
    expectation = {"topics": [{"topic": "letter"}, {"topic": "events"}], "at_most": {"count": 1, "per": "week"}}
    reader = {"email": "cleo@example.org", "zone": "Europe/Berlin", "expectation": expectation, "consent": consent}
    _post(here, "/api/v1/subscribers", token, reader)
    _campaign(here, token, "First letter", "letter", tuesday)
    extra = _campaign(here, token, "An extra", "events", wednesday)
    here.call("POST", "/api/v1/sandbox/clock", token, {"advance": "P1DT1H"})
    waiting = here.call("GET", f"/api/v1/campaigns/{extra}", token).json
    assert waiting["outcomes"]["waiting"] == 1
    assert waiting["by_reason"]["total_cap"] == 1
    explained = here.troth("explain", "cleo@example.org", "An extra", "--publication", "sandbox")
    assert "total_cap" in explained
    assert "At most one mail a week from everything you chose: Letter, Events." in explained
    letter = _campaign(here, token, "Second letter", "letter", next_tuesday)
    here.call("POST", "/api/v1/sandbox/clock", token, {"advance": "P6D"})
    assert here.call("GET", f"/api/v1/campaigns/{extra}", token).json["outcomes"]["came_along"] == 1
    assert here.call("GET", f"/api/v1/campaigns/{letter}", token).json["outcomes"]["accepted"] == 1
    assert (
        "An extra" in here.call("GET", "/sandbox/inbox", "").body
        or "Second letter" in here.call("GET", "/sandbox/inbox", "").body
    )
    assert "every promise was kept" in here.troth("audit", "--publication", "sandbox")


def _next_tuesday(now: str) -> datetime:
    """Nine o'clock in Berlin on the second Tuesday after an instant, far from the edges of its week."""
    local = datetime.fromisoformat(now).astimezone(ZoneInfo("Europe/Berlin")) + timedelta(days=7)
    tuesday = local + timedelta(days=(1 - local.weekday()) % 7)
    return tuesday.replace(hour=9, minute=0, second=0, microsecond=0)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


def _campaign(here: Installation, token: str, name: str, topic: str, at: str) -> str:
    content = {"name": name, "subject": name, "title": name, "summary": f"About {name}", "markdown": f"# {name}"}
    made = _post(here, "/api/v1/campaigns", token, {**content, "topics": [topic]})
    _post(here, f"/api/v1/campaigns/{made['id']}/schedule", token, {"at": at})
    return str(made["id"])
