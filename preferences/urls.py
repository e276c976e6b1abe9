"""Where the pages are: every address that a mail or a page names, from the base URL and a signed token."""

from __future__ import annotations

from preferences.vote import Vote


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


def fresh_url(base_url: str, slug: str) -> str:
    """Where one asks for a fresh link."""
    return f"{base_url}/p/{slug}/fresh"


def inbox_url(base_url: str) -> str:
    """The test inbox."""
    return f"{base_url}/inbox"


def test_address_url(base_url: str, token: str) -> str:
    """Where somebody says that test mails may come to their address."""
    return f"{base_url}/console/address/{token}"
