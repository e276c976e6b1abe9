"""The errors of composing; each says what was attempted and what to do."""

from preferences.errors import TrothError


class ComposeError(TrothError):
    """Something about a mail cannot be made as asked; nothing has left."""


class TemplateError(ComposeError):
    """The content of a campaign cannot be compiled, for nobody.

    `part` names the field the author wrote (`mjml`, `markdown`, `subject`, `sender` ...), `line` counts from 1
    within that field and is None where no line is to blame. The caller shows it beside the field.
    """

    def __init__(self, message: str, *, line: int | None, part: str) -> None:
        super().__init__(f"{part}, line {line}: {message}" if line is not None else f"{part}: {message}")
        self.message = message
        self.line = line
        self.part = part


class RenderError(ComposeError):
    """The content compiles, but fails for this recipient; the caller records `template_failed`.

    `part` is `subject`, `html`, `text`, `to`, `message_id`, `return_path` or `list_unsubscribe`.
    """

    def __init__(self, message: str, *, part: str) -> None:
        super().__init__(f"{part}: {message}")
        self.message = message
        self.part = part


class HeaderValueError(ComposeError):
    """A value holds a character that no header may hold; the form or the API refuses it."""


class NotDeliverableHere(ComposeError):
    """The address cannot be written to from here; this is no bounce and says nothing about the reader."""
