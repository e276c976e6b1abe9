"""What is known of a life from outside: the audit, the counts, the server's own log, and what may still be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from preferences.audit import Broken
from preferences.delivery import OPEN, CampaignStatus, State
from preferences.store.auditing import Audit
from preferences.store.open_deliveries import UNDECIDED
from preferences.store.publications import publication_named
from preferences.store.schedules import end, pause, resume
from preferences.store.tables import ATTEMPT, CAMPAIGN, COUNTED, DECISION, DELIVERY, EVENT, SUBSCRIBER
from tests.properties.ledger_life import Life

_D, _C, _A = DELIVERY.c, CAMPAIGN.c, ATTEMPT.c
_OVER = (CampaignStatus.FINISHED.value, CampaignStatus.ENDED.value)
_MAY: dict[Callable[..., Any], tuple[str, ...]] = {
    pause: ("scheduled", "sending", "waiting"),
    resume: ("paused",),
    end: ("scheduled", "sending", "waiting", "paused"),
}


class Watch:
    """Looks at a life after each of its steps."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self._left: dict[str, datetime] = {}
        self._seen: object = None

    def check(self) -> None:
        """Nothing is broken, lost, stuck or there twice. What has not changed since is not looked at again."""
        now = self._ledger_as_of_now()
        if now == self._seen:
            return
        self._seen = now
        assert self._broken() == []
        self._check_counts()
        self._check_nothing_is_stuck()
        self._check_log()

    def check_everything_is_over(self) -> None:
        """At the end every campaign is finished and no delivery is open."""
        with self.life.database.read() as connection:
            statuses = connection.execute(select(_C.id, _C.status).where(_C.status.not_in(_OVER))).all()
            rows = connection.execute(
                select(_D.id, _D.campaign_id, _D.rhythm, _D.state, _D.reason, _D.wakes_at).where(
                    _D.state.in_([state.value for state in OPEN])
                )
            ).all()
        assert rows == []
        assert statuses == []

    def is_everything_over(self) -> bool:
        """Whether no delivery is open and no campaign still runs."""
        open_ones = select(_D.id).where(_D.state.in_([state.value for state in OPEN]))
        with self.life.database.read() as connection:
            return not any(
                connection.execute(chosen.limit(1)).first()
                for chosen in (open_ones, select(_C.id).where(_C.status.not_in(_OVER)))
            )

    def _ledger_as_of_now(self) -> object:
        deliveries = select(_D.id, _D.state, _D.reason, _D.wakes_at, _D.carrier_id).order_by(_D.id)
        newest = select(*(select(func.max(of.c.id)).scalar_subquery() for of in (DECISION, ATTEMPT, COUNTED, EVENT)))
        with self.life.database.read() as connection:
            return connection.execute(deliveries).all(), connection.execute(newest).one()

    def _broken(self) -> list[Broken]:
        with self.life.database.read() as connection:
            row = publication_named(connection, None)
        return list(Audit(self.life.database, row).broken(self.life.now))

    def _check_counts(self) -> None:
        with self.life.database.read() as connection:
            rows = connection.execute(
                select(_C.id, _C.audience, func.count(_D.id).label("deliveries"))
                .outerjoin(DELIVERY, _D.campaign_id == _C.id)
                .where(_C.planned_at.is_not(None))
                .group_by(_C.id)
            ).all()
        assert [row for row in rows if row.audience != row.deliveries] == []

    def _check_nothing_is_stuck(self) -> None:
        """Whatever is undecided wakes at some time; whatever is handing over has an attempt under way."""
        with self.life.database.read() as connection:
            asleep = connection.execute(
                select(_D.id, _D.campaign_id, _D.state, _D.reason).where(
                    _D.state.in_(UNDECIDED) & _D.wakes_at.is_(None)
                )
            ).all()
            over = connection.execute(
                select(_D.id, _D.campaign_id, _D.state, _C.status)
                .join(CAMPAIGN, _C.id == _D.campaign_id)
                .where(_D.state.in_(UNDECIDED) & _C.status.in_(_OVER))
            ).all()
            under_way = select(_A.delivery_id).where(_A.outcome.is_(None))
            lost = connection.execute(
                select(_D.id, _D.carrier_id).where(
                    (_D.state == State.HANDING_OVER.value) & func.coalesce(_D.carrier_id, _D.id).not_in(under_way)
                )
            ).all()
        assert asleep == []
        assert over == []
        assert lost == []

    def _check_log(self) -> None:
        had = Counter(
            (taken.reader, campaign)
            for taken in self.life.server.log
            if not taken.is_void
            for campaign in taken.campaigns
        )
        assert [one for one, times in had.items() if times > 1] == []
        late = [one for one in self.life.server.log if one.reader in self._left and one.at > self._left[one.reader]]
        assert late == []

    def left(self, reader: int) -> None:
        """Somebody left something just now; who left everything is never written to again."""
        if not self.may_change(reader):
            self._left.setdefault(f"reader{reader - 1}", self.life.now)

    def may_change(self, reader: int) -> bool:
        """Whether a reader is still there to ask for anything."""
        of = SUBSCRIBER.c
        gone = of.unsubscribed_at.is_not(None) | of.erased_at.is_not(None) | of.suppressed.is_not(None)
        with self.life.database.read() as connection:
            return connection.execute(select(of.id).where((of.id == reader) & gone)).first() is None

    def campaigns_that_may(self, what: Callable[..., Any]) -> list[int]:
        """The campaigns that may be paused, resumed or ended now."""
        with self.life.database.read() as connection:
            return list(connection.execute(select(_C.id).where(_C.status.in_(_MAY[what])).order_by(_C.id)).scalars())

    def deliveries_in(self, state: str) -> list[int]:
        """The deliveries in a state."""
        with self.life.database.read() as connection:
            return list(connection.execute(select(_D.id).where(_D.state == state).order_by(_D.id)).scalars())

    def items_to_come(self) -> list[tuple[int, int]]:
        """Whatever of a campaign a reader may be looking at, wherever it stands: the reader, and the delivery."""
        of = select(_D.subscriber_id, _D.id).join(SUBSCRIBER, SUBSCRIBER.c.id == _D.subscriber_id)
        there = _D.campaign_id.is_not(None) & SUBSCRIBER.c.erased_at.is_(None)
        with self.life.database.read() as connection:
            return [tuple(row) for row in connection.execute(of.where(there).order_by(_D.id))]

    def did_not_arrive(self, delivery: int) -> None:
        """A person says so: what the server may have taken of it does not count as had."""
        with self.life.database.read() as connection:
            mail = connection.execute(select(func.coalesce(_D.carrier_id, _D.id)).where(_D.id == delivery)).scalar_one()
            rows = connection.execute(
                select(_D.subscriber_id, _C.name)
                .join(CAMPAIGN, _C.id == _D.campaign_id)
                .where((_D.id == mail) | (_D.carrier_id == mail))
            ).all()
        for taken in self.life.server.log:
            if any(taken.reader == f"reader{row.subscriber_id - 1}" and row.name in taken.campaigns for row in rows):
                taken.is_void = True
