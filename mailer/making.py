"""Making the messages of one group before anything of it is handed over; what cannot be made is not sent, with why."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from mailer.compose import ComposeError, Message, NotDeliverableHere, TemplateError
from mailer.desk import Desk
from mailer.office import Office
from mailer.transport.contract import check_messages
from preferences.store.hand_overs import HandOver
from preferences.store.results import Came, Result

log = logging.getLogger(__name__)

# So many readers for whom the same goes wrong, and none for whom it goes right, are no accident of one reader.
SAME_FOR_EVERYBODY = 3


class Making:
    """Makes the messages of a group, one after the other.

    `ready` is what can be handed over, `results` what became of the others; `at` is the attempt whose message is being
    made, for whoever catches what fails in the middle.
    """

    def __init__(self, office: Office) -> None:
        self.ready: list[tuple[HandOver, Message]] = []
        self.results: list[Result] = []
        self.at: int | None = None
        self._office = office

    def make(self, desk: Desk, mails: tuple[HandOver, ...], until: datetime) -> None:
        """Make what can be made until an instant of the machine's clock; the first that can be made is made even later.

        The time is the machine's: a driven clock stands still while a process that was stopped loses its lease.
        """
        for mail in mails:
            if self.ready and self._office.machine_clock.now() > until:
                self.results.append(failed(self._office, mail, Came.GIVEN_BACK, "there was no time left to make it"))
                continue
            self.at = mail.attempt_id
            made = self._made(desk, mail)
            if isinstance(made, Result):
                self.results.append(made)
            else:
                self.ready.append((mail, made))
        self.at = None
        self._blame_the_template(mails)

    def _made(self, desk: Desk, mail: HandOver) -> Message | Result:
        """The finished message, safe to hand over; or what becomes of a mail that cannot be made."""
        if not desk.publication.may_send:
            why = "the publication has no sender or no postal address any more"
            return failed(self._office, mail, Came.GIVEN_BACK, why)
        try:
            message = desk.message(mail)
        except NotDeliverableHere as error:
            return failed(self._office, mail, Came.NOT_DELIVERABLE, str(error))
        except TemplateError as error:
            log.error("template broken", extra={"delivery": mail.delivery_id})
            return failed(self._office, mail, Came.TEMPLATE_BROKEN, str(error))
        except ComposeError as error:
            log.warning("template failed", extra={"delivery": mail.delivery_id})
            return failed(self._office, mail, Came.TEMPLATE_FAILED, str(error))
        unsafe = _why_unsafe(message)
        return message if unsafe is None else failed(self._office, mail, Came.TEMPLATE_FAILED, unsafe)

    def _blame_the_template(self, mails: tuple[HandOver, ...]) -> None:
        """What fails in the same way for everybody is the campaign's fault: it pauses, and nobody goes without for it."""
        campaigns = {mail.attempt_id: mail.campaign_id for mail in mails}
        made = {mail.campaign_id for mail, _ in self.ready} | {None}
        for campaign in set(campaigns.values()) - made:
            these = [one for one in self.results if campaigns[one.attempt_id] == campaign]
            same = {(one.came, one.reply) for one in these}
            if len(these) >= SAME_FOR_EVERYBODY and len(same) == 1 and these[0].came is Came.TEMPLATE_FAILED:
                others = [one for one in self.results if one not in these]
                self.results = [*others, *(replace(one, came=Came.TEMPLATE_BROKEN) for one in these)]


def failed(office: Office, mail: HandOver, came: Came, why: str) -> Result:
    """The result of a mail that nothing was asked of the next server for, or nothing was heard about."""
    return Result(
        attempt_id=mail.attempt_id,
        delivery_id=mail.delivery_id,
        subscriber_id=mail.subscriber.id,
        came=came,
        ended_at=office.clock.now(),
        reply=why,
    )


def _why_unsafe(message: Message) -> str | None:
    """Why a message cannot be handed over safely, which is asked before the connection is touched."""
    try:
        check_messages([message])
    except ValueError as error:
        return str(error)
    return None
