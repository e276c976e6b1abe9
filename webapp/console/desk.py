"""What a page of the console works with, and how pages are added: one transaction each, and forms that lose nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as Answer

from mailer.compose import ComposeError, TemplateError
from preferences.calendar import first_instant, local_date, zone_named
from preferences.delivery import MadeBy
from preferences.errors import Conflict, FieldProblem, Invalid, NotFound
from preferences.links import Kind, PublicIds
from preferences.store.events import By
from preferences.store.publications import PublicationRow, publication_named
from preferences.store.transactions import Transaction, writing
from preferences.unsubscribe import Route
from preferences.wording import instant_in_words
from webapp.access import public_ids
from webapp.console.page import render
from webapp.errors import problem_of
from webapp.forms import Filled, beside
from webapp.pages.page import see
from webapp.pages.set_up import is_at_the_machine
from webapp.site import Site

BY_CONSOLE = By(made_by=MadeBy.PERSON, route=Route.CONSOLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One request to the console about one publication.

    `filled` is what was typed, nothing on a GET; `problems` is what is wrong with it, by field. `labels` are filled in
    while its page is made: what each field is called there, and where on the page it stands.
    """

    site: Site
    connection: Transaction
    owner: PublicationRow
    now: datetime
    ids: PublicIds
    filled: Filled
    problems: Mapping[str, str] = field(default_factory=dict)
    by: By = BY_CONSOLE
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)

    def label(self, name: str, label: str, place: str) -> str:
        """Note what a field is called and where it stands, for the list of what is wrong; empty, as templates want it."""
        self.labels.setdefault(name, (label, place))
        return ""

    @property
    def zone(self) -> tzinfo:
        """The publication's zone, in which every time of the console is read and shown."""
        return zone_named(self.owner.zone)

    @property
    def query(self) -> Filled:
        """What stands in the address behind the question mark."""
        return Filled(request.args.items(multi=True))

    @property
    def is_typed(self) -> bool:
        """Whether a form is shown again as it was typed."""
        return bool(self.problems)

    def number(self, kind: Kind, public_id: str) -> int:
        """The number behind an id. Raises `NotFound`."""
        number = self.ids.number_of(kind, public_id)
        if number is None:
            raise NotFound("there is nothing with this id in this publication")
        return number

    def id(self, kind: Kind, number: int) -> str:
        """The id of a number, as addresses of pages have it."""
        return self.ids.public_id(kind, number)

    def when(self, at: datetime | None) -> str:
        """An instant in words, in the publication's zone; empty where there is none."""
        return "" if at is None else instant_in_words(at, self.zone, local_date(self.zone, self.now), "en")

    def input_time(self, at: datetime | None) -> str:
        """An instant as a field for a local time holds it."""
        return "" if at is None else f"{at.astimezone(self.zone):%Y-%m-%dT%H:%M}"

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page of this publication; 422 where something typed was wrong, 409 where it cannot be done any more."""
        return render(f"console/{template}", self._status(status), desk=self, here=self.here, **values)

    def _status(self, status: int) -> int:
        if not self.problems:
            return status
        return 409 if "form" in self.problems else 422

    @property
    def here(self) -> str:
        """Where the pages of this publication are."""
        return f"{request.script_root}{self.path('')}".rstrip("/")

    @property
    def inbox(self) -> str:
        """Where the test inbox is; empty for whoever a proxy let in, since none shows that to anybody."""
        return f"{request.script_root}/inbox" if self.site.is_sandbox or is_at_the_machine() else ""

    def path(self, rest: str) -> str:
        """The path of a page of this publication on its site."""
        return f"/console/p/{self.owner.slug}/{rest}"

    def see(self, rest: str) -> Answer:
        """Go and see another page: after a POST that has done something."""
        return see(self.path(rest))


def local_time(text: str, name: str) -> datetime | None:
    """The naive local time in a field, to the minute; None where nothing was typed. Raises `Invalid`."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None or "T" not in text.replace(" ", "T"):
        raise Invalid.one(name, "must be a date and a time, such as 2027-03-01T09:00")
    return found.replace(second=0, microsecond=0)


