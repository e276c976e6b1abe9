"""What do you think? The question under an issue, answered on a page; what was kept can be changed and taken back.

A mail may be forwarded, so the words are shown to who has just written them, by a token that stands in no mail:
whoever else comes, or later, sees that there is an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as Answer

from preferences.calendar import local_date, zone_named
from preferences.errors import Conflict, Invalid, NotFound
from preferences.links import Claim, Purpose, Right, rights_of
from preferences.store.reader_answers import (
    LONGEST,
    Asking,
    KeptAnswer,
    asking,
    keep_answer,
    kept_answer,
    take_answer_back,
)
from preferences.store.transactions import Transaction
from preferences.wording import date_in_words
from webapp.forms import Filled, beside
from webapp.language import _, language
from webapp.pages.access import Visit, visit_of_mail
from webapp.pages.page import render, see
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/r/<token>/answer`."""
    path = "/r/<token>/answer"
    pages.add_url_rule(path, "question", partial(show, site), strict_slashes=False)
    pages.add_url_rule(path, "answer", partial(answer, site), methods=["POST"], strict_slashes=False)


def show(site: Site, token: str) -> Response:
    """The question with room for an answer, or thanks with what was kept."""
    return _page(site, token, None)


def answer(site: Site, token: str) -> Answer:
    """Keep the answer or take it back, then show how it stands; what cannot be kept stays in the form."""
    filled = Filled(request.form.items(multi=True))
    try:
        with site.database.write() as connection:
            seen, delivery = visit_of_mail(site, connection, token)
            _check_may(seen)
            if filled.one("do") == "take_back":
                take_answer_back(connection, seen.publication.id, seen.person.id, delivery, seen.now)
                shown = ""
            else:
                keep_answer(
                    connection,
                    seen.publication.id,
                    seen.person.id,
                    delivery,
                    filled.one("words"),
                    seen.now,
                    may_write_back=filled.has("may_write_back", "yes"),
                )
                shown = _token_to_see(site, connection, seen, delivery)
    except Invalid as error:
        return _page(site, token, filled, 422, problems=beside(error.problems))
    except Conflict:
        too_often = _("This answer cannot be changed any more: please reply to the mail instead.")
        return _page(site, token, filled, 409, problems={"words": too_often})
    return see(f"/r/{token}/answer{shown}")


def _token_to_see(site: Site, connection: Transaction, seen: Visit, delivery: int) -> str:
    """What stands behind the address for who has just answered; as old as the answer."""
    asked = asking(connection, seen.publication.id, seen.person.id, delivery)
    kept = kept_answer(connection, seen.person.id, asked.campaign_id)
    if kept is None:
        return ""
    claim = Claim(
        purpose=Purpose.UNDO,
        publication=seen.publication.id,
        subscriber=seen.person.id,
        delivery=delivery,
        issued_at=kept.occurred_at,
    )
    return f"?{urlencode({'kept': site.links.sign(claim)})}"


def _has_just_written(site: Site, seen: Visit, delivery: int, kept: KeptAnswer) -> bool:
    claim = site.links.read(request.args.get("kept", ""), Purpose.UNDO)
    if claim is None or Right.UNDO not in rights_of(claim, seen.now):
        return False
    theirs = (claim.publication, claim.subscriber, claim.delivery) == (seen.publication.id, seen.person.id, delivery)
    return theirs and claim.issued_at == kept.occurred_at.replace(microsecond=0)


def _check_may(seen: Visit) -> None:
    # Whoever may say what they think of a mail by a vote may say it in words.
    if not seen.may(Right.VOTE):
        raise NotFound("this link may not answer")


def _page(
    site: Site,
    token: str,
    filled: Filled | None,
    status: int = 200,
    *,
    problems: Mapping[str, str] | None = None,
) -> Response:
    with site.database.read() as connection:
        seen, delivery = visit_of_mail(site, connection, token)
        _check_may(seen)
        asked = asking(connection, seen.publication.id, seen.person.id, delivery)
        kept = kept_answer(connection, seen.person.id, asked.campaign_id)
        is_shown = kept is not None and _has_just_written(site, seen, delivery, kept)
    if not asked.question:
        raise NotFound("nothing is asked under this issue")
    return _answered(seen, asked, kept, filled, status, problems or {}, is_shown=is_shown)


def _answered(
    seen: Visit,
    asked: Asking,
    kept: KeptAnswer | None,
    filled: Filled | None,
    status: int,
    problems: Mapping[str, str],
    *,
    is_shown: bool,
) -> Response:
    return render(
        "answer.html",
        status,
        publication=seen.publication,
        token=seen.token,
        asked=asked,
        kept=kept if is_shown else None,
        answered_on=None if kept is None or is_shown else _day(seen, kept.occurred_at),
        filled=filled or _filled(kept if is_shown else None),
        problems=problems,
        longest=LONGEST,
    )


def _day(seen: Visit, at: datetime) -> str:
    zone = zone_named(seen.publication.zone)
    return date_in_words(local_date(zone, at), local_date(zone, seen.now), language())


def _filled(kept: KeptAnswer | None) -> Filled:
    if kept is None:
        return Filled(())
    return Filled([("words", kept.words), *([("may_write_back", "yes")] if kept.may_write_back else [])])
