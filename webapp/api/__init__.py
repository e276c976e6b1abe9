"""The HTTP API, version 1, under /api/v1.

* ``blueprint``: what is asked of every request; ``calls``: its transaction and its repetition
* ``publications``, ``sign_ups``, ``subscribers``, ``campaigns``, ``campaign_steps``: what there is
* ``decisions``, ``messages``: mails of other systems; ``sandbox``: a clock that can be moved
* ``told``: how things are shown; ``schemas``: what comes in and goes out; ``lists``: pages of lists
* ``compiling``: whether a campaign could be sent; ``document``: where it is all described
"""

from __future__ import annotations

from flask_openapi3.openapi import OpenAPI

from webapp.site import Site


def register(app: OpenAPI, _site: Site) -> None:
    """Serve the API of the site that the application knows."""
    # Each of them hangs its routes on the blueprint when it is loaded.
    from webapp.api import (  # noqa: F401  # noqa: F401
        campaign_steps,
        campaigns,
        decisions,
        document,
        messages,
        publications,
        sandbox,
        sign_ups,
        subscribers,
    )
    from webapp.api.blueprint import api

    app.register_api(api)
