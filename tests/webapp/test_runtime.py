"""What a start does besides serving."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from preferences.errors import TrothError
from preferences.settings import prepare_data_dir, read_settings
from preferences.store.tables import IDEMPOTENT_ANSWER
from preferences.store.tokens import create_token, token_of
from webapp.running import is_held, only_process
from webapp.runtime import Started, run, start, tidy_up


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Started]:
    started = start(prepare_data_dir(read_settings({"TROTH_DATA_DIR": str(tmp_path / "data")})))
    yield started
    started.worker.stop()
    started.database.close()


def test_a_start_throws_away_old_answers_of_every_token_and_no_younger_ones(running: Started) -> None:
    now = running.site.clock.now()
    with running.database.write() as connection:
        token = token_of(connection, create_token(connection, 1, "unused", "send", now, False))
        assert token is not None
        for key, hours in (("old", 30), ("young", 1)):
            connection.execute(
                insert(IDEMPOTENT_ANSWER).values(
                    publication_id=1,
                    token_id=token.id,
                    idempotency_key=key,
                    request_hash=b"x",
                    created_at=now - timedelta(hours=hours),
                )
            )
    tidy_up(running)
    with running.database.read() as connection:
        keys = connection.execute(select(IDEMPOTENT_ANSWER.c.idempotency_key)).scalars().all()
    assert list(keys) == ["young"]


def test_a_second_process_on_the_same_data_directory_is_refused_with_what_to_do(tmp_path: Path) -> None:
    settings = prepare_data_dir(read_settings({"TROTH_DATA_DIR": str(tmp_path), "TROTH_LISTEN": "127.0.0.1:0"}))
    with only_process(tmp_path):
        with pytest.raises(TrothError, match=rf"as process {os.getpid()}: stop that one first, or .* TROTH_DATA_DIR"):
            run(settings)
        assert is_held(tmp_path)
    assert not is_held(tmp_path)
    assert not list(tmp_path.glob("*.sqlite*"))


def test_what_a_killed_process_held_is_free_again(tmp_path: Path) -> None:
    hold = f"from pathlib import Path\nfrom webapp.running import only_process\nwith only_process(Path({str(tmp_path)!r})):\n"
    hold += "    print('held', flush=True)\n    input()\n"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert is_held(tmp_path)
        process.kill()
    assert not is_held(tmp_path)
    with only_process(tmp_path):
        pass
