"""Where the pages are: every address that a mail or a page names, from the base URL and a signed token."""

from __future__ import annotations

from typing import TypedDict

from preferences.appearance import Appearance
from preferences.vote import Vote


class MailLinks(TypedDict):
    """The links of one mail, as composing names them."""

    preferences_url: str
    unsubscribe_url: str
    one_click_url: str
    web_url: str
    history_url: str
    answer_url: str
    pass_on_url: str


def mail_links(base_url: str, *, preferences: str, unsubscribe: str, one_click: str, read: str) -> MailLinks:
    """The links of one mail, from the tokens of the four purposes that a mail has."""
    return MailLinks(
        preferences_url=preferences_url(base_url, preferences),
        unsubscribe_url=unsubscribe_url(base_url, unsubscribe),
        one_click_url=one_click_url(base_url, one_click),
        web_url=read_url(base_url, read),
        history_url=history_url(base_url, preferences),
        answer_url=answer_url(base_url, read),
        pass_on_url=pass_on_url(base_url, read),
    )


def links_to(base_url: str, word: str) -> MailLinks:
    """The links of a mail that is looked at and not sent: in the place of each token a word that opens nothing."""
    return mail_links(base_url, preferences=word, unsubscribe=word, one_click=word, read=word)


def sign_up_url(base_url: str, slug: str) -> str:
    """Where one signs up for a publication."""
    return f"{base_url}/p/{slug}/sign-up"


def confirm_url(base_url: str, token: str) -> str:
    """Where a request is confirmed."""
    return f"{base_url}/confirm/{token}"


def preferences_url(base_url: str, token: str) -> str:
    """My preferences."""
    return f"{base_url}/me/{token}"


def history_url(base_url: str, token: str) -> str:
    """The mail history; from a mail, the entry of that mail."""
    return f"{base_url}/h/{token}"


def unsubscribe_url(base_url: str, token: str) -> str:
    """The unsubscribe page."""
    return f"{base_url}/u/{token}"


def one_click_url(base_url: str, token: str) -> str:
    """What List-Unsubscribe names: a POST ends everything, a GET shows the unsubscribe page."""
    return f"{base_url}/u1/{token}"


def read_url(base_url: str, token: str) -> str:
    """The web version of what was sent to one reader."""
    return f"{base_url}/r/{token}"


def answer_url(base_url: str, token: str) -> str:
    """Where a reader answers the question under an issue; the token is that of the web version."""
    return f"{base_url}/r/{token}/answer"


def vote_url(base_url: str, token: str, said: Vote) -> str:
    """Where a reader is asked to press the button of a vote; the token is that of the web version."""
    return f"{base_url}/r/{token}/vote?said={said.value}"


def pass_on_url(base_url: str, token: str) -> str:
    """Where a reader finds what to send to somebody else; the token is that of the web version."""
    return f"{base_url}/r/{token}/pass-on"


def passed_on_url(base_url: str, slug: str, token: str) -> str:
    """What a reader sends to somebody else: signing up, brought by whom the token names."""
    return f"{sign_up_url(base_url, slug)}?by={token}"


def logo_url(base_url: str, slug: str, appearance: Appearance) -> str:
    """The logo of a publication, as it is in one version of its appearance; empty where it has none."""
    return "" if appearance.logo is None else f"{base_url}/p/{slug}/logo?v={appearance.version}"


def fresh_url(base_url: str, slug: str) -> str:
    """Where one asks for a fresh link."""
    return f"{base_url}/p/{slug}/fresh"


def inbox_url(base_url: str) -> str:
    """The test inbox."""
    return f"{base_url}/inbox"


def test_address_url(base_url: str, token: str) -> str:
    """Where somebody says that test mails may come to their address."""
    return f"{base_url}/console/address/{token}"


def new_address_url(base_url: str, token: str) -> str:
    """Where the mailbox that mail shall go to from now on agrees."""
    return f"{base_url}/new-address/{token}"


def old_address_url(base_url: str, token: str) -> str:
    """Where the mailbox that mail goes to so far agrees, or ends it."""
    return f"{base_url}/old-address/{token}"


def archive_url(base_url: str, slug: str) -> str:
    """The archive: every topic that is listed."""
    return f"{base_url}/a/{slug}"


def topic_url(base_url: str, slug: str, topic: str) -> str:
    """The issues of one topic."""
    return f"{base_url}/a/{slug}/t/{topic}"


def topic_feed_url(base_url: str, slug: str, topic: str) -> str:
    """The Atom feed of one topic."""
    return f"{base_url}/a/{slug}/t/{topic}/feed.atom"


def private_feed_url(base_url: str, token: str) -> str:
    """A reader's own feed of what they read on the web only."""
    return f"{base_url}/f/{token}.atom"


def away_url(base_url: str, token: str) -> str:
    """What a reader missed while they were away."""
    return f"{base_url}/h/{token}/away"
