"""How commands are found without importing them all, and how their problems are said: the edge of the process.

Must not import the store: `troth --help` answers at once.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from typing import Any

import click

from preferences.errors import Invalid, TrothError
from preferences.settings import SettingsError

# What a command ends with: something went wrong, or it was asked or configured wrongly (as click does).
FAILED, ASKED_WRONGLY = 1, 2


def version() -> str:
    """The installed version."""
    try:
        return version_of("troth")
    except PackageNotFoundError:
        return "(not installed)"


class CommandGroup(click.Group):
    """Commands that are imported when they are called; every expected problem becomes one sentence, no traceback.

    `modules` has, by the name of a command, the module of `package` that holds it as `command`, and its short help.
    """

    def __init__(self, *args: Any, package: str, modules: Mapping[str, tuple[str, str]], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._package = package
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return [*self._modules, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in self._modules:
            return super().get_command(ctx, cmd_name)
        module, _ = self._modules[cmd_name]
        command: click.Command = import_module(f"{self._package}.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """What is called and what it is given; whoever mistypes a name is told the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            # Click itself looks among those that are loaded, and here none is.
            names = self.list_commands(ctx)
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=names, ctx=ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in self._modules.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what is expected to go wrong is said on standard error and ends with 1 or 2."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            for problem in error.problems:
                click.echo(problem, err=True)
            ctx.exit(ASKED_WRONGLY)
        except Invalid as error:
            for wrong in error.problems:
                click.echo(f"troth: {wrong.field}: {wrong.message}", err=True)
            ctx.exit(FAILED)
        except TrothError as error:
            click.echo(f"troth: {error}", err=True)
            ctx.exit(FAILED)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            click.echo(f"troth: {_said(error)}", err=True)
            ctx.exit(FAILED)


def _said(error: OSError) -> str:
    if error.strerror is None:
        return str(error) or type(error).__name__
    said = error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    return f"{said}: free some, and try again" if error.errno in (errno.ENOSPC, errno.EDQUOT) else said
