"""A database that was restored from a backup: what is known, and the answer without which nothing is sent."""

from __future__ import annotations

from werkzeug.wrappers import Response as Answer

from preferences.delivery import RestorationAnswer
from preferences.errors import Invalid
from preferences.store.restorations import answer_restoration, open_restoration
from webapp.console.desk import Desk, Pages

ANSWERS = {
    RestorationAnswer.WRITTEN.value: "They may have got it: count it, keep it in doubt, and do not send it again",
    RestorationAnswer.NOT_WRITTEN.value: "They surely did not get it: send it",
}


def add_routes(pages: Pages) -> None:
    """`restored`."""
    pages.form("restored", "restored", show, save)


def show(desk: Desk) -> Answer:
    """What is known, with the two answers; or that nothing is to be answered."""
    return desk.page("restored.html", found=open_restoration(desk.connection), filled=desk.filled, answers=ANSWERS)


def save(desk: Desk) -> Answer:
    """Answer. Raises `Invalid` without one, and `Conflict` where somebody has answered meanwhile."""
    said = desk.filled.one("answer")
    if said not in ANSWERS:
        raise Invalid.one("answer", "say what became of it")
    answer_restoration(desk.connection, RestorationAnswer(said), desk.now)
    return desk.see("")
