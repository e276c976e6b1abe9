"""A sign-up form for other sites: plain HTML that can be pasted anywhere, without a script, and looks like the page it is on.

It is in one language, says how often each topic writes, and carries the version of what it says: whoever signs up with it
years later has accepted what stood on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from preferences.store.publications import PublicationRow
from preferences.store.topics import TopicRow
from preferences.urls import sign_up_url
from webapp.language import language, speak, speak_english
from webapp.pages.sign_up_form import TRAP
from webapp.pages.words import offered_topics
from webapp.site import Site
from webapp.templating import environment


def embedded_form(site: Site, sender: PublicationRow, chosen: Iterable[TopicRow], tag: str) -> str:
    """The HTML of a form that offers these topics, in one language. Nothing is ticked; of a single topic it says so."""
    offered = list(chosen)
    try:
        speak(tag, sender.language)
        return (
            environment()
            .get_template("embedded.html")
            .render(
                publication=sender,
                action=sign_up_url(site.base_url, sender.slug),
                more=link_that_ticks(site, sender, offered),
                topics=offered_topics(offered, language()),
                trap=TRAP,
            )
            .strip()
        )
    finally:
        speak_english()


def link_that_ticks(site: Site, sender: PublicationRow, chosen: Iterable[TopicRow]) -> str:
    """The address of the sign-up page with these topics ticked, which it says."""
    ticked = urlencode([("topic", topic.slug) for topic in chosen])
    address = sign_up_url(site.base_url, sender.slug)
    return f"{address}?{ticked}" if ticked else address
