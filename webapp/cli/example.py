"""`troth example build`: make the example publication anew, as it comes with Troth."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import click


@click.group("example")
def command() -> None:
    """The example publication that a fresh sandbox shows."""


@command.command("build")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same ledger.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the compressed file goes; by default where Troth looks for it.",
)
@click.option("--readers", type=click.IntRange(20, 20_000), default=2000, show_default=True, help="How many readers.")
@click.option("--weeks", type=click.IntRange(1, 8), default=8, show_default=True, help="How many weeks are lived.")
def build(seed: int, out: Path | None, readers: int, weeks: int) -> None:
    """Live the example from its first day to its last, which takes some minutes, and write it as one file."""
    # Only here: it starts both sides.
    from preferences.store.database import open_database
    from preferences.store.snapshot import write_snapshot
    from webapp.example.building import Size
    from webapp.example.building import build as live
    from webapp.example.shipped import ARCHIVE, pack

    archive = out or ARCHIVE
    with TemporaryDirectory(prefix="troth-example-") as folder:
        lived, snapshot = Path(folder) / "lived.sqlite3", Path(folder) / "snapshot.sqlite3"
        size = Size(readers=readers, weeks=weeks)
        ends_at = live(lived, seed, size)
        database = open_database(f"sqlite:///{lived}")
        try:
            write_snapshot(database, snapshot)
        finally:
            database.close()
        pack(snapshot, archive, seed=seed, readers=readers, weeks=weeks, ends_at=ends_at)
    click.echo(
        f"{archive}: {archive.stat().st_size:,} bytes, {readers:,} readers, until {ends_at:%A %d %B %Y %H:%M} UTC"
    )
