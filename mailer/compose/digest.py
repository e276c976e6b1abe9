"""A digest: one mail with everything of its topics, whole and in the order it is given."""

from collections.abc import Sequence
from dataclasses import dataclass

from mailer.compose import parts
from mailer.compose.content import AlongItem, Envelope, MailClass, Message, Recipient
from mailer.compose.layout import compile_layout
from mailer.compose.look import framed
from mailer.compose.mail import CompiledMail, Parts, compile_mail
from mailer.compose.wording import wording_for

# The first stands in the subject; a list of mails shows little more than this many.
_IN_PREHEADER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestContent(Envelope):
    """What a digest is called; `subject` is a template over `title`, `first_title`, `count`, `publication`, and
    `subject_line`, which says all of it in the reader's language.

    `rhythm` is `daily`, `weekly`, `monthly`, or empty where it has none.
    """

    title: str
    subject: str | None = None
    rhythm: str = ""


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
            "items": parts.digest_items(items, wording, self.content.rhythm, self.content.appearance),
            "title": self.content.title,
            "heading": wording.headings.get(self.content.rhythm, self.content.title),
            "first_title": items[0].title,
            "subject_line": wording.subject(self.content.title, items[0].title, len(items)),
            "frame_language": wording.language,
            "frame_direction": wording.direction,
            "more_titles": " · ".join(item.title for item in items[1:_IN_PREHEADER]) or items[0].summary,
            "count": len(items),
            "publication": self.content.publication,
        }


def compile_digest(content: DigestContent) -> CompiledDigest:
    """The digest, compiled; TemplateError names the field at fault."""
    preheader = "{{ more_titles }}"
    layout = compile_layout(
        framed("digest", content),
        title=content.title,
        language=content.language,
        preheader=preheader,
        appearance=content.appearance,
    )
    subject = content.subject or parts.read_template("digest/subject.txt")
    text = parts.read_template("digest/body.txt")
    return CompiledDigest(content, compile_mail(content, MailClass.DIGEST, subject=subject, layout=layout, text=text))
