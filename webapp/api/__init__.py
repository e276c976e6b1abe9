"""The HTTP API, version 1, under /api/v1.

* ``blueprint``: what is asked of every request; ``calls``: its transaction and its repetition
* ``publications``, ``subscribers``, ``campaigns``, ``decisions``, ``messages``, ``sandbox``: what there is
* ``told``: how things are shown; ``schemas``: what comes in and goes out; ``document``: where it is all described
"""

from __future__ import annotations

from flask_openapi3.openapi import OpenAPI

from webapp.site import Site


def register(app: OpenAPI, _site: Site) -> None:
    """Serve the API of the site that the application knows."""
    # Each of them hangs its routes on the blueprint when it is loaded.
    from webapp.api import document, publications, sign_ups, subscribers  # noqa: F401
    from webapp.api.blueprint import api

    app.register_api(api)
