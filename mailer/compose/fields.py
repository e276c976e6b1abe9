"""The header of one mail: the fields that are the same for all, made once, and those of one recipient."""

import re
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from mailer.compose import headers
from mailer.compose.addresses import Mailbox, is_nobodys, parse_mailbox, wire_domain
from mailer.compose.content import Envelope, MailClass, Recipient
from mailer.compose.errors import HeaderValueError, NotDeliverableHere, RenderError, TemplateError

# The local part of a return path is this and the token, together at most 64 octets.
RETURN_PREFIX = "b+"

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")


def mailbox_of(text: str, part: str) -> Mailbox:
    """The mailbox of a sender; TemplateError, which names the part, where it is none."""
    try:
        return parse_mailbox(text)
    except (HeaderValueError, NotDeliverableHere) as error:
        raise TemplateError(str(error), line=None, part=part) from error


def first_fields(sender: Mailbox) -> bytes:
    """What stands above the recipient's own fields; TemplateError where it cannot be written."""
    return _fixed("sender", headers.mailbox_field, "From", sender.name, sender.address)


def last_fields(envelope: Envelope, mail_class: MailClass, sender: Mailbox) -> bytes:
    """What stands below the recipient's own fields; TemplateError names the part that cannot be written."""
    fields = [_reply_to(envelope, sender)]
    if mail_class is not MailClass.SERVICE:
        for name in ("list_id", "feedback_id"):
            if not getattr(envelope, name):
                raise TemplateError("a campaign or digest needs it in its headers", line=None, part=name)
        fields.append(_fixed("list_id", headers.list_id_field, envelope.list_id or "", envelope.list_name or ""))
        fields.append(_fixed("feedback_id", headers.text_field, "Feedback-ID", envelope.feedback_id or ""))
    if mail_class is not MailClass.CAMPAIGN:
        fields.append(b"Auto-Submitted: auto-generated\r\n")
    # Never All, DR or NDR: they would suppress the bounces.
    fields.append(b"X-Auto-Response-Suppress: OOF, AutoReply\r\nPrecedence: bulk\r\n")
    return b"".join(fields)


def own_fields(recipient: Recipient, subject: str, address: str, message_id: str) -> bytes:
    """To, Subject, Date and Message-ID; RenderError where one of them cannot be written."""
    try:
        to = headers.mailbox_field("To", recipient.name or "", address)
    except HeaderValueError as error:
        raise RenderError(str(error), part="to") from error
    return b"".join((to, _subject_field(subject), _date_field(recipient.date), f"{message_id}\r\n".encode("ascii")))


def list_fields(recipient: Recipient) -> bytes:
    """List-Unsubscribe and List-Unsubscribe-Post; RenderError where they cannot be written."""
    try:
        return headers.unsubscribe_fields(
            recipient.one_click_url or recipient.unsubscribe_url or "", recipient.mailto_unsubscribe
        )
    except HeaderValueError as error:
        raise RenderError(str(error), part="list_unsubscribe") from error


def message_id_of(recipient: Recipient, sender: Mailbox) -> str:
    """The Message-ID, in its brackets; RenderError where the token does not fit one."""
    token = recipient.message_token
    if not _TOKEN.match(token) or len(token) > 700:
        raise RenderError("the token is no dot-atom of RFC 5322, or longer than a line", part="message_id")
    return f"<{token}@{_return_domain(recipient) or sender.domain}>"


def return_path_of(recipient: Recipient, sender: Mailbox) -> str:
    """Where bounces go: to an address with the token, where they are read; RenderError where the token is too long."""
    domain = _return_domain(recipient)
    if domain is None:
        return sender.address
    local = RETURN_PREFIX + recipient.message_token
    if len(local) > 64:
        raise RenderError("with its prefix the token is longer than a local part (64 octets)", part="return_path")
    return f"{local}@{domain}"


def _return_domain(recipient: Recipient) -> str | None:
    return None if recipient.return_domain is None else wire_domain(recipient.return_domain)


# All readers have the same subject, or nearly each has their own.
@lru_cache(maxsize=64)
def _subject_field(subject: str) -> bytes:
    try:
        return headers.text_field("Subject", subject)
    except HeaderValueError as error:
        raise RenderError(str(error), part="subject") from error


# The mails of a group are counted at one instant, and dated by it.
@lru_cache(maxsize=64)
def _date_field(date: datetime) -> bytes:
    return f"Date: {format_datetime(date)}\r\nMessage-ID: ".encode("ascii")


def _reply_to(envelope: Envelope, sender: Mailbox) -> bytes:
    if envelope.reply_to is None:
        reply_to, field = sender, b""
    else:
        reply_to = mailbox_of(envelope.reply_to, "reply_to")
        field = _fixed("reply_to", headers.mailbox_field, "Reply-To", reply_to.name, reply_to.address)
    if is_nobodys(reply_to.address):
        raise TemplateError("replies must reach a person; give a mailbox that is read", line=None, part="reply_to")
    return field


def _fixed(part: str, write: Callable[..., bytes], *values: str) -> bytes:
    try:
        return write(*values)
    except HeaderValueError as error:
        raise TemplateError(str(error), line=None, part=part) from error
