"""In how many mails the line to vote by stands: a random share, so that readers are not asked under every mail."""

from __future__ import annotations

from werkzeug.wrappers import Response as Answer

from preferences.store.votes import change_vote_share, draw_of
from webapp.console.desk import Desk, Pages
from webapp.forms import Filled


def add_routes(pages: Pages) -> None:
    """`settings/votes`."""
    pages.form("settings/votes", "vote_share", show, save)


def show(desk: Desk) -> Answer:
    """How many of a hundred mails ask now."""
    share = draw_of(desk.connection, desk.owner.id).share
    filled = desk.filled if desk.is_typed else Filled([("percent", f"{100 * share:g}")])
    return desk.page("vote_share.html", filled=filled)


def save(desk: Desk) -> Answer:
    """From now on, another share; what has left keeps the share it was drawn with."""
    change_vote_share(desk.connection, desk.owner.id, desk.filled.one("percent"), desk.by, desk.now)
    return desk.see("settings/votes")
