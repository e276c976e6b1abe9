"""What is the same of every mail: prepared once, and made into the bytes for one recipient."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from mailer.compose import fields, parts
from mailer.compose.addresses import Mailbox, wire_address
from mailer.compose.alike import Alike, Content
from mailer.compose.around import Around
from mailer.compose.body import Body, compile_body
from mailer.compose.content import OWN, Envelope, MailClass, Message, Recipient
from mailer.compose.errors import RenderError, TemplateError
from mailer.compose.framed import ContentFrames, Rendered
from mailer.compose.layout import Layout
from mailer.compose.mime import BODY_FIELDS, alternative_body, known
from mailer.compose.plaintext import wrapped_template
from mailer.compose.sandbox import check_template, compile_template, render_template, values_for_author
from mailer.compose.slots import has_slot
from mailer.compose.text import tidy
from mailer.compose.wording import Wording, wording_for

# Mailboxes clip a mail at about 102 kB of HTML; octets.
HTML_WARNING = 90_000
HTML_LIMIT = 100_000

# What a digest or a service mail fills its own templates with.
Extra = parts.Both | str | int


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
    body: Body
    alike: Alike
    frames: ContentFrames

    def preview(self, recipient: Recipient, extra: Mapping[str, Extra]) -> Parts:
        """What the recipient reads; RenderError where a template fails for this recipient."""
        parts.check_footer(recipient, self.mail_class)
        wording = wording_for(recipient.language or self.envelope.language)
        values = _values(recipient)
        return self._as_texts(recipient, wording, values, extra)

    def message(self, recipient: Recipient, extra: Mapping[str, Extra], *, smtputf8: bool = False) -> Message:
        """The finished mail; RenderError, or NotDeliverableHere where the address cannot be sent to from here."""
        parts.check_footer(recipient, self.mail_class)
        wording = wording_for(recipient.language or self.envelope.language)
        try:
            subject, body, own = self._written(recipient, wording, extra)
        except UnicodeEncodeError as error:
            raise RenderError("a value holds half of a character (a lone surrogate)", part="html") from error
        address = wire_address(recipient.email, smtputf8=smtputf8)
        message_id = fields.message_id_of(recipient, self.sender)
        head = fields.own_fields(recipient, subject, address, message_id)
        if self.mail_class is not MailClass.SERVICE:
            head += fields.list_fields(recipient)
        return Message(
            mail_from=fields.return_path_of(recipient, self.sender),
            rcpt_to=address,
            data=b"".join([self.first_fields, head, self.last_fields, BODY_FIELDS, *body]),
            message_id=message_id,
            subject=subject,
            from_domain=self.sender.domain,
            own=None if own is None else OWN.join([head, *own]),
        )

    def _written(
        self, recipient: Recipient, wording: Wording, extra: Mapping[str, Extra]
    ) -> tuple[str, list[bytes], list[bytes] | None]:
        """The subject, the body, and what of the body was not looked through, None where nobody kept that apart.

        The body is put together from pieces where that is possible, else from the texts that a preview shows.
        """
        key = None if extra else self.alike.key(recipient)
        content = None if key is None else self.alike.content(key)
        if content is None:
            framed = None if key is None else self._framed(recipient)
            content = framed or self._content(recipient, wording, extra)
            if key is not None and content is not None:
                self.alike.keep(key, content)
        if content is not None:
            body = self.body.octets(recipient, wording, content)
            if body is not None:
                return content.subject, *body
        read = self._as_texts(recipient, wording, _values(recipient), extra)
        return read.subject, [alternative_body(read.text, read.html)], None

    def _framed(self, recipient: Recipient) -> Content | None:
        """What the templates say to a reader who has a key, where there is a frame for it."""
        shape = self.alike.shape(recipient)
        if shape is None:
            return None
        try:
            return self.frames.content(shape, lambda: self._rendered(shape.stood_for(recipient)))
        except RenderError:
            return None  # it is said, and why, of what this reader has

    def _rendered(self, recipient: Recipient) -> Rendered:
        values = _values(recipient) | {"along": ""}
        return self.body.rendered(self._subject(values, {}), values)

    def _content(self, recipient: Recipient, wording: Wording, extra: Mapping[str, Extra]) -> Content | None:
        values = _values(recipient)
        subject = self._subject(values, extra)
        values["along"] = ""
        html, text = (values | _as_html(extra), values | _as_text(extra)) if extra else (values, values)
        return self.body.content(subject, recipient, wording, html, text)

    def _as_texts(
        self, recipient: Recipient, wording: Wording, values: dict[str, Any], extra: Mapping[str, Extra]
    ) -> Parts:
        """The same as texts, plain and obvious; tests hold what is put together from pieces to it."""
        below = self.below.render(recipient, wording)
        footer = parts.footer(self.envelope, recipient, wording)
        lines = parts.along(recipient.along, wording, self.envelope.appearance)
        along = lines if self.has_slot_in_text else parts.framed_along(lines, self.envelope.appearance)
        subject = self._subject(values, extra)
        html = render_template(self.html, values | _as_html({**extra, "along": along}), part="html")
        text = render_template(self.text, values | _as_text({**extra, "along": along}), part="text").strip("\n")
        return Parts(
            subject=subject,
            html="".join([html, "" if self.has_html_slot else along.html, below.html, footer.html, self.html_end]),
            text=tidy(text, "" if self.has_text_slot else along.text, below.text, footer.text),
        )

    def _subject(self, values: dict[str, Any], extra: Mapping[str, Extra]) -> str:
        said = values | _as_text(extra) if extra else values
        subject = render_template(self.subject, said, part="subject").strip()
        if not subject:
            raise RenderError("the subject is empty for this recipient", part="subject")
        return subject


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
    sender = fields.mailbox_of(envelope.sender, "sender")
    below = _below(envelope, mail_class, sender, question)
    html = compile_template(layout.html, part="html", is_html=True)
    template = compile_template(wrapped_template(whole), part="text")
    has_html_slot, has_text_slot = has_slot(layout.html, part="mjml"), has_slot(whole, part="text")
    has_slot_in_text = layout.is_text and has_html_slot
    around = Around(envelope, below, is_text=has_slot_in_text)
    return CompiledMail(
        envelope=envelope,
        mail_class=mail_class,
        sender=sender,
        first_fields=known(fields.first_fields(sender)),
        last_fields=known(fields.last_fields(envelope, mail_class, sender)),
        subject=compile_template(subject.strip(), part="subject"),
        html=html,
        html_end=layout.html_end,
        text=template,
        has_html_slot=has_html_slot,
        has_text_slot=has_text_slot,
        has_slot_in_text=has_slot_in_text,
        html_octets=html_octets,
        below=below,
        alike=Alike(subject, layout.html, whole),
        frames=ContentFrames(),
        body=compile_body(
            html, layout.html_end, template, around, has_html_slot=has_html_slot, has_text_slot=has_text_slot
        ),
    )


def _below(envelope: Envelope, mail_class: MailClass, sender: Mailbox, question: str) -> parts.Below:
    if mail_class is MailClass.SERVICE:
        return parts.Below(language=envelope.language, appearance=envelope.appearance)
    reached = sender if envelope.reply_to is None else fields.mailbox_of(envelope.reply_to, "reply_to")
    person = reached.name or reached.address
    return parts.Below(
        language=envelope.language, appearance=envelope.appearance, question=question.strip(), person=person
    )


def _with_links(text: str, layout: Layout, wording: Wording) -> str:
    missing = [link for link in layout.links if link not in text]
    return "\n".join([text.rstrip("\n"), "", f"{wording.all_links}:", *missing, ""]) if missing else text


def _values(recipient: Recipient) -> dict[str, Any]:
    return values_for_author(
        recipient.name,
        recipient.fields,
        web_url=recipient.web_url or "",
        preferences_url=recipient.preferences_url or "",
        unsubscribe_url=recipient.unsubscribe_url or "",
        promise=recipient.promise,
    )


def html_values(recipient: Recipient) -> dict[str, Any]:
    """What stands in the places of a mail's HTML for a recipient to whom nothing comes along."""
    return _values(recipient) | {"along": Markup("")}


def _as_html(extra: Mapping[str, Extra]) -> dict[str, Any]:
    # Only our own templates, which escape by themselves, make values that are HTML already.
    return {name: Markup(one.html) if isinstance(one, parts.Both) else one for name, one in extra.items()}


def _as_text(extra: Mapping[str, Extra]) -> dict[str, Any]:
    return {name: one.text if isinstance(one, parts.Both) else one for name, one in extra.items()}
