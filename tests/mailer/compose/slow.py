"""The slow and obvious way to build a mail: the standard library's, from the texts that a preview shows."""

from __future__ import annotations

import email.policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from mailer.compose import Recipient
from mailer.compose.mail import CompiledMail


def slow_mail(mail: CompiledMail, one: Recipient, extra: dict[str, Any] | None = None) -> EmailMessage:
    """What is to arrive: the fields that differ between readers, the text, and the HTML."""
    read = mail.preview(one, extra or {})
    slow = EmailMessage(policy=email.policy.SMTP)
    slow["From"] = Address(mail.sender.name, addr_spec=mail.sender.address)
    slow["To"] = Address((one.name or "").strip(), addr_spec=one.email)
    slow["Subject"] = read.subject
    slow["Date"] = one.date
    slow["Message-ID"] = f"<{one.message_token}@{one.return_domain or mail.sender.domain}>"
    slow.set_content(_written(read.text), cte="quoted-printable")
    slow.add_alternative(_written(read.html), subtype="html", cte="quoted-printable")
    return slow


def _written(text: str) -> str:
    """Without the control characters that no mail holds, and with line ends of one kind."""
    kept = "".join(letter for letter in text if letter in "\t\r\n" or not (letter < " " or letter == "\x7f"))
    return kept.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"
