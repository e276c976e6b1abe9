"""What no reader sends by mistake, at every door of theirs: answered as wrong input or a dead link, and nothing breaks."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule

from preferences.address import parse_address
from preferences.links import Claim, Purpose
from preferences.links.claim import AGEING, NAMING_A_REQUEST
from preferences.store.address_changes import ask_for_change
from preferences.store.signups import SignUp, request
from tests.store.newsletter import BY_LINK, BY_SIGN_UP, asked, mail_handed_over, signed_up
from tests.webapp.visitor import Visitor, dump, visitor

# Of these routes a token is the whole right; the others are for everybody, for programs, or behind a login.
_OTHERS = ("/api/", "/console", "/static/", "/a/", "/p/", "/inbox", "/clock")
# What each kind of link opens; a link of any other purpose opens none of these pages.
_MAILS = {Purpose.PREFERENCES, Purpose.UNSUBSCRIBE, Purpose.ONE_CLICK, Purpose.READ}
ALLOWED: Mapping[str, set[Purpose]] = {
    "/me/": _MAILS | {Purpose.FRESH},
    "/h/": _MAILS | {Purpose.FRESH},
    "/u/": _MAILS | {Purpose.FRESH},
    "/u1/": _MAILS | {Purpose.FRESH},
    "/r/": _MAILS | {Purpose.FRESH},
    "/confirm/": {Purpose.CONFIRM},
    "/new-address/": {Purpose.NEW_ADDRESS},
    "/old-address/": {Purpose.OLD_ADDRESS},
}
HOSTILE = (
    "\x00",
    "a\x00b",
    "\u202egnp.exe",
    "\u2066\u2067\u2069",
    "x" * 20_000,
    "-1",
    "9" * 40,
    "١٢",
    "１",
    "NaN",
    "1e309",
    "2027-02-30",
    "25:61",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "%(x)s %s {x}",
    "' OR 1=1 --",
    "\ud800",
    "a\r\nBcc: b@example.org",
    "Mars/Base",
    "../../etc/passwd",
)


@pytest.fixture
def anna(sqlite_url: str, tmp_path: Path) -> Iterator[Visitor]:
    with visitor(sqlite_url, tmp_path) as somebody:
        yield somebody


def links(anna: Visitor) -> dict[Purpose, str]:
    """A good link of every purpose, of one reader who has something to answer everywhere."""
    person = signed_up(anna.there, asked("letter", "events"))
    delivery = mail_handed_over(anna.there, person, anna.there.letter, anna.clock.now())
    here, now = anna.there.publication, anna.clock.now()
    with anna.there.database.write() as connection:
        sign_up = SignUp(address=parse_address("ben@example.org"), asked=asked("letter"))
        asked_for = request(connection, here, sign_up, BY_SIGN_UP, now)
        move = ask_for_change(connection, here, person, parse_address("new@example.org"), BY_LINK, now).id
    made = {}
    for purpose in Purpose:
        values: dict[str, Any] = {"issued_at": now} if purpose in AGEING else {}
        if purpose in NAMING_A_REQUEST:
            values["request"] = asked_for if purpose is Purpose.CONFIRM else move
        else:
            values |= {"subscriber": person, "delivery": delivery}
        made[purpose] = anna.links.sign(Claim(purpose=purpose, publication=here, **values))
    return made


def routes(anna: Visitor, method: str) -> list[Rule]:
    """The routes of readers that are opened by a token alone."""
    found = anna.client.application.url_map.iter_rules()
    of_readers = [rule for rule in found if "token" in rule.arguments and not rule.rule.startswith(_OTHERS)]
    return [rule for rule in of_readers if method in (rule.methods or ())]


def path_of(rule: Rule, token: str) -> str:
    """The address of a route with a token, and with the first of whatever else it names."""
    others = {name: "1" for name in rule.arguments if name != "token"}
    built = rule.build({**others, "token": token})
    assert built is not None
    return built[1]


def allowed(rule: Rule) -> set[Purpose] | None:
    """Which links open a route; None for those of other pages than these."""
    return next((purposes for path, purposes in ALLOWED.items() if rule.rule.startswith(path)), None)


def _refused(rule: Rule, method: str) -> set[int]:
    """What a link that is none is answered; one-click says the same to every link, and a form may be looked at first."""
    if method == "GET":
        return {404}
    return {200} if rule.rule.startswith("/u1/") else {404, 422}


def test_no_route_is_opened_by_a_link_of_another_purpose(anna: Visitor) -> None:
    tokens = links(anna)
    before = dump(anna.there)
    for method in ("GET", "POST"):
        for rule in routes(anna, method):
            purposes = allowed(rule)
            for purpose, token in tokens.items():
                if purposes is None or purpose in purposes:
                    continue
                answer = anna.client.open(path_of(rule, token), method=method)
                assert answer.status_code in _refused(rule, method), (method, rule.rule, purpose)
    assert dump(anna.there) == before


@pytest.mark.parametrize("how", ["cut", "long", "swapped", "upper", "empty-mac", "text"])
def test_no_route_is_opened_by_a_link_that_was_changed(anna: Visitor, how: str) -> None:
    tokens = links(anna)
    before = dump(anna.there)
    for method in ("GET", "POST"):
        for rule in routes(anna, method):
            for purpose in allowed(rule) or ():
                broken = _changed(tokens[purpose], how)
                answer = anna.client.open(path_of(rule, broken), method=method)
                assert answer.status_code in _refused(rule, method), (method, rule.rule, how)
    assert dump(anna.there) == before


def _changed(token: str, how: str) -> str:
    match how:
        case "cut":
            return token[:-1]
        case "long":
            return token + "A"
        case "swapped":
            return token[1] + token[0] + token[2:] if token[0] != token[1] else token[::-1]
        case "upper":
            return token.swapcase()
        case "empty-mac":
            return token[:-22] + "A" * 22
        case _:
            return "\u202e" + token


def test_no_method_but_those_of_a_route_is_served(anna: Visitor) -> None:
    tokens = links(anna)
    before = dump(anna.there)
    for rule in routes(anna, "GET"):
        token = tokens[next(iter(allowed(rule) or {Purpose.PREFERENCES}))]
        for method in ("PUT", "PATCH", "DELETE", "PROPFIND"):
            answer = anna.client.open(path_of(rule, token), method=method)
            assert answer.status_code == 405, (method, rule.rule)
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
    assert dump(anna.there) == before


def fields_of(page: str) -> list[str]:
    """The names of the fields of all forms on a page."""
    return sorted({part.split('"')[0] for part in page.split(' name="')[1:]})


@pytest.mark.parametrize("seed", range(4))
def test_mutated_forms_break_no_page_and_are_never_a_fault_of_ours(anna: Visitor, seed: int) -> None:
    tokens, chance = links(anna), random.Random(seed)
    doors = [path_of(rule, tokens[_best(rule)]) for rule in routes(anna, "POST") if allowed(rule)]
    doors += ["/p/newsletter/sign-up", "/p/newsletter/fresh", "/fresh"]
    for path in doors:
        if path.endswith("/erase"):
            continue
        names = fields_of(anna.client.get(path).get_data(as_text=True)) or ["do", "email", "topic"]
        for _ in range(6):
            form = [(chance.choice(names), _value(chance)) for _ in range(chance.randint(0, 12))]
            body = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in form)
            answer = anna.client.post(path, data=body, content_type="application/x-www-form-urlencoded")
            assert answer.status_code < 500, (path, form)
            assert "<script>alert" not in answer.get_data(as_text=True)


def _best(rule: Rule) -> Purpose:
    purposes = allowed(rule) or set()
    return Purpose.FRESH if Purpose.FRESH in purposes else next(iter(purposes))


def _value(chance: random.Random) -> str:
    return chance.choice((*HOSTILE, "letter", "each", "weekly", "1", "week", "save", "show", "ask", "all", "topic"))


def _quoted(text: str) -> str:
    return "".join(f"%{octet:02X}" for octet in text.encode("utf-8", "surrogatepass"))


@pytest.mark.slow
def test_what_stands_behind_a_question_mark_or_in_a_header_breaks_no_page(anna: Visitor) -> None:
    tokens = links(anna)
    names = ("lang", "typed", "topic", "before", "after", "until", "page", "arrives-letter", "publication", "do")
    paths = [path_of(rule, tokens[_best(rule)]) for rule in routes(anna, "GET") if allowed(rule)]
    for value in HOSTILE:
        query = "&".join(f"{name}={_quoted(value)}" for name in names)
        shown = "".join(letter for letter in value[:500] if letter.isprintable() and ord(letter) < 256)
        headers = {"Accept-Language": shown, "Referer": shown, "User-Agent": shown}
        for path in [*paths, "/p/newsletter/sign-up", "/fresh", "/p/newsletter/kept"]:
            answer = anna.client.get(f"{path}?{query}", headers=headers)
            assert answer.status_code < 500, (path, value)
            assert b"<script>alert" not in answer.data


@pytest.mark.parametrize(
    "until",
    ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59%2B00:00", "2027-01-01T00:00:00"],
)
def test_no_page_of_a_list_begins_at_the_end_of_the_calendar(anna: Visitor, until: str) -> None:
    tokens = links(anna)
    for path in (f"/h/{tokens[Purpose.FRESH]}", f"/h/{tokens[Purpose.READ]}", "/a/newsletter/t/letter"):
        assert anna.client.get(f"{path}?until={until}").status_code == 404


@pytest.mark.parametrize("door", ["/me/{}", "/p/newsletter/sign-up"])
def test_ten_thousand_topics_and_unknown_names_are_refused_or_passed_over(anna: Visitor, door: str) -> None:
    tokens = links(anna)
    path = door.format(tokens[Purpose.FRESH])
    many = [("topic", f"topic-{number}") for number in range(10_000)]
    many += [(f"arrives-topic-{number}", "each") for number in range(10_000)]
    body = "&".join(f"{name}={value}" for name, value in [*many, ("email", "x@example.org"), ("do", "save")])
    before = dump(anna.there)
    answer = anna.client.post(path, data=body, content_type="application/x-www-form-urlencoded")
    assert 400 <= answer.status_code < 500
    assert dump(anna.there) == before


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "multipart/form-data", "multipart/form-data; boundary=x", "text/plain", "", "x/y;;"],
)
def test_a_body_that_is_no_form_changes_nothing_where_a_choice_is_needed(anna: Visitor, content_type: str) -> None:
    tokens = links(anna)
    paths = [f"/me/{tokens[Purpose.FRESH]}", f"/me/{tokens[Purpose.FRESH]}/address", "/p/newsletter/sign-up", "/fresh"]
    before = dump(anna.there)
    for path in paths:
        for body in (b"", b"\x00\xff" * 100, b"--x\r\nContent-Disposition: form-data; name=", b'{"do": "save"}'):
            answer = anna.client.post(path, data=body, content_type=content_type)
            assert 400 <= answer.status_code < 500, (path, answer.status_code)
    assert dump(anna.there) == before
