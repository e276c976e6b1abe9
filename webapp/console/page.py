"""How a page of the console is answered: as all pages are, with the token that its forms carry."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from webapp import language
from webapp.pages import page


def render(template: str, status: int = 200, **values: Any) -> Response:
    """A page of the console; `csrf` is the hidden field that every form begins with."""
    language.speak_english()
    field = Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
    return page.render(template, status, csrf=field, **values)
