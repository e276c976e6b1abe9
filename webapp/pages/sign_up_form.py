"""What a form of signing up asks for, wherever it stands: on the page, on somebody else's site, in a link."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from flask import Request, request

from preferences.address import parse_address
from preferences.errors import FieldProblem, Invalid
from preferences.expectation import Arrives
from preferences.store.publications import PublicationRow
from preferences.store.signups import SignUp
from preferences.store.topics import TopicRow
from preferences.urls import sign_up_url
from webapp.forms import Filled, accepted_in, asked_in
from webapp.language import language
from webapp.site import Site
from webapp.zones import zone_typed

# What a browser suggests; any other name that the zone data knows is taken too.
ZONES = tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix"))))
# No person sees this field, so what stands in it was typed by a program. It is none that a browser fills in by itself.
TRAP = "homepage"
_LONGEST = 500


def is_trapped(filled: Filled) -> bool:
    """Whether a program has filled in what no person sees."""
    return bool(filled.one(TRAP))


def chosen_by_link(query: Filled, there: Iterable[TopicRow]) -> Filled:
    """The topics, and how they arrive, that a link has chosen: `?topic=letter&arrives-letter=weekly`.

    What is not there, or cannot be, is left out; an address is never taken from a link.
    """
    pairs: list[tuple[str, str]] = []
    for topic in there:
        if not query.has("topic", topic.slug):
            continue
        pairs.append(("topic", topic.slug))
        arrives = query.one(f"arrives-{topic.slug}")
        if arrives in set(Arrives) and not topic.is_notice:
            pairs.append((f"arrives-{topic.slug}", arrives))
    return Filled(pairs)


def sign_up_in(
    site: Site, sender: PublicationRow, there: Iterable[TopicRow], filled: Filled, *, is_asking: bool
) -> SignUp:
    """What is asked for. Raises `Invalid` with every problem; for the sentence alone no address is needed."""
    problems: list[FieldProblem] = []
    slugs = [topic.slug for topic in there]
    asked = address = None
    try:
        asked = asked_in(filled, slugs)
    except Invalid as error:
        problems += error.problems
    try:
        address = parse_address(filled.one("email") if is_asking else filled.one("email") or "nobody@example.org")
    except Invalid as error:
        problems += error.problems
    zone = filled.one("zone")
    try:
        zone = zone_typed(zone) if zone else ""
    except Invalid as error:
        problems += error.problems
    if asked is None or address is None or problems:
        raise Invalid(problems)
    return SignUp(
        address=address,
        asked=asked,
        zone=zone or None,
        name=filled.one("name"),
        language=language(),
        accepted=accepted_in(filled, slugs),
        url=_where_it_stood(site, sender),
        network_address=request.remote_addr,
        agent=agent_of(request),
    )


def agent_of(asked: Request) -> str | None:
    """Which program a request came from, as it calls itself; None where it says nothing."""
    return asked.user_agent.string.replace("\x00", "")[:_LONGEST] or None


def _where_it_stood(site: Site, sender: PublicationRow) -> str:
    """The page on which the form stood, as the browser names it; ours asks browsers to name nothing.

    Only host and path: what stands behind a question mark is nobody's business here.
    """
    ours = sign_up_url(site.base_url, sender.slug)
    try:
        parts = urlsplit(request.referrer or "")
        host, port = parts.hostname, parts.port
    except ValueError:
        return ours
    if not host or parts.scheme not in ("http", "https"):
        return ours
    named = f"{parts.scheme}://{host}{'' if port is None else f':{port}'}{parts.path}"
    return named.replace("\x00", "")[:_LONGEST]
