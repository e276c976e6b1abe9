"""The application: Flask with an OpenAPI document, and one way of saying what went wrong for programs and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from flask_openapi3.models.info import Info
from flask_openapi3.models.security_scheme import SecurityScheme
from flask_openapi3.openapi import OpenAPI
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import errors
from webapp.api.schemas.common import ProblemDocument

if TYPE_CHECKING:
    from webapp.site import Site

# A campaign's source is at most 300,000 characters, and an array has at most 1,000 subscribers.
LARGEST_REQUEST_OCTETS = 8 * 1024 * 1024


class Application(OpenAPI):
    """One site's pages and API."""

    def handle_http_exception(self, e: HTTPException) -> Any:
        """An address that does not exist, a method that is not served: said as a problem to whoever asks the API."""
        # Without a code it is an answer that is made already, such as that to a request that did not validate.
        if e.code is not None and errors.is_for_programs(request.path):
            return errors.answer_to(e)
        return super().handle_http_exception(e)

    def handle_exception(self, e: Exception) -> Any:
        """What nobody expected. The transaction it happened in changed nothing."""
        if errors.is_for_programs(request.path) and not self.testing:
            self.log_exception((type(e), e, e.__traceback__))
            return errors.answer_to(InternalServerError(original_exception=e))
        return super().handle_exception(e)

    def log_exception(self, exc_info: Any) -> None:
        """A constant text: the path may hold a signed link."""
        self.logger.error("a request failed", exc_info=exc_info)


def application_of(site: Site) -> Application:
    """An application without any routes, which knows its site."""
    application = Application(
        "webapp",
        info=Info(title="Troth", version="1", description=_DESCRIPTION),
        security_schemes={"token": SecurityScheme(type="http", scheme="bearer")},
        doc_ui=False,
        validation_error_model=ProblemDocument,
        validation_error_callback=errors.answer_to,
        static_folder=None,
    )
    application.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST_OCTETS
    # Or two slashes are answered with a redirection, which one click takes from no server, to the host that was named.
    application.url_map.merge_slashes = False
    application.json.sort_keys = False  # type: ignore[attr-defined]
    application.extensions["troth_site"] = site
    if site.settings.trusted_proxies:
        # Only who asks: hosts and schemes in links come from the settings, whatever a proxy says.
        believed = ProxyFix(application.wsgi_app, x_for=site.settings.trusted_proxies, x_proto=0, x_host=0)
        application.wsgi_app = believed  # type: ignore[method-assign]
    return application


_DESCRIPTION = """\
What subscribers asked for, and what may be sent to them. Every request carries `Authorization: Bearer <token>`.
A token belongs to one publication and has one scope of read < write < send < admin, each including those before it.

Instants are RFC 3339 with an offset. Ids are opaque. Unknown fields are refused. What goes wrong is a problem document
(RFC 9457) with one entry in `errors` for each wrong field. Lists are `{"items": [...], "next": cursor or null}`; give
the cursor back as `?cursor=`. A request that changes something takes an `Idempotency-Key`: repeated under the same key
within a day it is answered again and done once."""
