"""A campaign's mail in the console: composed by the code that composes what is sent, for whoever is chosen as its reader.

Only the links differ: they lead nowhere, so that nobody changes what a reader asked for by looking.
"""

from __future__ import annotations

import re

from mailer.compose import (
    AlongItem,
    CompiledCampaign,
    Envelope,
    Parts,
    Recipient,
    campaign_content,
    compile_campaign,
)
from preferences.links import Kind
from preferences.store.campaign_values import CampaignValues
from preferences.store.campaigns import CampaignRow
from preferences.store.console_readers import ReadBy, read_by
from preferences.urls import links_to, logo_url, read_url
from webapp.console.desk import Desk

_NOWHERE = "preview"
_ADDRESS = "reader@example.org"
_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
_SCHEMES = re.compile(r'(<meta name="(?:supported-)?color-schemes?" content=")[^"]*"')


def reading(desk: Desk, row: CampaignRow) -> ReadBy:
    """The campaign as the subscriber in the address, or an example, would read it. Raises `NotFound`."""
    chosen = desk.query.one("as")
    number = desk.number(Kind.SUBSCRIBER, chosen) if chosen else None
    return read_by(desk.connection, desk.owner, row, number, desk.now)


def parts(desk: Desk, row: CampaignRow, read: ReadBy) -> Parts:
    """Subject, HTML and text. Raises `ComposeError`."""
    return _compiled(desk, row.values, read).preview(_recipient(desk, read))


def header_lines(desk: Desk, row: CampaignRow, read: ReadBy) -> str:
    """The header fields, as they go out. Raises `ComposeError`."""
    data = _compiled(desk, row.values, read).render(_recipient(desk, read)).data
    return data.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").replace("\r\n", "\n")


def in_scheme(html: str, *, is_dark: bool) -> str:
    """The HTML as a mail program in light or in dark shows it, whatever the browser prefers."""
    scheme = "dark" if is_dark else "light"
    told = _SCHEMES.sub(rf'\g<1>{scheme}"', html)
    return _DARK.sub("(min-width: 0)" if is_dark else "(max-width: 0)", told)


def _compiled(desk: Desk, values: CampaignValues, read: ReadBy) -> CompiledCampaign:
    owner, topic = desk.owner, read.topic
    envelope = Envelope(
        publication=owner.name,
        sender=values.sender or (topic and topic.sender) or owner.sender or "sender@example.org",
        postal_address=owner.postal_address or "-",
        appearance=owner.appearance,
        logo_url=logo_url(desk.site.base_url, owner.slug, owner.appearance),
        language=owner.language,
        reply_to=values.reply_to or (topic and topic.reply_to) or owner.reply_to,
        list_id="preview.example.org",
        list_name=owner.name if topic is None else topic.name,
        feedback_id="preview",
    )
    return compile_campaign(campaign_content(envelope, values))


def _recipient(desk: Desk, read: ReadBy) -> Recipient:
    base = desk.site.base_url
    lines = (
        AlongItem(title=line.title, summary=line.summary, url=read_url(base, _NOWHERE), topic_name=line.topic_name)
        for line in read.lines
    )
    return Recipient(
        email=_ADDRESS,
        message_token=_NOWHERE,
        date=desk.now,
        name=read.name or None,
        fields=read.fields,
        language=read.language,
        promise=read.promise,
        count_line=read.count_line,
        why=read.why,
        **links_to(base, _NOWHERE),
        along=tuple(lines),
    )
