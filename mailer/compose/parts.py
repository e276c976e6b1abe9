"""The parts that no author writes: the footer, what came along, and the items of a digest."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from mailer.compose.content import AlongItem, Envelope, MailClass, Recipient
from mailer.compose.errors import RenderError
from mailer.compose.wording import Wording

# Beside the packages in the source tree and in the wheel.
FOLDER = Path(__file__).resolve().parents[2] / "templates" / "emails"


@dataclass(frozen=True, slots=True)
class Both:
    """The same part as HTML and as text."""

    html: str
    text: str


def read_template(name: str) -> str:
    """The source of one of our own templates, such as `digest/body.mjml`."""
    return (FOLDER / name).read_text(encoding="utf-8")


def along(items: Sequence[AlongItem], wording: Wording) -> Both:
    """What comes along, whole and in the order given; empty where nothing does."""
    if not items:
        return Both("", "")
    return _both("along", items=items, wording=wording)


def digest_items(items: Sequence[AlongItem], wording: Wording) -> Both:
    """The items of a digest, whole and in the order given."""
    return _both("items", items=items, wording=wording)


def footer(envelope: Envelope, recipient: Recipient, wording: Wording) -> Both:
    """Promise, count, why, the two links, the web version, the postal address: what there is of it."""
    return _both(
        "footer",
        recipient=recipient,
        wording=wording,
        publication=envelope.publication,
        address=[line.strip() for line in envelope.postal_address.splitlines() if line.strip()],
    )


def check_footer(recipient: Recipient, mail_class: MailClass) -> None:
    """RenderError where a campaign or a digest would go out without its promise or without a way to stop it."""
    if mail_class is MailClass.SERVICE:
        return
    for name in ("promise", "preferences_url", "unsubscribe_url"):
        if not getattr(recipient, name):
            raise RenderError(f"the footer needs {name}; a campaign or digest never leaves without it", part="html")


def _both(name: str, **values: Any) -> Both:
    return Both(_template(f"_layout/{name}.html").render(values), _template(f"_layout/{name}.txt").render(values))


@functools.cache
def _template(name: str) -> Template:
    return _environment(name.endswith(".html")).get_template(name)


@functools.cache
def _environment(autoescape: bool) -> Environment:  # noqa: FBT001 - it is the key of the cache
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
