"""Service mails: what a person asked for by an act of their own. Never promotional, never with what comes along."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from mailer.compose import parts
from mailer.compose.content import Envelope, MailClass, Message, Recipient
from mailer.compose.errors import RenderError
from mailer.compose.layout import compile_layout
from mailer.compose.look import framed
from mailer.compose.mail import CompiledMail, Parts, compile_mail
from mailer.compose.spoken import spoken, spoken_html
from preferences.languages import SOURCE_LANGUAGE, nearest


class ServiceKind(Enum):
    """Which service mail; the value is the name of its folder of templates."""

    CONFIRM = "confirm"
    CHANGED = "changed"
    GOODBYE = "goodbye"
    FRESH_LINK = "fresh_link"
    NEW_ADDRESS = "new_address"
    OLD_ADDRESS = "old_address"
    ADDRESS_TAKEN = "address_taken"
    MOVED = "moved"
    MOVED_AWAY = "moved_away"
    TEST_ADDRESS = "test_address"
    RELAY_TEST = "relay_test"


# What each needs besides the recipient. The promise and the preferences link are the recipient's.
VALUES: Mapping[ServiceKind, tuple[str, ...]] = {
    ServiceKind.CONFIRM: ("confirm_url",),
    ServiceKind.CHANGED: (),
    ServiceKind.GOODBYE: ("ended", "return_url"),
    ServiceKind.FRESH_LINK: ("fresh_url",),
    ServiceKind.NEW_ADDRESS: ("answer_url",),
    ServiceKind.OLD_ADDRESS: ("answer_url", "address"),
    ServiceKind.ADDRESS_TAKEN: ("fresh_url",),
    ServiceKind.MOVED: (),
    ServiceKind.MOVED_AWAY: (),
    ServiceKind.TEST_ADDRESS: ("address_url",),
    ServiceKind.RELAY_TEST: (),
}


@dataclass(frozen=True, slots=True)
class CompiledService:
    """A service mail, ready for any number of recipients; threads may share it."""

    kind: ServiceKind
    mail: CompiledMail

    def preview(self, recipient: Recipient, values: Mapping[str, str]) -> Parts:
        """What this recipient reads: the same as is sent."""
        return self.mail.preview(_for_footer(recipient), self._extra(recipient, values))

    def render(self, recipient: Recipient, values: Mapping[str, str], *, smtputf8: bool = False) -> Message:
        """The finished mail; RenderError where one of `VALUES[kind]` is missing."""
        return self.mail.message(_for_footer(recipient), self._extra(recipient, values), smtputf8=smtputf8)

    def _extra(self, recipient: Recipient, values: Mapping[str, str]) -> dict[str, parts.Both | str | int]:
        missing = [name for name in VALUES[self.kind] if not values.get(name)]
        if missing:
            raise RenderError(f"the {self.kind.value} mail needs {', '.join(missing)}", part="html")
        ours = {"publication": self.mail.envelope.publication, "promise": recipient.promise}
        return {**values, **ours}


def compile_service(kind: ServiceKind, envelope: Envelope) -> CompiledService:
    """The service mail of a publication, compiled in the envelope's language; TemplateError names the field at fault."""
    subject, text = (
        spoken(parts.read_template(f"{kind.value}/{name}.txt"), envelope.language) for name in ("subject", "body")
    )
    preheader = spoken_html(parts.read_template(f"{kind.value}/preheader.txt"), envelope.language)
    language = nearest(envelope.language) or SOURCE_LANGUAGE
    layout = compile_layout(
        spoken_html(framed(kind.value, dataclasses.replace(envelope, language=language)), language),
        title=envelope.publication,
        language=language,
        preheader=preheader.strip(),
        appearance=envelope.appearance,
    )
    return CompiledService(kind, compile_mail(envelope, MailClass.SERVICE, subject=subject, layout=layout, text=text))


def _for_footer(recipient: Recipient) -> Recipient:
    # The promise stands in the body where it matters; a service mail counts nothing and carries nothing along.
    return dataclasses.replace(recipient, promise="", count_line="", along=())
