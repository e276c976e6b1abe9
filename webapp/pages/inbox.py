"""The test inbox: where mail lands while nothing leaves the machine, as HTML, as text and as it is."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from typing import Literal

from flask import Blueprint, Response, request

from preferences.address import parse_address
from preferences.calendar import zone_named
from preferences.errors import Invalid, NotFound
from preferences.store.captured import CapturedLine, captured_mails, captured_source, count_captured
from preferences.store.publications import publications
from webapp.forms import Filled
from webapp.pages.page import guarded, render
from webapp.pages.words import when
from webapp.site import Site
from webapp.visitor import visitor

_ON_ONE_PAGE = 100
# The mail stands in a frame that runs nothing and knows nothing of this site; its links lead out of the frame.
_FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/inbox`, and each mail in it."""
    pages.add_url_rule("/inbox", "inbox", partial(show, site), strict_slashes=False)
    pages.add_url_rule(
        "/inbox/<int(max=9223372036854775807):number>", "captured_mail", partial(show_mail, site), strict_slashes=False
    )
    pages.add_url_rule(
        "/inbox/<int(max=9223372036854775807):number>/<any(text,source):tab>", "captured_tab", partial(show_mail, site)
    )
    pages.add_url_rule("/inbox/<int(max=9223372036854775807):number>/html", "captured_html", partial(show_html, site))
    pages.add_url_rule("/inbox/<int(max=9223372036854775807):number>/raw", "captured_raw", partial(show_raw, site))


def show(site: Site) -> Response:
    """The newest mails; `?before=` is the number from which on they are older, `?to=` an address.

    Without `to` a visitor of the sandbox sees their own mail; an empty one asks for everybody's.
    """
    asked = Filled(request.args.items(multi=True))
    typed, problem, to = asked.one("to"), "", None
    if "to" not in request.args:
        to = visitor()
    elif typed.strip():
        try:
            to = parse_address(typed)
        except Invalid as error:
            problem = error.problems[0].message
    with site.database.read() as connection:
        mails = [] if problem else captured_mails(connection, _ON_ONE_PAGE, asked.number("before"), to)
        mine, there = count_captured(connection, to), count_captured(connection)
        owners = publications(connection)
    zone = owners[0].zone if owners else "UTC"
    now = site.clock.now()
    told = [(mail, when(mail.captured_at, zone_named(zone), now, "en")) for mail in mails]
    older = mails[-1].id if len(mails) == _ON_ONE_PAGE else None
    shown = typed if problem else "" if to is None else to.spelled
    return render(
        "inbox.html",
        mails=told,
        zone=zone,
        to=to,
        mine=mine,
        there=there,
        older=older,
        typed=shown,
        problem=problem,
    )


def show_mail(site: Site, number: int, tab: str = "html") -> Response:
    """One mail, in one of its tabs."""
    line, source = _mail(site, number)
    read = _read(source)
    return render(
        "inbox_mail.html",
        mail=line,
        tab=tab,
        parts=read,
        source=source.decode("utf-8", "replace") if tab == "source" else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a mailbox would show."""

    sender: str
    recipient: str
    date: str
    text: str
    html: str


def _read(source: bytes) -> Parts:
    message = message_from_bytes(source, policy=policy.default)
    return Parts(
        sender=str(message.get("From", "")),
        recipient=str(message.get("To", "")),
        date=str(message.get("Date", "")),
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _body(message: EmailMessage, kind: Literal["plain", "html"]) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def show_html(site: Site, number: int) -> Response:
    """The HTML of a mail for the frame, with nothing changed but where its links open."""
    _, source = _mail(site, number)
    html = _read(source).html.replace("<head>", '<head><base target="_top">', 1)
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _FRAME_POLICY
    return guarded(response)


def show_raw(site: Site, number: int) -> Response:
    """The bytes, to keep."""
    _, source = _mail(site, number)
    response = Response(source, mimetype="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="mail-{number}.eml"'
    return guarded(response)


def _mail(site: Site, number: int) -> tuple[CapturedLine, bytes]:
    with site.database.read() as connection:
        found = captured_source(connection, number)
    if found is None:
        raise NotFound("there is no such mail in the test inbox")
    return found
