"""Where the API is described: the OpenAPI document, made from the code that serves it, and a page beside it."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify, render_template_string

from webapp.api.blueprint import api

_METHODS = ("get", "post", "put", "patch", "delete")


def _document() -> dict[str, Any]:
    found: dict[str, Any] = current_app.api_doc  # type: ignore[attr-defined]
    return found


@api.get("/openapi.json", doc_ui=False)
def openapi_document() -> Response:
    """The OpenAPI 3.1 document."""
    return jsonify(_document())


@api.get("/", doc_ui=False)
def page() -> Response:
    """The same for people; it loads nothing from anywhere."""
    html = render_template_string(_PAGE, document=_document(), methods=_METHODS, name_of=_name_of, shape=_shape)
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _name_of(holder: dict[str, Any] | None) -> str:
    """The name of the schema that a body or an answer refers to."""
    for media in (holder or {}).get("content", {}).values():
        reference: str = media.get("schema", {}).get("$ref", "")
        return reference.rpartition("/")[2]
    return ""


def _shape(schema: dict[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        return " or ".join(_shape(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_shape(schema.get('items', {}))}"
    if schema.get("type") == "object" and "properties" in schema:
        return "{" + ", ".join(f"{name}: {_shape(one)}" for name, one in schema["properties"].items()) + "}"
    return str(schema.get("format") or schema.get("type", "anything"))


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{ document.info.title }} API {{ document.info.version }}</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 50rem; margin: 0 auto; padding: 1rem }
code, pre { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
pre { white-space: pre-wrap }
section { border-top: 1px solid; padding-block: .5rem }
h3 { margin-block: .5rem } td, th { text-align: left; vertical-align: top; padding-inline-end: 1rem }
</style>
</head>
<body>
<h1>{{ document.info.title }} API {{ document.info.version }}</h1>
<p style="white-space: pre-line">{{ document.info.description }}</p>
<p>For programs: <a href="openapi.json">openapi.json</a> (OpenAPI {{ document.openapi }}).</p>
<h2>What there is</h2>
{% for path, item in document.paths.items() %}{% for method in methods if method in item %}
{% set operation = item[method] %}
<section>
<h3><code>{{ method | upper }} {{ path }}</code></h3>
<p>{{ operation.summary }}</p>
{% if name_of(operation.requestBody) %}
<p>Takes <a href="#{{ name_of(operation.requestBody) }}">{{ name_of(operation.requestBody) }}</a>.</p>
{% endif %}
<p>Answers
{% for status, answer in operation.responses.items() if status < "300" %}
{{ status }} <a href="#{{ name_of(answer) }}">{{ name_of(answer) }}</a>
{% endfor %}</p>
</section>
{% endfor %}{% endfor %}
<h2>Documents</h2>
{% for name, schema in document.components.schemas | dictsort %}
<section id="{{ name }}">
<h3>{{ name }}</h3>
{% if schema.description %}<p>{{ schema.description }}</p>{% endif %}
<table>
{% for field, one in (schema.properties or {}).items() %}
<tr><th scope="row"><code>{{ field }}</code></th>
<td><code>{{ shape(one) }}</code>{% if one.description %} {{ one.description }}{% endif %}</td></tr>
{% endfor %}
</table>
</section>
{% endfor %}
</body>
</html>
"""
