"""Test mails of the console: a campaign as it stands, made as a real one is, but marked, and with links that do nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from mailer.compose import AlongItem, Message, Recipient, compile_campaign
from mailer.desk import campaign_content
from mailer.office import Office
from preferences.errors import NotFound
from preferences.links import Claim, Purpose
from preferences.store.campaigns import campaign
from preferences.store.console_readers import ReadBy, read_by
from preferences.store.contents import ContentRow, content_of
from preferences.store.publications import PublicationRow
from preferences.store.service_mails import ServiceMailRow
from preferences.store.transactions import Transaction
from preferences.urls import links_to, read_url

MARK = "[Test] "
# No token: whatever its links are asked, nothing happens.
_NOWHERE = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Everything one test mail is made of, read at once."""

    office: Office
    sender: PublicationRow
    row: ServiceMailRow
    content: ContentRow
    read: ReadBy
    now: datetime

    def message(self) -> Message:
        """The finished message. Raises `ComposeError`."""
        content = campaign_content(
            self.sender, self.read.topic, self.content, self.office.list_host, self.office.base_url
        )
        return compile_campaign(replace(content, subject=MARK + content.subject)).render(self._recipient())

    def _recipient(self) -> Recipient:
        base = self.office.base_url
        claim = Claim(purpose=Purpose.MESSAGE, publication=self.row.publication_id, subscriber=0)
        return Recipient(
            email=self.row.address,
            name=self.read.name or None,
            fields=self.read.fields,
            language=self.read.language,
            date=self.now,
            message_token=self.office.links.sign(claim),
            promise=self.read.promise,
            count_line=self.read.count_line,
            why=self.read.why,
            **links_to(base, _NOWHERE),
            along=tuple(
                AlongItem(
                    title=line.title, summary=line.summary, url=read_url(base, _NOWHERE), topic_name=line.topic_name
                )
                for line in self.read.lines
            ),
            return_domain=self.office.return_domain,
        )


def trial_of(
    connection: Transaction, office: Office, sender: PublicationRow, row: ServiceMailRow, now: datetime
) -> Trial | None:
    """The test mail that was asked for; None where there is nothing to send any more."""
    asked = row.details
    try:
        found = campaign(connection, row.publication_id, asked["campaign"])
        content = content_of(connection, found.id, asked["revision"])
    except NotFound:
        return None
    read = read_by(connection, sender, found, asked["as"], now)
    return Trial(office=office, sender=sender, row=row, content=content, read=read, now=now)