def instant_typed(desk: Desk, name: str) -> datetime | None:
    """The instant in a field that is read in the publication's zone. Raises `Invalid`."""
    local = local_time(desk.filled.one(name), name)
    return None if local is None else first_instant(desk.zone, local.date(), local.time())


Show = Callable[..., Answer]
_NOTHING: Mapping[str, str] = {}


class Pages:
    """Adds the pages of publications to the console."""

    def __init__(self, console: Blueprint, site: Site) -> None:
        self._console = console
        self._site = site

    def show(self, path: str, name: str, show: Show) -> None:
        """A page that only shows: what it does to the database is undone."""

        def view(slug: str, **given: str) -> Answer:
            with self._site.database.read() as connection:
                return show(self._desk(connection, slug), **given)

        self._add(path, name, view, "GET")

    def form(self, path: str, name: str, show: Show, save: Show) -> None:
        """A page with a form: what is wrong is said on it, with everything as it was typed."""
        self.show(path, name, show)
        self.post(path, f"{name}_save", show, save)

    def post(self, path: str, name: str, show: Show, save: Show) -> None:
        """The POST of a form that stands on the page `show`."""

        def view(slug: str, **given: str) -> Answer:
            try:
                with writing(self._site.database) as connection:
                    answer = save(self._desk(connection, slug), **given)
            except (Invalid, ComposeError, Conflict) as error:
                with self._site.database.read() as connection:
                    return show(replace(self._desk(connection, slug), problems=_said(error)), **given)
            self._site.wake()
            return answer

        self._add(path, name, view, "POST")

    def post_outside(self, path: str, name: str, show: Show, do: Show) -> None:
        """The POST of a form that does something beside the database's transaction; what it does there is undone."""

        def view(slug: str, **given: str) -> Answer:
            with self._site.database.read() as connection:
                desk = self._desk(connection, slug)
                try:
                    return do(desk, **given)
                except (Invalid, ComposeError, Conflict) as error:
                    return show(replace(desk, problems=_said(error)), **given)

        self._add(path, name, view, "POST")

    def post_away(
        self, path: str, name: str, show: Show, read: Callable[[Desk], Any], do: Callable[[Any], Any]
    ) -> None:
        """The POST of a form that talks to another machine: `do` gets what `read` answers, with no transaction open;
        what it finds is given to `show`."""

        def view(slug: str) -> Answer:
            found, problems = None, _NOTHING
            try:
                with self._site.database.read() as connection:
                    asked = read(self._desk(connection, slug))
                found = do(asked)
            except (Invalid, ComposeError, Conflict) as error:
                problems = _said(error)
            with self._site.database.read() as connection:
                desk = replace(self._desk(connection, slug), problems=problems)
                return show(desk) if problems else show(desk, found)

        self._add(path, name, view, "POST")

    def _add(self, path: str, name: str, view: Show, method: str) -> None:
        self._console.add_url_rule(f"/p/<slug>/{path}", name, view, methods=[method], strict_slashes=False)

    def _desk(self, connection: Transaction, slug: str) -> Desk:
        return Desk(
            site=self._site,
            connection=connection,
            owner=publication_named(connection, slug),
            now=self._site.clock.now(),
            ids=public_ids(connection),
            filled=Filled(request.form.items(multi=True)),
        )


def _said(error: Invalid | ComposeError | Conflict) -> Mapping[str, str]:
    """What is wrong, by field; `form` is about the whole of it."""
    if not isinstance(error, Invalid | TemplateError):
        return {"form": str(error)}
    problems = error.problems if isinstance(error, Invalid) else problem_of(error).problems
    return beside(FieldProblem(field=one.field.partition("[")[0], message=one.message) for one in problems)
