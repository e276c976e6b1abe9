"""What is the same of every mail: prepared once, and made into the bytes for one recipient."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from mailer.compose import headers, parts
from mailer.compose.addresses import Mailbox, is_nobodys, parse_mailbox, wire_address, wire_domain
from mailer.compose.content import Envelope, MailClass, Message, Recipient
from mailer.compose.errors import HeaderValueError, NotDeliverableHere, RenderError, TemplateError
from mailer.compose.layout import Layout
from mailer.compose.mime import BODY_FIELDS, alternative_body
from mailer.compose.plaintext import wrapped, wrapped_template
from mailer.compose.sandbox import check_template, compile_template, render_template, values_for_author
from mailer.compose.slots import has_slot
from mailer.compose.wording import Wording, wording_for

# The local part of a return path is this and the token, together at most 64 octets.
RETURN_PREFIX = "b+"
# Mailboxes clip a mail at about 102 kB of HTML; octets.
HTML_WARNING = 90_000
HTML_LIMIT = 100_000

_EMPTY_LINES = re.compile(r"\n{3,}")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one recipient reads: subject, HTML document and text, exactly as they are sent."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledMail:
    """A mail with everything done that is the same for all; threads may share it."""

    envelope: Envelope
    mail_class: MailClass
    sender: Mailbox
    first_fields: bytes
    last_fields: bytes
    subject: Template
    html: Template
    html_end: str
    text: Template
    has_html_slot: bool
    has_text_slot: bool
    has_slot_in_text: bool
    html_octets: int
    below: parts.Below

    def preview(self, recipient: Recipient, extra: Mapping[str, parts.Both | str | int]) -> Parts:
        """What the recipient reads; RenderError where a template fails for this recipient."""
        parts.check_footer(recipient, self.mail_class)
        wording = wording_for(recipient.language or self.envelope.language)
        below = self.below.render(recipient, wording)
        footer = parts.footer(self.envelope, recipient, wording)
        lines = parts.along(recipient.along, wording, self.envelope.appearance)
        along = lines if self.has_slot_in_text else parts.framed_along(lines, self.envelope.appearance)
        values = _values(recipient)
        subject = render_template(self.subject, values | _as_text(extra), part="subject").strip()
        if not subject:
            raise RenderError("the subject is empty for this recipient", part="subject")
        html = render_template(self.html, values | _as_html({**extra, "along": along}), part="html")
        text = render_template(self.text, values | _as_text({**extra, "along": along}), part="text").strip("\n")
        return Parts(
            subject=subject,
            html="".join([html, "" if self.has_html_slot else along.html, below.html, footer.html, self.html_end]),
            text=_tidy(text, "" if self.has_text_slot else along.text, below.text, footer.text),
        )

    def message(
        self, recipient: Recipient, extra: Mapping[str, parts.Both | str | int], *, smtputf8: bool = False
    ) -> Message:
        """The finished mail; RenderError, or NotDeliverableHere where the address cannot be sent to from here."""
        read = self.preview(recipient, extra)
        address = wire_address(recipient.email, smtputf8=smtputf8)
        message_id = self._message_id(recipient)
        try:
            data = [self.first_fields, self._own_fields(recipient, read, address, message_id), self.last_fields]
            data += [BODY_FIELDS, alternative_body(read.text, read.html)]
        except UnicodeEncodeError as error:
            raise RenderError("a value holds half of a character (a lone surrogate)", part="html") from error
        return Message(
            mail_from=self._return_path(recipient),
            rcpt_to=address,
            data=b"".join(data),
            message_id=message_id,
            subject=read.subject,
        )

    def _own_fields(self, recipient: Recipient, read: Parts, address: str, message_id: str) -> bytes:
        fields = [
            _named("to", headers.mailbox_field, "To", recipient.name or "", address),
            _named("subject", headers.text_field, "Subject", read.subject),
            f"Date: {format_datetime(recipient.date)}\r\nMessage-ID: {message_id}\r\n".encode("ascii"),
        ]
        if self.mail_class is not MailClass.SERVICE:
            one_click = recipient.one_click_url or recipient.unsubscribe_url or ""
            fields.append(
                _named("list_unsubscribe", headers.unsubscribe_fields, one_click, recipient.mailto_unsubscribe)
            )
        return b"".join(fields)

    def _message_id(self, recipient: Recipient) -> str:
        if not _TOKEN.match(recipient.message_token) or len(recipient.message_token) > 700:
            raise RenderError("the token is no dot-atom of RFC 5322, or longer than a line", part="message_id")
        return f"<{recipient.message_token}@{_domain(recipient) or self.sender.domain}>"

    def _return_path(self, recipient: Recipient) -> str:
        domain = _domain(recipient)
        if domain is None:
            return self.sender.address
        local = RETURN_PREFIX + recipient.message_token
        if len(local) > 64:
            raise RenderError("with its prefix the token is longer than a local part (64 octets)", part="return_path")
        return f"{local}@{domain}"


def compile_mail(
    envelope: Envelope, mail_class: MailClass, *, subject: str, layout: Layout, text: str | None, question: str = ""
) -> CompiledMail:
    """Everything that is the same for all recipients; TemplateError names the field at fault.

    `text` None takes the text of the HTML; else every link of the HTML that the text lacks is put below it. `question`
    is plain text.
    """
    check_template(subject, part="subject")
    if has_slot(subject, part="subject"):
        raise TemplateError("{{ along }} cannot stand in the subject", line=None, part="subject")
    if not subject.strip() or "\n" in subject.strip():
        raise TemplateError("the subject must be one line, and not empty", line=None, part="subject")
    if not envelope.postal_address.strip():
        raise TemplateError("without a postal address nothing may leave", line=None, part="postal_address")
    whole = layout.text if text is None else _with_links(text, layout, wording_for(envelope.language))
    check_template(whole, part="text")
    html_octets = len(layout.html.encode())
    if html_octets > HTML_LIMIT:
        message = f"the HTML has {html_octets} octets; mailboxes clip what is longer than {HTML_LIMIT}"
        raise TemplateError(message, line=None, part="html")
    sender = _mailbox(envelope.sender, "sender")
    return CompiledMail(
        envelope=envelope,
        mail_class=mail_class,
        sender=sender,
        first_fields=_fixed("sender", headers.mailbox_field, "From", sender.name, sender.address),
        last_fields=_last_fields(envelope, mail_class, sender),
        subject=compile_template(subject.strip(), part="subject"),
        html=compile_template(layout.html, part="html", is_html=True),
        html_end=layout.html_end,
        text=compile_template(wrapped_template(whole), part="text"),
        has_html_slot=has_slot(layout.html, part="mjml"),
        has_text_slot=has_slot(whole, part="text"),
        has_slot_in_text=layout.is_text and has_slot(layout.html, part="mjml"),
        html_octets=html_octets,
        below=_below(envelope, mail_class, sender, question),
    )


def _below(envelope: Envelope, mail_class: MailClass, sender: Mailbox, question: str) -> parts.Below:
    if mail_class is MailClass.SERVICE:
        return parts.Below(language=envelope.language, appearance=envelope.appearance)
    reached = sender if envelope.reply_to is None else _mailbox(envelope.reply_to, "reply_to")
    person = reached.name or reached.address
    return parts.Below(
        language=envelope.language, appearance=envelope.appearance, question=question.strip(), person=person
    )


def _last_fields(envelope: Envelope, mail_class: MailClass, sender: Mailbox) -> bytes:
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


def _reply_to(envelope: Envelope, sender: Mailbox) -> bytes:
    if envelope.reply_to is None:
        reply_to, field = sender, b""
    else:
        reply_to = _mailbox(envelope.reply_to, "reply_to")
        field = _fixed("reply_to", headers.mailbox_field, "Reply-To", reply_to.name, reply_to.address)
    if is_nobodys(reply_to.address):
        raise TemplateError("replies must reach a person; give a mailbox that is read", line=None, part="reply_to")
    return field


def _with_links(text: str, layout: Layout, wording: Wording) -> str:
    missing = [link for link in layout.links if link not in text]
    return "\n".join([text.rstrip("\n"), "", f"{wording.all_links}:", *missing, ""]) if missing else text


def _tidy(*texts: str) -> str:
    """The texts below each other: no line ends in spaces, no two lines are empty, none begins with a lone space."""
    lines = [line.rstrip() for text in texts if text.strip() for line in ["", *text.splitlines()]]
    whole = "\n".join(line[1:] if line[:1] == " " and line[1:2] != " " else line for line in lines)
    return _EMPTY_LINES.sub("\n\n", wrapped(whole)).strip("\n") + "\n"


def _mailbox(text: str, part: str) -> Mailbox:
    try:
        return parse_mailbox(text)
    except (HeaderValueError, NotDeliverableHere) as error:
        raise TemplateError(str(error), line=None, part=part) from error


def _fixed(part: str, write: Any, *values: Any) -> bytes:
    try:
        return bytes(write(*values))
    except HeaderValueError as error:
        raise TemplateError(str(error), line=None, part=part) from error


def _named(part: str, write: Any, *values: Any) -> bytes:
    try:
        return bytes(write(*values))
    except HeaderValueError as error:
        raise RenderError(str(error), part=part) from error


def _domain(recipient: Recipient) -> str | None:
    return None if recipient.return_domain is None else wire_domain(recipient.return_domain)


def _values(recipient: Recipient) -> dict[str, Any]:
    links = {
        "web_url": recipient.web_url or "",
        "preferences_url": recipient.preferences_url or "",
        "unsubscribe_url": recipient.unsubscribe_url or "",
        "promise": recipient.promise,
    }
    return values_for_author(recipient.name, recipient.fields, links)


def html_values(recipient: Recipient) -> dict[str, Any]:
    """What stands in the places of a mail's HTML for a recipient to whom nothing comes along."""
    return _values(recipient) | {"along": Markup("")}


def _as_html(extra: Mapping[str, parts.Both | str | int]) -> dict[str, Any]:
    # Only our own templates, which escape by themselves, make values that are HTML already.
    return {name: Markup(one.html) if isinstance(one, parts.Both) else one for name, one in extra.items()}


def _as_text(extra: Mapping[str, parts.Both | str | int]) -> dict[str, Any]:
    return {name: one.text if isinstance(one, parts.Both) else one for name, one in extra.items()}
