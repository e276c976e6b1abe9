"""A campaign: what a marketer wrote, compiled once per revision and rendered for each recipient."""

from dataclasses import dataclass
from html import escape
from textwrap import shorten

from mailer.compose.content import CampaignContent, MailClass, Message, Recipient
from mailer.compose.errors import TemplateError
from mailer.compose.layout import compile_layout
from mailer.compose.look import look_mjml
from mailer.compose.mail import CompiledMail, Parts, compile_mail
from mailer.compose.placeholders import find_placeholders, literal
from mailer.compose.sandbox import check_template
from mailer.compose.slots import has_slot

# More than any list of mails shows.
_PREHEADER_LIMIT = 200


@dataclass(frozen=True, slots=True)
class CompiledCampaign:
    """One revision of a campaign, ready for any number of recipients; threads may share it."""

    mail: CompiledMail

    def preview(self, recipient: Recipient) -> Parts:
        """What this recipient reads, for a preview or a page: the same as is sent."""
        return self.mail.preview(recipient, {})

    def render(self, recipient: Recipient, *, smtputf8: bool = False) -> Message:
        """The finished mail; RenderError or NotDeliverableHere where it cannot be made for this recipient."""
        return self.mail.message(recipient, {}, smtputf8=smtputf8)


def compile_campaign(content: CampaignContent) -> CompiledCampaign:
    """The campaign, compiled; TemplateError with part and line where its content cannot be sent to anybody."""
    if content.mail_class is MailClass.SERVICE:
        raise TemplateError("a campaign is never a service mail", line=None, part="mail_class")
    part, source = _source(content)
    # What stands after the subject in a list of mails: the summary, unless the author wrote something for it.
    preheader = content.preheader or literal(shorten(content.summary, _PREHEADER_LIMIT, placeholder=" …"))
    layout = compile_layout(
        source,
        title=content.title,
        language=content.language,
        preheader=_as_html(preheader),
        part=part,
        appearance=content.appearance,
    )
    text = content.text if content.text and content.text.strip() else None
    return CompiledCampaign(
        compile_mail(
            content, content.mail_class, subject=content.subject, layout=layout, text=text, question=content.question
        )
    )


def _source(content: CampaignContent) -> tuple[str, str]:
    if content.mjml is not None and content.markdown is None:
        return "mjml", content.mjml
    if content.markdown is not None and content.mjml is None:
        return "markdown", look_mjml(content, content.markdown)
    raise TemplateError("give either mjml or markdown, and not both", line=None, part="mjml")


def _as_html(preheader: str) -> str:
    """A preheader is text: what stands between its placeholders is escaped, they themselves are not."""
    check_template(preheader, part="preheader")
    if has_slot(preheader, part="preheader"):
        raise TemplateError("{{ along }} cannot stand in the preheader", line=None, part="preheader")
    kept, at = [], 0
    for placeholder in find_placeholders(preheader):
        kept += [escape(preheader[at : placeholder.start]), placeholder.text]
        at = placeholder.end
    return "".join([*kept, escape(preheader[at:])])
