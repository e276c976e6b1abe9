"""The steps of a send, taken one by one in this process: what is decided, what is made of it, and what arrives."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from statistics import mean

from benchmarks.environment import KEY
from benchmarks.postfix import Postfix
from benchmarks.readership import PUBLICATION, SENT_TO, populate, write_letter
from mailer.compose import Message
from mailer.desk import Desk
from mailer.mails import Mails
from mailer.office import Office
from mailer.schedule import tend
from mailer.transport import SmtpTransport
from preferences.links import Links
from preferences.settings import SmtpSecurity, SmtpServer
from preferences.store.clock import SystemClock
from preferences.store.database import Database, open_database
from preferences.store.events import SYSTEM
from preferences.store.gate import Group, decide_group
from preferences.store.hand_overs import HandOver
from preferences.store.leases import BEGINS_WITHIN, begin_lease
from preferences.store.schedules import schedule
from tests.mailer.compose.slow import slow_mail

GROUP = 200


class TakenBackError(Exception):
    """Ends a transaction of which nothing is to stay."""


def office_for(database: Database, smtp_port: int) -> Office:
    """An office of this process, which hands over to a port of loopback."""
    clock = SystemClock()
    server = SmtpServer(host="127.0.0.1", port=smtp_port, security=SmtpSecurity.OPPORTUNISTIC)
    return Office(
        database=database,
        clock=clock,
        links=Links([KEY]),
        base_url="http://127.0.0.1:8642",
        list_host="localhost",
        transport=SmtpTransport(server, clock, local_name="localhost"),
    )


def decided(office: Office, campaign: int) -> Iterator[tuple[HandOver, ...]]:
    """Everything that would leave of a campaign now, group by group; all of it is planned, and no group is recorded."""
    now = datetime.now(UTC)
    with office.database.write() as connection:
        schedule(connection, PUBLICATION, campaign, now, SYSTEM, now)
    tend(office)
    after: int | None = 0
    while after is not None:
        group = _taken_back(office, after)
        if group is not None:
            yield group.mails
        after = None if group is None else group.last_subscriber


def _taken_back(office: Office, after: int) -> Group | None:
    group: Group | None = None
    with suppress(TakenBackError), office.database.write() as connection:
        now = office.clock.now()
        lease = begin_lease(connection, "benchmark", now)
        group = decide_group(connection, PUBLICATION, lease, now, now, limit=GROUP, after=after)
        raise TakenBackError
    return group


def made(office: Office, mails: Sequence[HandOver]) -> tuple[Desk, list[Message]]:
    """The finished messages of a group, and the desk at which they were written."""
    desk = Mails(office).desk(PUBLICATION, mails)
    return desk, [desk.message(mail) for mail in mails]


def hand_over(office: Office, messages: Sequence[Message]) -> None:
    """Hand messages over on one connection; every one has to be accepted."""
    with office.transport.open() as session:
        outcomes = list(session.hand_over(messages, not_after=office.clock.now() + BEGINS_WITHIN))
    refused = [outcome for outcome in outcomes if outcome.kind.value != "accepted"]
    assert not refused, refused[:3]


def sampled(tools: Postfix) -> int:
    """Octets of a message, on average, of a group that was handed over and arrived as it was made; asserts it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        arrived = Path(folder) / "arrived"
        arrived.mkdir()
        arrived.chmod(0o777)  # whom the mail server runs as may be anybody
        url = f"sqlite:///{Path(folder) / 'sample.sqlite3'}"
        with closing(open_database(url)) as database, tools.sink("-d", f"{arrived}/mail.") as port:
            database.migrate()
            populate(database, SENT_TO)
            office = office_for(database, port)
            mails = next(decided(office, write_letter(database)))
            desk, messages = made(office, mails)
            hand_over(office, messages)
        wrong = differences(desk, mails, messages, arrived)
    assert not wrong, wrong[:3]
    return round(mean(len(message.data) for message in messages))


def differences(desk: Desk, mails: Sequence[HandOver], messages: Sequence[Message], arrived: Path) -> list[str]:
    """Where what arrived is not, byte for byte, what was made, or, part by part, what the slow builder makes."""
    found = {one["Message-ID"]: (one, octets) for one, octets in map(_dumped, sorted(arrived.iterdir()))}
    wrong = []
    for mail, message in zip(mails, messages, strict=True):
        one, octets = found[message.message_id]
        if not octets.endswith(message.data.replace(b"\r\n", b"\n").rstrip(b"\n")):
            wrong.append(f"{message.message_id} arrived otherwise than it was made")
        compiled = desk.compiled(
            desk.publication, desk.topics[mail.topic_id or 0], mail.campaign_id or 0, mail.revision
        )
        slow = message_from_bytes(slow_mail(compiled.mail, desk.recipient(mail)).as_bytes(), policy=policy.default)
        wrong += [f"{message.message_id}: {part}" for part in _unlike(one, slow)]
    return wrong


def _dumped(path: Path) -> tuple[EmailMessage, bytes]:
    octets = path.read_bytes().rstrip(b"\n")
    return message_from_bytes(octets, policy=policy.default), octets


def _unlike(one: EmailMessage, other: EmailMessage) -> Iterator[str]:
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        if one[name] != other[name]:
            yield name
    for kind in ("plain", "html"):
        if _text(one, kind) != _text(other, kind):
            yield kind


def _text(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert isinstance(part, EmailMessage), kind
    text: str = part.get_content()
    return text.replace("\r\n", "\n").rstrip("\n")
