"""What people and programs see of Troth.

* ``pages``: sign up, confirm, my preferences, unsubscribe, the web version of a campaign
* ``console``: what a marketer sees
* ``api``: the HTTP API
* ``application``: the Flask application that carries them; ``site``: what one is made of
* ``forms``, ``access``, ``errors``: what comes in, who may, and what is said when it cannot be done
* ``relay``: the mail server as pages show it, and trying it
* ``runtime``, ``cli``: where an installation is put together and started; the only place that may start both sides

``webapp`` imports of the mailer nothing but ``mailer.compose``: what the preview shows is what is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webapp.application import Application
    from webapp.site import Site


def create_app(site: Site) -> Application:
    """The application of one site: its pages and its API."""
    # Only here, so that the command line does not load what serves pages.
    from webapp import api, console, pages
    from webapp.application import application_of

    app = application_of(site)
    pages.register(app, site)
    console.register(app, site)
    api.register(app, site)
    return app
