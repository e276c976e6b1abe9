"""The archive: every issue as everybody may read it, composed as the mail was, for nobody in particular.

Listed topics are linked and may be indexed; what is about an unlisted topic is for whoever knows its address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import groupby

from flask import Blueprint, Response

from mailer.compose import ComposeError, Recipient, campaign_content, compile_campaign
from mailer.compose.content import MailClass
from preferences.calendar import local_date, zone_named
from preferences.errors import NotFound
from preferences.links.public_ids import Kind
from preferences.store.contents import content_of
from preferences.store.issues import Issue, issue, issue_page, latest_issues, neighbours, topics_of
from preferences.store.publications import PublicationRow, publication_named
from preferences.store.topics import TopicRow, topic_named, topics
from preferences.store.transactions import Transaction
from preferences.urls import archive_url, logo_url, topic_feed_url, topic_url
from preferences.wording import date_in_words, how_often
from webapp.access import public_ids
from webapp.language import _, language, speak
from webapp.pages.articles import envelope_of
from webapp.pages.cut import cut_at
from webapp.pages.page import indexed, mail_page, part, render
from webapp.pages.words import month_in_words
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/a/<slug>`, `/a/<slug>/t/<topic>` and `/a/<slug>/<campaign>`."""
    pages.add_url_rule("/a/<slug>", "archive", partial(show_all, site), strict_slashes=False)
    pages.add_url_rule("/a/<slug>/t/<topic>", "archive_of_topic", partial(show_topic, site), strict_slashes=False)
    pages.add_url_rule("/a/<slug>/<campaign>", "issue", partial(show, site), strict_slashes=False)


def issue_path(connection: Transaction, slug: str, found: Issue) -> str:
    """Where an issue can be read, below the site's root."""
    return f"/a/{slug}/{public_ids(connection).public_id(Kind.CAMPAIGN, found.campaign_id)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An issue as a line: its path is below the site's root, its date that of the publication's own zone."""

    title: str
    summary: str
    on: str
    path: str


def _shown(connection: Transaction, site: Site, sender: PublicationRow, found: Issue) -> Shown:
    today = local_date(zone_named(sender.zone), site.clock.now())
    return Shown(
        title=found.title,
        summary=found.summary,
        on=date_in_words(_date(sender, found), today, language()),
        path=issue_path(connection, sender.slug, found),
    )


def _date(sender: PublicationRow, found: Issue) -> date:
    """The date of an issue: the one it was meant for, or that of its instant in the publication's own zone."""
    return found.local_on or local_date(zone_named(sender.zone), found.scheduled_at)


def show_all(site: Site, slug: str) -> Response:
    """Every listed topic with its cadence and its latest issue."""
    with site.database.read() as connection:
        sender = _sender(connection, slug)
        listed = [topic for topic in topics(connection, sender.id) if not topic.is_unlisted]
        latest = latest_issues(connection, sender.id, [topic.id for topic in listed])
        shown = {number: _shown(connection, site, sender, found) for number, found in latest.items()}
    page = render(
        "archive.html",
        is_indexed=not site.is_sandbox,
        publication=sender,
        topics=[(topic, how_often(topic.cadence, language()), shown.get(topic.id)) for topic in listed],
        page_url=archive_url(site.base_url, sender.slug),
    )
    return page if site.is_sandbox else indexed(page)


def _sender(connection: Transaction, slug: str) -> PublicationRow:
    sender = publication_named(connection, slug)
    speak(None, sender.language)
    return sender


def show_topic(site: Site, slug: str, topic: str) -> Response:
    """The issues of one topic by month, page by page."""
    until = cut_at()
    with site.database.read() as connection:
        sender = _sender(connection, slug)
        found = topic_named(connection, sender.id, topic)
        there = issue_page(connection, sender.id, found.id, until)
        by_month = groupby(there.issues, key=lambda one: _date(sender, one).replace(day=1))
        months = [
            (month_in_words(first), [_shown(connection, site, sender, one) for one in of_month])
            for first, of_month in by_month
        ]
    # A sandbox is no place that anybody should be sent to by a search.
    is_indexed = not (found.is_unlisted or site.is_sandbox)
    page = render(
        "archive_topic.html",
        is_indexed=is_indexed,
        publication=sender,
        topic=found,
        often=how_often(found.cadence, language()),
        months=months,
        older=None if there.since is None else there.since.isoformat(),
        is_first=until is None,
        page_url=topic_url(site.base_url, sender.slug, found.slug),
        feed_url=topic_feed_url(site.base_url, sender.slug, found.slug),
    )
    return indexed(page) if is_indexed else page


def show(site: Site, slug: str, campaign: str) -> Response:
    """The issue, with nothing in it that belongs to one reader; below it the one before and the one after."""
    with site.database.read() as connection:
        sender = _sender(connection, slug)
        number = public_ids(connection).number_of(Kind.CAMPAIGN, campaign)
        if number is None:
            raise NotFound("there is no such issue")
        found = issue(connection, sender.id, number)
        topic = _topic_of(connection, sender, number)
        around = (None, None) if topic is None else neighbours(connection, sender.id, topic.id, found)
        earlier, later = (None if one is None else _shown(connection, site, sender, one) for one in around)
        try:
            html = _html(site, connection, sender, found)
        except ComposeError:
            return render(
                "sorry.html",
                404,
                title=_("Only in its mail"),
                advice="",
                said=_("This issue is made for each reader, and can be read in its mail only."),
            )
    page_url = f"{site.base_url}/a/{sender.slug}/{campaign}"
    is_indexed = not (topic is None or topic.is_unlisted or site.is_sandbox)
    values = {
        "publication": sender,
        "issue": found,
        "topic": topic,
        "page_url": page_url,
        "is_indexed": is_indexed,
    }
    often = "" if topic is None else how_often(topic.cadence, language())
    after = part("_after_issue.html", **values, often=often, earlier=earlier, later=later)
    page = mail_page(html, after, part("_issue_head.html", **values))
    return indexed(page) if is_indexed else page


def _topic_of(connection: Transaction, sender: PublicationRow, campaign: int) -> TopicRow | None:
    """The first topic of a campaign that is listed, else its first; None where it has none any more."""
    known = {topic.id: topic for topic in topics(connection, sender.id)}
    of_campaign = [known[number] for number in topics_of(connection, sender.id, campaign) if number in known]
    listed = [topic for topic in of_campaign if not topic.is_unlisted]
    return next(iter([*listed, *of_campaign]), None)


def _html(site: Site, connection: Transaction, sender: PublicationRow, found: Issue) -> str:
    content = content_of(connection, found.campaign_id, found.revision)
    logo = logo_url(site.base_url, sender.slug, sender.appearance)
    envelope = replace(envelope_of(sender), appearance=sender.appearance, logo_url=logo)
    compiled = compile_campaign(campaign_content(envelope, content))
    reader = Recipient(email="nobody@example.org", message_token="web", date=found.scheduled_at, may_reply=False)
    # No promise and no link to leave at its end: there is nobody here to whom they would belong.
    return replace(compiled.mail, mail_class=MailClass.SERVICE).preview(reader, {}).html
