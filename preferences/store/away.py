"""While you were away: what a pause that has ended lately kept from a reader, and which can still be read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from preferences.calendar import first_instant, zone_named
from preferences.decision import Reason
from preferences.delivery import State
from preferences.store.among import among, among_named
from preferences.store.tables import DELIVERY, EXPECTATION, PATTERN

SAID_FOR = timedelta(days=30)
# A pause that was longer than this is not told whole.
_LONGEST = timedelta(days=400)
_MOST = 20_000
_D, _E, _P = DELIVERY.c, EXPECTATION.c, PATTERN.c
_MISSED = (Reason.PAUSED.value, Reason.WOULD_EXPIRE.value, Reason.EXPIRED.value, Reason.WEB_ONLY.value)
# What was left out, or went to the web, and was not read instead.
IS_MISSED = _D.campaign_id.is_not(None) & _D.state.in_((State.NOT_SENT.value, State.WEB.value)) & _D.reason.in_(_MISSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """A pause as it really was, `[since, until)` in UTC, and how many texts it kept away."""

    since: datetime
    until: datetime
    texts: int


def left_out_while_away(
    connection: Connection, publication_id: int, subscriber_ids: Collection[int], now: datetime
) -> dict[int, Away]:
    """The last pause of each of these subscribers, by subscriber, in two statements at most.

    Whoever is paused now, had no pause that ended in the last 30 days, or missed nothing in it, is missing.
    """
    pauses: dict[int, list[Mapping[Any, Any]]] = {}
    recently = now - SAID_FOR - timedelta(days=2)
    about = {"publication": publication_id, "subscribers": subscriber_ids}
    asked = {**about, "recently": recently.date(), "long_ago": now - _LONGEST}
    for row in connection.execute(_PAUSED, asked).mappings():
        pauses.setdefault(row["subscriber_id"], []).append(row)
    found = {one: _last_pause(of_one) for one, of_one in pauses.items()}
    spans = {one: span for one, span in found.items() if span is not None and span[1] <= now < span[1] + SAID_FOR}
    if not spans:
        return {}
    missed: dict[int, list[datetime]] = {}
    for subscriber, at in connection.execute(_kept_away(connection, publication_id, spans, now)):
        missed.setdefault(subscriber, []).append(at)
    texts = {one: sum(since <= at < until for at in missed.get(one, ())) for one, (since, until) in spans.items()}
    return {
        one: Away(since=since, until=until, texts=texts[one]) for one, (since, until) in spans.items() if texts[one]
    }


def _paused() -> Select[Any]:
    """What these asked for that had a pause, the newest first."""
    return (
        select(_E.subscriber_id, _E.since, _E.until, _E.paused_since, _E.paused_until, _P.zone)
        .join(PATTERN, _P.id == _E.pattern_id)
        .where(
            (_E.publication_id == bindparam("publication"))
            & among_named(_E.subscriber_id, "subscribers")
            & _E.paused_until.is_not(None)
        )
        .where((_E.paused_until >= bindparam("recently")) & (_E.until.is_(None) | (_E.until >= bindparam("long_ago"))))
        .order_by(_E.id.desc())
        .limit(_MOST)
    )


# Every group of mails asks this; writing the statement takes longer than running it.
_PAUSED = _paused()


def _kept_away(
    connection: Connection, publication_id: int, subscriber_ids: Collection[int], now: datetime
) -> Select[Any]:
    """The texts that a pause kept from these, the newest first."""
    mine = (_D.publication_id == publication_id) & among(connection, _D.subscriber_id, subscriber_ids)
    chosen = select(_D.subscriber_id, _D.scheduled_at).where(mine & IS_MISSED & (_D.scheduled_at >= now - _LONGEST))
    return chosen.order_by(_D.id.desc()).limit(_MOST)


def _last_pause(newest_first: Iterable[Mapping[Any, Any]]) -> tuple[datetime, datetime] | None:
    """The last pause as it was: ended early where something else was asked for, and one across changes of the rest."""
    last: tuple[datetime, datetime] | None = None
    for row in newest_first:
        zone = zone_named(row["zone"])
        since = max(first_instant(zone, row["paused_since"]), row["since"])
        until = first_instant(zone, row["paused_until"])
        until = until if row["until"] is None else min(until, row["until"])
        if since >= until:
            continue
        if last is None:
            last = since, until
        elif until >= last[0]:
            last = min(since, last[0]), last[1]
        else:
            break
    return last
