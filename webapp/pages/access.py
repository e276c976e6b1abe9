"""Whose link it is, and what its holder may do here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from preferences.delivery import MadeBy
from preferences.errors import NotFound
from preferences.links import Claim, Purpose, Right, rights_of
from preferences.store.attributions import is_under_way
from preferences.store.events import By
from preferences.store.publications import PublicationRow
from preferences.store.subscribers import SubscriberRow, subscriber_with_publication
from preferences.store.transactions import Transaction
from preferences.unsubscribe import Route
from webapp import language
from webapp.site import Site

OF_MAILS = (Purpose.PREFERENCES, Purpose.UNSUBSCRIBE, Purpose.ONE_CLICK, Purpose.READ)


def by_link(route: Route) -> By:
    """A change that somebody makes by a link."""
    return By(made_by=MadeBy.LINK, route=route)


class Gone(NotFound):
    """Whoever this link belonged to was erased: there is nobody any more. A mail may still be under way to them."""

    def __init__(self, publication: PublicationRow, *, is_under_way: bool) -> None:
        super().__init__("the person this link belongs to was erased")
        self.publication = publication
        self.is_under_way = is_under_way


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One use of a link: what it says, who it belongs to, and what its holder may do at this instant."""

    token: str
    claim: Claim
    now: datetime
    rights: frozenset[Right]
    publication: PublicationRow
    person: SubscriberRow

    def may(self, right: Right) -> bool:
        """Whether the holder may do that."""
        return right in self.rights


def claim_of(site: Site, token: str, *purposes: Purpose) -> Claim:
    """What a token says. Raises `NotFound` for one that was not signed here for one of these purposes."""
    claim = site.links.read(token, *purposes)
    if claim is None:
        raise NotFound("this link was not made here")
    return claim


def visit(site: Site, connection: Transaction, token: str, *purposes: Purpose) -> Visit:
    """The visit with a token, answered in its holder's language. Raises `NotFound` for a forged link, and `Gone`."""
    claim = claim_of(site, token, *purposes)
    number = -1 if claim.subscriber is None else claim.subscriber
    person, sender = subscriber_with_publication(connection, claim.publication, number)
    now = site.clock.now()
    language.speak(person.language, sender.language)
    if person.erased_at is not None:
        raise Gone(sender, is_under_way=is_under_way(connection, person.id))
    return Visit(
        token=token,
        claim=claim,
        now=now,
        rights=rights_of(claim, now),
        publication=sender,
        person=person,
    )


def visit_of_mail(site: Site, connection: Transaction, token: str) -> tuple[Visit, int]:
    """The visit with the link to the web version of a mail, and the delivery that it names. Raises `NotFound`."""
    seen = visit(site, connection, token, Purpose.READ)
    if seen.claim.delivery is None:
        raise NotFound("this link names no mail")
    return seen, seen.claim.delivery


def sibling(site: Site, seen: Visit, purpose: Purpose, delivery: int | None = None) -> str:
    """A token for another page of the same person: as old as the link it is reached by, so that it may do no more."""
    claim = Claim(
        purpose=purpose,
        publication=seen.claim.publication,
        subscriber=seen.person.id,
        delivery=seen.claim.delivery if delivery is None else delivery,
        topics=seen.claim.topics,
        issued_at=seen.claim.issued_at or LONG_AGO,
    )
    return site.links.sign(claim)


# A link that does not say when it was issued may do what links may do for ever.
LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
