"""A digest: one mail with everything of its topics, whole and in the order it is given."""

from collections.abc import Sequence
from dataclasses import dataclass

from mailer.compose import parts
from mailer.compose.content import AlongItem, Envelope, MailClass, Message, Recipient
from mailer.compose.layout import compile_layout
from mailer.compose.mail import CompiledMail, Parts, compile_mail
from mailer.compose.wording import wording_for


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestContent(Envelope):
    """What a digest is called; `subject` is a template over `title`, `first_title`, `count` and `publication`."""

    title: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class CompiledDigest:
    """A digest, ready for any number of recipients and their items; threads may share it."""

    content: DigestContent
    mail: CompiledMail

    def preview(self, recipient: Recipient, items: Sequence[AlongItem]) -> Parts:
        """What this recipient reads, for a preview: the same as is sent."""
        return self.mail.preview(recipient, self._extra(recipient, items))

    def render(self, recipient: Recipient, items: Sequence[AlongItem], *, smtputf8: bool = False) -> Message:
        """The finished mail with all the items; ValueError where there are none: then there is no mail."""
        return self.mail.message(recipient, self._extra(recipient, items), smtputf8=smtputf8)

    def _extra(self, recipient: Recipient, items: Sequence[AlongItem]) -> dict[str, parts.Both | str | int]:
        if not items:
            raise ValueError("a digest without items is not sent")
        wording = wording_for(recipient.language or self.content.language)
        return {
            "items": parts.digest_items(items, wording),
            "title": self.content.title,
            "first_title": items[0].title,
            "count": len(items),
            "publication": self.content.publication,
        }


def compile_digest(content: DigestContent) -> CompiledDigest:
    """The digest, compiled; TemplateError names the field at fault."""
    layout = compile_layout(parts.read_template("digest/body.mjml"), title=content.title, language=content.language)
    subject = content.subject or parts.read_template("digest/subject.txt")
    text = parts.read_template("digest/body.txt")
    return CompiledDigest(content, compile_mail(content, MailClass.DIGEST, subject=subject, layout=layout, text=text))
