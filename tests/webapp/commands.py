"""Running a command as a person does: arguments, an environment of its own, and what was said on which stream."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from webapp.cli import troth

SAMPLES = Path(__file__).parents[1] / "samples" / "imports"
Command = Callable[..., Result]


def command_line(folder: Path, database_url: str, **environ: str | None) -> Command:
    """Runs `troth` with these arguments in an installation of its own."""
    settings = {
        "TROTH_DATABASE_URL": database_url,
        "TROTH_DATA_DIR": str(folder / "var"),
        "TROTH_SECRET_KEY": "k" * 40,
        **environ,
    }

    def run(*arguments: str | Path) -> Result:
        answer = CliRunner(env=settings).invoke(troth, [str(one) for one in arguments], prog_name="troth")
        if answer.exception is not None and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        return answer

    return run
