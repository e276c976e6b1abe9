"""Setting up a newsletter of one's own: one form, until there is a sender, and a try of the mail server.

It is for whoever sits at the machine, and for whoever is signed in to the console. Afterwards the console does it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as Answer

from mailer.compose import ComposeError, Envelope
from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.delivery import MadeBy
from preferences.errors import Conflict, FieldProblem, Invalid
from preferences.store.events import By
from preferences.store.publications import PublicationRow, change_publication, checked_values, one_line, publications
from preferences.store.topics import create_topic, topics
from preferences.store.transactions import Transaction
from preferences.unsubscribe import Route
from webapp.access import is_signed_in
from webapp.forms import DAYS, Filled, beside
from webapp.pages.origin import check_own_page
from webapp.pages.page import render, see
from webapp.pages.sign_up import ZONES
from webapp.relay import Tried, beside_fields, relay_of, try_out
from webapp.site import Site

_BY = By(made_by=MadeBy.PERSON, route=Route.CONSOLE)
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
_FIELDS = ("name", "sender", "postal_address", "zone")


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/set-up`; a sandbox has its publication."""
    if site.is_sandbox:
        return
    pages.add_url_rule("/set-up", "set_up", partial(show, site), strict_slashes=False)
    pages.add_url_rule("/set-up", "do_set_up", partial(do, site), methods=["POST"], strict_slashes=False)


def may_set_up(site: Site) -> bool:
    """Whether the visitor may set this installation up."""
    return is_at_the_machine() or is_signed_in(site)


def is_at_the_machine() -> bool:
    """Whether the request comes from this machine itself, by its own name, and no other machine handed it on."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    # A name that somebody's page has pointed at this machine is not this machine's own name.
    return _is_loopback(request.remote_addr) and _is_loopback(urlsplit(f"//{request.host}").hostname)


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def to_set_up(connection: Transaction) -> PublicationRow | None:
    """The only publication, as long as nothing may leave from it."""
    there = publications(connection)
    return there[0] if len(there) == 1 and there[0].sender is None else None


def show(site: Site) -> Answer:
    """The form; or why it is over, or not for this visitor."""
    with site.database.read() as connection:
        waiting = to_set_up(connection)
    if not may_set_up(site):
        return _refused(
            "Sign in first",
            "A newsletter is set up in a browser on the machine that Troth runs on, or by whoever is signed in to the"
            " console.",
            "On the machine, troth console prints a link that signs you in. Then come back here.",
        )
    if waiting is not None:
        return _form(site, Filled([("count", "1"), ("per", "week")]))
    if is_signed_in(site):
        return see("/console")
    return _refused(
        "It is set up",
        "Your newsletter has a sender already. Change it in the settings of the console.",
        "On the machine, troth console prints a link that signs you in.",
    )


def _refused(title: str, said: str, advice: str) -> Response:
    # 200 for the page, as everywhere: it is there, and says how it is.
    return render("sorry.html", title=title, said=said, advice=advice)


def _form(
    site: Site,
    filled: Filled,
    status: int = 200,
    problems: Mapping[str, str] | None = None,
    tried: Tried | None = None,
) -> Response:
    relay = relay_of(site.settings.smtp, site.settings.smtp_others)
    return render("set_up.html", status, filled=filled, problems=problems or {}, zones=ZONES, relay=relay, tried=tried)


def do(site: Site) -> Answer:
    """Set it up, then show what is next; what is wrong is said beside its field, and nothing is half done."""
    check_own_page()
    filled = Filled(request.form.items(multi=True))
    if not may_set_up(site):
        raise Conflict(
            "a newsletter is set up on the machine that Troth runs on, or by who is signed in to the console"
        )
    if filled.one("do") == "try":
        return _try_relay(site, filled)
    try:
        with site.database.write() as connection:
            waiting = to_set_up(connection)
            if waiting is None:
                raise Conflict("your newsletter has a sender already")
            _set_up(site, connection, waiting, filled)
    except Invalid as error:
        return _form(site, filled, 422, beside(error.problems))
    site.wake()
    return see("/")


def _try_relay(site: Site, filled: Filled) -> Response:
    """Try the mail server, with a mail where an address was typed; the form stays as it was typed."""
    if site.try_relay is None:
        raise Conflict("no mail server is set")
    with site.database.read() as connection:
        waiting = to_set_up(connection)
    if waiting is None:
        raise Conflict("your newsletter has a sender already: try the mail server in the settings of the console")
    try:
        found = try_out(site, partial(_envelope, filled, waiting.language), filled.one("test_address"))
    except (Invalid, ComposeError) as error:
        return _form(site, filled, 422, beside_fields(error))
    return _form(site, filled, tried=found)


def _envelope(filled: Filled, language: str) -> Envelope:
    """The test mail's, from what is typed so far. Raises `Invalid`."""
    typed = checked_values({"sender": filled.one("sender")})
    if not typed["sender"]:
        raise Invalid.one("sender", "a test mail needs a sender")
    name, postal_address = filled.one("name"), filled.one("postal_address")
    return Envelope(
        publication=name or "Your newsletter",
        sender=typed["sender"],
        postal_address=postal_address or "-",
        language=language,
    )


def _set_up(site: Site, connection: Transaction, waiting: PublicationRow, filled: Filled) -> None:
    """Everything or nothing. Raises `Invalid` with every problem."""
    problems: list[FieldProblem] = []
    values: dict[str, str | None] = {name: filled.one(name) for name in _FIELDS}
    values["zone"] = values["zone"] or waiting.zone
    try:
        checked_values(values)
    except Invalid as error:
        problems += error.problems
    for name, said in (
        ("sender", "readers must see who writes"),
        ("postal_address", "the law wants one in every mail"),
    ):
        if not values[name]:
            problems.append(FieldProblem(field=name, message=said))
    cadence = None
    try:
        one_line("topic", filled.one("topic"))
        cadence = _cadence(filled)
    except Invalid as error:
        problems += error.problems
    if problems or cadence is None:
        raise Invalid(problems)
    change_publication(connection, waiting.id, values)
    slugs = {topic.slug for topic in topics(connection, waiting.id)}
    slug = _slug(filled.one("topic"))
    if slug not in slugs:
        now = site.clock.now()
        description = filled.one("description")
        create_topic(
            connection,
            waiting.id,
            slug=slug,
            name=filled.one("topic"),
            cadence=cadence,
            by=_BY,
            now=now,
            description=description,
        )


def _cadence(filled: Filled) -> Cadence:
    count = filled.number("count")
    if not count:
        raise Invalid.one("count", "a whole number, such as 1")
    try:
        per = Period(filled.one("per", "week"))
        days = frozenset(Weekday(DAYS.index(name)) for name in filled.all("day") if name in DAYS)
        return Cadence(id=0, at_most=Cap(count=count, per=per), days=days)
    except ValueError as error:
        raise Invalid.one("count", str(error)) from error


def _slug(name: str) -> str:
    """A name as it stands in addresses: "Café & more" is cafe-more."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].rstrip("-") or "letter"
