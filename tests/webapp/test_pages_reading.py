"""Reading again: the web version, the history and the test inbox; and nothing that anybody only looks at changes."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.routing import Rule

from preferences.address import parse_address
from preferences.appearance import HOUSE
from preferences.links import Claim, PublicIds, Purpose
from preferences.links.public_ids import Kind
from preferences.store.address_changes import ask_for_change
from preferences.store.appearance import choose_appearance
from preferences.store.database import DatabaseAway
from preferences.store.events import SYSTEM
from preferences.store.installation import suppression_key
from preferences.store.signups import SignUp, request
from preferences.store.tables import CAMPAIGN, CAMPAIGN_CONTENT, CAPTURED_MAIL, DECISION, DELIVERY, OBSERVATION
from tests.store.newsletter import BY_SIGN_UP, asked, count, mail_handed_over, signed_up
from tests.webapp.pictures import png
from tests.webapp.visitor import Visitor, dump, visitor


def decided(anna: Visitor, delivery: int, outcome: str, reason: str, state: str) -> None:
    """A decision about a delivery in the ledger, and where the delivery stands."""
    with anna.there.database.write() as connection:
        connection.execute(
            DECISION.insert().values(
                publication_id=anna.there.publication,
                delivery_id=delivery,
                decided_at=anna.clock.now(),
                outcome=outcome,
                reason=reason,
                topic_id=anna.there.letter,
                expectation_id=1,
                basis="{}",
            )
        )
        connection.execute(DELIVERY.update().where(DELIVERY.c.id == delivery).values(state=state, reason=reason))


def captured(anna: Visitor) -> int:
    """A mail in the test inbox."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "letter@example.org", "anna@example.org", "Hello <you>"
    mail.set_content("See http://127.0.0.1:8642/u/x & more")
    mail.add_alternative(
        "<html><head><title>x</title></head><body><script>bad()</script>Hello</body></html>", subtype="html"
    )
    with anna.there.database.write() as connection:
        made = connection.execute(
            CAPTURED_MAIL.insert().values(
                publication_id=anna.there.publication,
                sender="letter@example.org",
                recipient="anna@example.org",
                subject="Hello <you>",
                source=mail.as_bytes(),
                captured_at=anna.clock.now(),
            )
        )
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def test_the_web_version_is_the_mail_with_the_promise_and_without_the_address(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"), name="Anna Berg")
        delivery = mail_handed_over(anna.there, person, anna.there.letter, anna.clock.now())
        decided(anna, delivery, "send", "expected", "accepted")
        with anna.there.database.write() as connection:
            connection.execute(CAMPAIGN_CONTENT.update().values(markdown="# Dear {{ name }}\n\nRead this."))
        answer = anna.client.get(f"/r/{anna.token(Purpose.READ, person, delivery=delivery)}")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 200
        for words in ("Dear Anna Berg", "Read this.", "You get Letter once a week", "1 Example Street", "Unsubscribe"):
            assert words in page
        assert "anna@" not in page.lower()
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        with anna.there.database.read() as connection:
            assert count(connection, OBSERVATION) == 1
        anna.client.head(f"/r/{anna.token(Purpose.READ, person, delivery=delivery)}")
        with anna.there.database.read() as connection:
            assert count(connection, OBSERVATION) == 1


def test_a_link_reads_no_mail_of_somebody_else(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        other = signed_up(anna.there, asked("letter"), address="other@example.org")
        theirs = mail_handed_over(anna.there, other, anna.there.letter, anna.clock.now())
        anna.get(f"/r/{anna.token(Purpose.READ, person, delivery=theirs)}", 404)
        anna.get(f"/r/{anna.token(Purpose.READ, person)}", 404)


def test_pages_reached_from_an_old_link_are_as_old_as_it(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        link = f"/me/{anna.token(Purpose.PREFERENCES, person)}"
        anna.later(days=31)
        history = anna.get(link).split('href="/h/')[1].split('"')[0]
        claim = anna.links.read(history, Purpose.PREFERENCES)
        assert claim is not None
        assert claim.issued_at == anna.clock.now() - timedelta(days=31)


def test_the_inbox_shows_a_mail_as_html_text_and_source_and_runs_nothing_of_it(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        number = captured(anna)
        assert "Hello &lt;you&gt;" in anna.get("/inbox")
        page = anna.get(f"/inbox/{number}")
        assert 'sandbox="allow-popups' in page
        assert "bad()" not in page
        framed = anna.client.get(f"/inbox/{number}/html")
        policy = framed.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "allow-scripts" not in policy
        assert '<a href="http://127.0.0.1:8642/u/x"' in anna.get(f"/inbox/{number}/text")
        assert "&lt;script&gt;" in anna.get(f"/inbox/{number}/source")
        assert "attachment" in anna.client.get(f"/inbox/{number}/raw").headers["Content-Disposition"]
        anna.get("/inbox/999", 404)
        anna.get("/inbox/99999999999999999999999", 404)


def gone_out(anna: Visitor, **otherwise: Any) -> str:
    """The public id of the first campaign, which has gone out to everybody who expects its topic."""
    values = {"status": "finished", "planned_at": anna.clock.now(), "scheduled_at": anna.clock.now(), **otherwise}
    with anna.there.database.write() as connection:
        number = connection.execute(select(CAMPAIGN.c.id).order_by(CAMPAIGN.c.id)).scalars().first()
        connection.execute(CAMPAIGN.update().where(CAMPAIGN.c.id == number).values(**values))
        assert number is not None
        return PublicIds(suppression_key(connection).hex()).public_id(Kind.CAMPAIGN, number)


def test_an_issue_that_went_to_all_is_there_for_everybody_and_nothing_of_a_reader_stands_in_it(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"), name="Anna Berg")
        mail_handed_over(anna.there, person, anna.there.letter, anna.clock.now())
        page = anna.get(f"/a/newsletter/{gone_out(anna)}")
        assert "1 Example Street" in page
        for secret in ("Anna", "/me/", "/u/", "/r/", "example.org"):
            assert secret not in page


@pytest.mark.parametrize(
    "otherwise",
    [
        {"status": "draft", "planned_at": None},
        {"status": "scheduled", "planned_at": None},
        {"segment": '{"city": "X"}'},
    ],
)
def test_an_issue_that_has_not_gone_out_to_all_is_there_for_nobody(
    database_url: str, tmp_path: Path, otherwise: dict[str, Any]
) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        mail_handed_over(anna.there, person, anna.there.letter, anna.clock.now())
        anna.get(f"/a/newsletter/{gone_out(anna, **otherwise)}", 404)
        anna.get("/a/newsletter/cam_0000000000000000", 404)


def everywhere(anna: Visitor) -> list[tuple[Rule, str]]:
    """Every route that there is, with links that are good."""
    person = signed_up(anna.there, asked("letter"))
    delivery = mail_handed_over(anna.there, person, anna.there.letter, anna.clock.now())
    decided(anna, delivery, "send", "expected", "accepted")
    with anna.there.database.write() as connection:
        asked_for = request(
            connection,
            anna.there.publication,
            SignUp(address=parse_address("ben@example.org"), asked=asked("letter")),
            BY_SIGN_UP,
            anna.clock.now(),
        )
        choose_appearance(connection, anna.there.publication, HOUSE, png(), SYSTEM, anna.clock.now())
        connection.execute(update(CAMPAIGN_CONTENT).values(question="Which one did you like?"))
        another = parse_address("anna.new@example.org")
        move = ask_for_change(connection, anna.there.publication, person, another, BY_SIGN_UP, anna.clock.now()).id
    ends = {
        f"/{end.name.lower().replace('_', '-')}/": anna.links.sign(
            Claim(purpose=end, publication=anna.there.publication, request=move)
        )
        for end in (Purpose.NEW_ADDRESS, Purpose.OLD_ADDRESS)
    }
    confirm = Claim(purpose=Purpose.CONFIRM, publication=anna.there.publication, request=asked_for)
    of_path = {
        "/confirm/": anna.links.sign(confirm),
        "/me/": anna.token(Purpose.FRESH, person),
        "/u/": anna.token(Purpose.UNSUBSCRIBE, person, delivery=delivery),
        "/u1/": anna.token(Purpose.ONE_CLICK, person, delivery=delivery),
        "/r/": anna.token(Purpose.READ, person, delivery=delivery),
        "/f/": anna.token(Purpose.FEED, person),
        "/h/": anna.token(Purpose.PREFERENCES, person, delivery=delivery),
        **ends,
    }
    values: dict[str, Any] = {"slug": "newsletter", "number": captured(anna), "name": "style.css", "tab": "text"}
    values |= {"campaign": gone_out(anna), "topic": "letter"}
    routes = []
    for rule in anna.client.application.url_map.iter_rules():
        # The console has laws of its own: it knows who looks at it.
        if rule.rule.startswith("/console"):
            continue
        token = next((token for path, token in of_path.items() if rule.rule.startswith(path)), "x")
        given = {name: values.get(name, token) for name in rule.arguments}
        built = rule.build(given)
        routes.append((rule, built[1] if built is not None else rule.rule))
    return routes


@pytest.mark.slow
def test_get_head_and_options_of_anything_change_nothing(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        routes = everywhere(anna)
        before = dump(anna.there)
        for rule, path in routes:
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = anna.client.open(path, method=method)
                if not path.startswith("/api/") and "GET" in (rule.methods or ()):
                    assert answer.status_code == 200, (method, path)
                if method == "HEAD":
                    assert answer.data == b""
                assert dump(anna.there) == before, (method, path)


def test_every_page_says_that_it_is_not_to_be_kept_indexed_framed_or_referred_to(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        for rule, path in everywhere(anna):
            # What is meant for everybody has laws of its own.
            if path.startswith(("/api/", "/static/", "/a/")) or path.endswith(
                ("/look.css", "/logo", ".svg", ".ico", ".atom")
            ):
                continue
            if "GET" not in (rule.methods or ()):
                continue
            answer = anna.client.get(path)
            assert answer.headers["Referrer-Policy"] == "no-referrer", path
            assert answer.headers["Cache-Control"] == "no-store", path
            assert answer.headers["X-Robots-Tag"] == "noindex", path
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"], path
            assert "Set-Cookie" not in answer.headers, path


def test_the_start_page_leads_to_a_sign_up_and_to_the_inbox(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = anna.get("/")
        assert 'href="/p/newsletter/sign-up"' in page
        assert 'href="/inbox"' in page


def test_a_database_that_is_away_is_said_and_nothing_is_claimed(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseAway("the database cannot be used now")

    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        monkeypatch.setattr(type(anna.there.database), "write", away)
        answer = anna.client.post(f"/u1/{anna.token(Purpose.ONE_CLICK, person)}")
        assert answer.status_code == 503
        assert "Nothing was changed" in answer.get_data(as_text=True)


def test_behind_a_prefix_every_link_and_every_redirect_keeps_it(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        behind = {"SCRIPT_NAME": "/sandbox"}
        for path in ("/", "/inbox", "/fresh", f"/me/{anna.token(Purpose.PREFERENCES, person)}"):
            page = anna.client.get(path, environ_overrides=behind).get_data(as_text=True)
            linked = [part.split('"')[0] for name in ("href", "action") for part in page.split(f'{name}="')[1:]]
            assert linked
            assert all(one.startswith("/sandbox/") for one in linked if one != "#main"), linked
        link = f"/u/{anna.token(Purpose.UNSUBSCRIBE, person)}"
        answer = anna.client.post(link, data={"do": "all"}, environ_overrides=behind)
        assert answer.headers["Location"] == f"/sandbox{link}"
