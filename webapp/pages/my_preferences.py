"""My preferences: the sentence first, three quick ways to less, then one form with everything and one save.

A link of a mail may be forwarded, so it may only ask for less. What asks for more is answered with a fresh link to the
mailbox, in which everything stands as it was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as Answer

from preferences.errors import FieldProblem, Invalid, Stale
from preferences.links import Claim, Purpose, Right, rights_of
from preferences.store.service_mails import typed_in
from preferences.store.transactions import Transaction
from preferences.urls import preferences_url
from webapp.forms import Filled, beside, in_form
from webapp.language import _, language
from webapp.pages.access import Visit, sibling
from webapp.pages.desk import Desk, desk_of, desk_to_change
from webapp.pages.page import render, see
from webapp.pages.periods import periods_meant
from webapp.pages.preferences_form import form_as_asked, form_as_typed
from webapp.pages.private_feed import private_feed
from webapp.pages.saving import Saved, press, promised_by
from webapp.pages.waking import wake
from webapp.pages.words import asked_often
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/me/<token>`."""
    path = "/me/<token>"
    pages.add_url_rule(path, "my_preferences", partial(show, site), strict_slashes=False)
    pages.add_url_rule(path, "change_preferences", partial(change, site), methods=["POST"], strict_slashes=False)


def show(site: Site, token: str) -> Response:
    """The page; a fresh link that was sent because of a form opens with what was typed there."""
    with site.database.read() as connection:
        desk = desk_of(site, connection, token)
        if _is_over(desk.seen):
            return _over(desk.seen)
        typed = _typed_before(connection, desk.seen)
    undo = request.args.get("undo", "")
    may_undo = undo and _may_undo(site, desk, Filled(request.args.items(multi=True)))
    return _page(site, desk, typed, undo=undo if may_undo else "")


def _is_over(seen: Visit) -> bool:
    return Right.SEE_PROMISE not in seen.rights


def _over(seen: Visit) -> Response:
    """A fresh link after its hour."""
    return render(
        "sorry.html",
        410,
        publication=seen.publication,
        title=_("This link is over"),
        said=_("This link worked for one hour, which is over."),
        advice=_("Ask for another one."),
        may_ask=True,
    )


def _typed_before(connection: Transaction, seen: Visit) -> Filled | None:
    number = Filled(request.args.items(multi=True)).number("typed") if "typed" in request.args else None
    if number is None or Right.MORE not in seen.rights:
        return None
    pairs = typed_in(connection, seen.publication.id, seen.person.id, number)
    return None if pairs is None else Filled(pairs)


def _may_undo(site: Site, desk: Desk, filled: Filled) -> bool:
    """Whether the token is that of the visitor's last change, and half an hour is not over."""
    claim = site.links.read(filled.one("undo"), Purpose.UNDO)
    if claim is None or desk.began_at is None or desk.seen.person.version != filled.number("version"):
        return False
    # As old as the change itself: the token of an earlier one takes back nothing that somebody else chose since.
    if claim.issued_at != desk.began_at.replace(microsecond=0):
        return False
    mine = (claim.publication, claim.subscriber) == (desk.seen.publication.id, desk.seen.person.id)
    return mine and Right.UNDO in rights_of(claim, desk.seen.now)


