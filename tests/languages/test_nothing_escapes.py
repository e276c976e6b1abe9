"""In a language that nobody speaks, every word of ours on readers' pages and in mails is said by the catalogue."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.compose import VALUES, DigestContent, ServiceKind, compile_digest, compile_service
from preferences.links import Claim, Purpose
from preferences.store.tables import CAMPAIGN_CONTENT, SIGN_UP_REQUEST
from tests.languages.pseudo import LONG, escaped, outside, spoken
from tests.mailer.compose.cast import EVENT, GARDEN, campaign, envelope, reader
from tests.store.newsletter import asked, mail_handed_over, rows, signed_up
from tests.webapp.visitor import Visitor, visitor

# What the publication and the reader wrote, and what has no translation: names of zones and languages.
THEIRS = (
    "The Letter", "Letter", "Events", "Notices", "Issue", "Anna Berg", "Europe", "Berlin", "Deutsch", "English",
    "Example Street", "Exampleton", "The issue", "What is in it", "Question", "Hello", "JSON", "ZIP", "CSV",
)  # fmt: skip


# The pages of a reader with a fresh link, and those of one with the link of a mail.
FRESH_PAGES = ("/me/{}", "/h/{}", "/u/{}", "/me/{}/data", "/me/{}/address", "/me/{}/erase", "/h/{}/away")
READ_PAGES = ("/r/{}/answer", "/r/{}/vote", "/r/{}/vote?said=too_often", "/r/{}/pass-on", "/h/{}")


# What the gardener wrote, and what stands in the numbers and names of a mail.
GARDENERS = (
    "The Garden", "Garden Letter", "Hedge Lane", "Gardenham", "Seed swap <today>", "Bring what you have.", "Events",
    "Letter", "Hello", "Spring", "Anna",
)  # fmt: skip
OF_THE_LAW = {"promise": "⟦what the law says⟧", "count_line": "⟦what it counts⟧"}

# What is said does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def anna(database_url: str, tmp_path: Path) -> Iterator[Visitor]:
    with spoken(tmp_path / "languages", LONG), visitor(database_url, tmp_path) as there:
        there.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = LONG
        yield there


def nothing_escapes(page: str, *theirs: str) -> None:
    assert escaped(page, *THEIRS, *theirs) == []
    assert f'<html lang="{LONG}" dir="ltr">' in page


def a_reader_with_mail(anna: Visitor) -> tuple[int, int]:
    """Somebody who reads in that language, and the delivery of a mail that asks a question."""
    person = signed_up(
        anna.there, asked("letter", {"topic": "events", "arrives": "weekly"}), name="Anna Berg", language=LONG
    )
    delivery = mail_handed_over(anna.there, person, anna.there.letter, anna.clock.now())
    with anna.there.database.write() as connection:
        connection.execute(CAMPAIGN_CONTENT.update().values(question="Question"))
    return person, delivery


def test_nothing_escapes_on_the_way_in(anna: Visitor) -> None:
    sign_up = "/p/newsletter/sign-up"
    asks = {"topic": "letter", "arrives-letter": "each", "email": "new@example.org", "step": "ask"}
    nothing_escapes(anna.get(sign_up))
    nothing_escapes(anna.send(sign_up, {**asks, "step": "show"}, 200))
    nothing_escapes(anna.send(sign_up, {"email": "nobody", "count-total": "x", "zone": "Mars"}, 422), "Mars")
    nothing_escapes(anna.send(sign_up, asks, 200))
    with anna.there.database.read() as connection:
        (asked_for,) = rows(connection, SIGN_UP_REQUEST)
    assert asked_for["language"] == LONG
    assert escaped(asked_for["promise"], *THEIRS) == []
    confirm = f"/confirm/{anna.links.sign(Claim(purpose=Purpose.CONFIRM, publication=1, request=asked_for['id']))}"
    nothing_escapes(anna.get(confirm), "new")
    anna.send(confirm, {})
    nothing_escapes(anna.get(confirm), "new")


def test_nothing_escapes_on_the_way_out(anna: Visitor) -> None:
    person, delivery = a_reader_with_mail(anna)
    leave = f"/u/{anna.token(Purpose.UNSUBSCRIBE, person, delivery=delivery, topics=(anna.there.letter,))}"
    nothing_escapes(anna.get(leave))
    anna.send(leave, {"do": "all"})
    nothing_escapes(anna.get(leave))
    nothing_escapes(anna.get(f"/me/{anna.token(Purpose.FRESH, person)}"))


def test_nothing_escapes_on_a_readers_own_pages(anna: Visitor) -> None:
    person, delivery = a_reader_with_mail(anna)
    for path in FRESH_PAGES:
        nothing_escapes(anna.get(path.format(anna.token(Purpose.FRESH, person, delivery=delivery))))


def test_nothing_escapes_on_the_pages_of_a_mail(anna: Visitor) -> None:
    person, delivery = a_reader_with_mail(anna)
    for path in READ_PAGES:
        nothing_escapes(anna.get(path.format(anna.token(Purpose.READ, person, delivery=delivery))))


def test_nothing_escapes_on_the_pages_of_everybody(anna: Visitor) -> None:
    for path in ("/fresh", "/p/newsletter/kept", "/p/newsletter/card", "/a/newsletter"):
        nothing_escapes(anna.get(path))


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("kind", ServiceKind)
def test_nothing_escapes_in_a_mail_of_our_own(kind: ServiceKind) -> None:
    values = dict.fromkeys(VALUES[kind], "https://garden.example/x")
    mail = compile_service(kind, envelope(language=LONG)).preview(reader(language=LONG, why="", **OF_THE_LAW), values)
    assert outside(f"{mail.subject}\n{mail.text}", *GARDENERS) == []
    assert escaped(mail.html, *GARDENERS) == []


@pytest.mark.usefixtures("anna")
def test_nothing_escapes_around_what_a_sender_wrote() -> None:
    read = reader(language=LONG, why="", **OF_THE_LAW, along=(EVENT,))
    letter = campaign(markdown="# Hello", mjml=None, text=None).preview(read)
    digest = compile_digest(DigestContent(**GARDEN, title="Letter", rhythm="weekly")).preview(read, (EVENT, EVENT))
    for mail in (letter, digest):
        assert outside(f"{mail.subject}\n{mail.text}", *GARDENERS) == []
        assert escaped(mail.html, *GARDENERS) == []


def test_nothing_escapes_where_something_is_not_there(anna: Visitor) -> None:
    nothing_escapes(anna.get("/me/nothing", 404))
