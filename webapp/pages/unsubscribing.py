"""Leaving: a page with one button for a topic and one for everything, one click from the mail program, cause, undo.

Nothing is asked before it has taken effect, and no script submits anything.
"""

from __future__ import annotations

import random
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as Answer

from preferences.errors import Invalid, NotFound, Said
from preferences.links import Claim, Purpose, Right, rights_of
from preferences.store.attributions import is_under_way
from preferences.store.expectations import terms_of
from preferences.store.publications import publication
from preferences.store.topics import topics
from preferences.store.transactions import Transaction
from preferences.store.undo import is_undoable, undo
from preferences.store.unsubscribes import (
    UnsubscribeRow,
    last_unsubscribe,
    state_cause,
    the_unsubscribe,
    unsubscribe,
)
from preferences.unsubscribe import ASKED, Cause, Route, Scope
from webapp.forms import Filled
from webapp.pages.access import OF_MAILS, Visit, by_link, claim_of, sibling, visit
from webapp.pages.page import guarded, render, see
from webapp.pages.waking import wake
from webapp.site import Site

_PURPOSES = (*OF_MAILS, Purpose.FRESH)
_DONE = "This has taken effect: you are unsubscribed, and nothing more will be sent because of this link.\n"


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/u/<token>` and `/u1/<token>`, which differ only in what a POST is."""
    pages.add_url_rule("/u/<token>", "unsubscribe", partial(show, site), strict_slashes=False)
    pages.add_url_rule("/u/<token>", "leave", partial(leave, site), methods=["POST"], strict_slashes=False)
    pages.add_url_rule("/u1/<token>", "one_click_page", partial(show, site), strict_slashes=False)
    pages.add_url_rule("/u1/<token>", "one_click", partial(one_click, site), methods=["POST"], strict_slashes=False)


def one_click(site: Site, token: str) -> Response:
    """RFC 8058: it takes effect before the answer, needs nothing but the link, and answers the same to any link."""
    claim = site.links.read(token, *_PURPOSES)
    if claim is not None:
        _leave_at_once(site, claim)
    return guarded(Response(_DONE, mimetype="text/plain"))


def _leave_at_once(site: Site, claim: Claim) -> None:
    with site.database.write() as connection:
        try:
            ends = publication(connection, claim.publication).one_click_ends
            topic = claim.topics[0] if ends == Scope.TOPIC.value and claim.topics else None
            unsubscribe(
                connection,
                claim.publication,
                claim.subscriber or 0,
                Scope.ALL if topic is None else Scope.TOPIC,
                by_link(Route.HEADER_ONE_CLICK),
                site.clock.now(),
                topic_id=topic,
                delivery_id=claim.delivery,
            )
        except NotFound:
            # Who was erased has left; whoever asks is told the same.
            return
    wake(site)


def show(site: Site, token: str) -> Response:
    """The buttons; or, once it has taken effect, the question why, and the way back."""
    with site.database.read() as connection:
        seen = visit(site, connection, token, *_PURPOSES)
        terms = terms_of(connection, seen.publication.id, [seen.person.id]).get(seen.person.id)
        names = {topic.id: topic.name for topic in topics(connection, seen.publication.id)}
        left = last_unsubscribe(connection, seen.publication.id, seen.person.id)
        under_way = is_under_way(connection, seen.person.id)
    expected = [] if terms is None else [choice.topic for choice in terms.expectation.topics]
    in_mail = [number for number in expected if number in seen.claim.topics]
    # Half an hour with any link, and later with a fresh one.
    undoable = left is not None and (is_undoable(left, seen.now) or seen.may(Right.UNDO))
    return render(
        "unsubscribe.html",
        publication=seen.publication,
        token=token,
        preferences_token=token if seen.claim.purpose is Purpose.FRESH else sibling(site, seen, Purpose.PREFERENCES),
        has_left=seen.person.unsubscribed_at is not None,
        topics=[(number, names[number]) for number in in_mail or expected],
        only_one=len(expected) == 1,
        left=left,
        # Mails get forwarded: what somebody wrote is shown to their own mailbox only.
        written=left.words if left is not None and seen.may(Right.SEE_ADDRESS) else "",
        ended=None if left is None or left.topic_id is None else names.get(left.topic_id),
        causes=[] if left is None else shuffled(left.id),
        undo_token=_undo_token(site, left) if left is not None and undoable else None,
        is_under_way=under_way,
    )


def shuffled(unsubscribe_id: int) -> tuple[Cause, ...]:
    """The causes in an order of their own for each unsubscribe; what must stand last stands last."""
    order = [cause for cause in ASKED if cause is not Cause.OTHER]
    random.Random(unsubscribe_id).shuffle(order)
    return (*order, Cause.OTHER)


def _undo_token(site: Site, left: UnsubscribeRow) -> str:
    """As old as the unsubscribe, so that it works for half an hour from then on."""
    claim = Claim(
        purpose=Purpose.UNDO,
        publication=left.publication_id,
        subscriber=left.subscriber_id,
        delivery=left.delivery_id,
        issued_at=left.occurred_at,
    )
    return site.links.sign(claim)


def leave(site: Site, token: str) -> Answer:
    """Do what a button says: stop a topic, stop everything, keep the cause, or take it back; then show how it is."""
    filled = Filled(request.form.items(multi=True))
    with site.database.write() as connection:
        seen = visit(site, connection, token, *_PURPOSES)
        match filled.one("do", "all"):
            case "topic":
                _end(connection, seen, Scope.TOPIC, filled.number("topic"))
            case "all":
                _end(connection, seen, Scope.ALL, None)
            case "cause":
                _keep_cause(connection, seen, filled)
            case "undo":
                _take_back(site, connection, seen, filled)
            case _:
                raise Invalid.one("do", Said("this page has no such button"))
    wake(site)
    return see(f"/u/{token}")


def _end(connection: Transaction, seen: Visit, scope: Scope, topic_id: int | None) -> None:
    unsubscribe(
        connection,
        seen.publication.id,
        seen.person.id,
        scope,
        by_link(Route.FOOTER_LINK),
        seen.now,
        topic_id=topic_id,
        delivery_id=seen.claim.delivery,
    )


def _keep_cause(connection: Transaction, seen: Visit, filled: Filled) -> None:
    left = _their_unsubscribe(connection, seen, filled)
    try:
        cause = Cause(filled.one("cause"))
    except ValueError as error:
        raise Invalid.one("cause", Said("choose one of the answers")) from error
    words = filled.one("words") if cause is Cause.OTHER else ""
    by = by_link(Route.FOOTER_LINK)
    state_cause(connection, seen.publication.id, left.id, cause, words, shuffled(left.id), by, seen.now)


def _their_unsubscribe(connection: Transaction, seen: Visit, filled: Filled) -> UnsubscribeRow:
    left = the_unsubscribe(connection, seen.publication.id, filled.number("unsubscribe") or 0)
    if left.subscriber_id != seen.person.id:
        raise NotFound("there is no such unsubscribe")
    return left


def _take_back(site: Site, connection: Transaction, seen: Visit, filled: Filled) -> None:
    """With the token on the page, which is as old as the unsubscribe, or a fresh link; another does nothing."""
    left = _their_unsubscribe(connection, seen, filled)
    claim = claim_of(site, filled.one("undo"), Purpose.UNDO)
    is_in_time = Right.UNDO in rights_of(claim, seen.now) and is_undoable(left, seen.now)
    if claim.subscriber == seen.person.id and (is_in_time or seen.may(Right.UNDO)):
        undo(connection, seen.publication.id, left.id, by_link(Route.FOOTER_LINK), seen.now)