def _page(
    site: Site,
    desk: Desk,
    filled: Filled | None,
    status: int = 200,
    *,
    shown: tuple[str, ...] = (),
    problems: Mapping[str, str] | None = None,
    is_stale: bool = False,
    undo: str = "",
) -> Response:
    """The page, with what was typed where something was; `shown` is the sentence that saving it would lead to."""
    seen = desk.seen
    may_more = seen.may(Right.MORE)
    said = problems or {}
    return render(
        "my_preferences.html",
        status,
        publication=seen.publication,
        desk=desk,
        promise="\n".join(desk.promise),
        token=seen.token,
        unsubscribe_token=seen.token if may_more else sibling(site, seen, Purpose.UNSUBSCRIBE),
        history_token=seen.token if may_more else sibling(site, seen, Purpose.PREFERENCES),
        meant=[] if desk.has_left else periods_meant(desk.terms),
        questions=asked_often(desk.questions, desk.topics, language()),
        form=form_as_asked(desk) if filled is None else form_as_typed(desk, filled, said),
        shown=shown,
        problems=said,
        is_typed=filled is not None,
        is_stale=is_stale,
        may_more=may_more,
        undo=undo,
        away=desk.away,
        feed=private_feed(site, seen) if desk.reads_on_the_web else None,
        is_paused=desk.terms is not None and desk.terms.is_paused(seen.now),
    )


def change(site: Site, token: str) -> Answer:
    """Do what a button says, then show how it is; what cannot be done is said with the form as it was typed."""
    filled = Filled(request.form.items(multi=True))
    if filled.one("do") == "show":
        return _shown(site, token, filled)
    try:
        with site.database.write() as connection:
            desk = desk_to_change(site, connection, token)
            if _is_over(desk.seen):
                return _over(desk.seen)
            if filled.one("do") == "undo" and not _may_undo(site, desk, filled):
                return see(f"/me/{token}")
            became = press(connection, desk, filled, preferences_url(site.base_url, ""))
    except Invalid as error:
        return _again(site, token, filled, 422, problems=error.problems)
    except Stale:
        return _again(site, token, filled, 409, is_stale=True)
    wake(site)
    return _after(site, desk, became)


def _after(site: Site, desk: Desk, became: Saved) -> Answer:
    seen = desk.seen
    match became:
        case Saved.CHANGED:
            claim = Claim(
                purpose=Purpose.UNDO, publication=seen.publication.id, subscriber=seen.person.id, issued_at=seen.now
            )
            undo = urlencode({"undo": site.links.sign(claim), "version": seen.person.version + 1})
            return see(f"/me/{seen.token}?{undo}")
        case Saved.AS_IT_WAS:
            return see(f"/me/{seen.token}")
        case Saved.LEFT:
            leaving = seen.token if seen.may(Right.MORE) else sibling(site, seen, Purpose.UNSUBSCRIBE)
            return see(f"/u/{leaving}")
        case Saved.FRESH_LINK_SENT | Saved.NO_LINK_TODAY:
            for_what = "more" if became is Saved.FRESH_LINK_SENT else "enough"
            return render("check_mail.html", publication=seen.publication, for_what=for_what, token=seen.token)


def _shown(site: Site, token: str, filled: Filled) -> Response:
    """The sentence of what stands in the form, which is not saved; for a script, that sentence alone."""
    with site.database.read() as connection:
        desk = desk_of(site, connection, token)
        if _is_over(desk.seen):
            return _over(desk.seen)
        try:
            lines = promised_by(connection, desk, filled)
        except Invalid as error:
            return _page(site, desk, filled, 422, problems=_beside(desk, filled, error.problems))
    if filled.one("part") == "promise":
        return render("promise.html", lines=lines)
    return _page(site, desk, filled, shown=lines)


def _again(
    site: Site,
    token: str,
    filled: Filled,
    status: int,
    *,
    problems: Iterable[FieldProblem] = (),
    is_stale: bool = False,
) -> Response:
    """The page as it stands now, with the form as it was typed, and what saving it would make of it."""
    with site.database.read() as connection:
        desk = desk_of(site, connection, token)
        try:
            lines = promised_by(connection, desk, filled) if is_stale and filled.all("topic") else ()
        except Invalid as error:
            lines, problems = (), error.problems
    said = _beside(desk, filled, problems)
    return _page(site, desk, filled, status, shown=lines, problems=said, is_stale=is_stale)


def _beside(desk: Desk, filled: Filled, problems: Iterable[FieldProblem]) -> Mapping[str, str]:
    return beside(in_form(problems, filled, desk.slugs))
