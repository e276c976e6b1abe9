"""The marketer's console: behind a login, except in the sandbox. No scripts needed, and a GET changes nothing.

* ``login``: the link that works once, and the session; ``forms``: what every form of the console is guarded by
* ``desk``, ``page``, ``words``: what a page is given, how it is answered, and what it says
* ``today``: what goes out today, what waits, and why nothing does
* ``topics``, ``replay``: cadences, who is on which, and what another one would have meant
* ``campaigns``, ``writing``, ``scheduling``, ``forecasting``, ``moments``, ``outcome``: from a draft to what became of it
* ``preview``, ``testing``, ``composing``, ``lacking``: a campaign as a chosen reader would read it, here or as a test mail
* ``regulars``, ``answers``: who stays and gives back, who brings whom, what readers answer and vote
* ``people``, ``person``, ``letting_in``: finding subscribers, the whole story of one, and the way back after a suppression
* ``importing``, ``import_files``: a file, how it is read, what it would do, and doing it
* ``embedding``: a sign-up form for other sites
* ``settings``, ``appearance``: the publication, tokens of the API, its logo and its two colours
* ``asking_votes``: in how many mails readers are asked to vote
* ``restored``: what left of a database that was restored from a backup
* ``privacy``: the law of consents, and what is kept how long
"""

from __future__ import annotations

from flask import Blueprint, Flask

from webapp.console import (
    answers,
    appearance,
    asking_votes,
    campaigns,
    desk,
    embedding,
    importing,
    letting_in,
    login,
    outcome,
    people,
    person,
    preview,
    privacy,
    regulars,
    restored,
    scheduling,
    settings,
    testing,
    today,
    topics,
    writing,
)
from webapp.site import Site


def register(app: Flask, site: Site) -> None:
    """Add the console of a site to its application."""
    login.prepare(app, site)
    console = Blueprint("console", __name__, url_prefix="/console")
    login.add_routes(console, site)
    testing.add_address_routes(console, site)
    of_publications = (
        today,
        topics,
        embedding,
        writing,
        campaigns,
        preview,
        testing,
        scheduling,
        outcome,
        people,
        person,
        letting_in,
        regulars,
        answers,
        asking_votes,
        importing,
        settings,
        appearance,
        privacy,
        restored,
    )
    for module in of_publications:
        module.add_routes(desk.Pages(console, site))
    login.guard(console, site)
    app.register_blueprint(console)
