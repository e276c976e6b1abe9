"""The data directory, and the secret key that is kept in it."""

import stat
from pathlib import Path

import pytest

from preferences.settings import SECRET_KEY_FILE, Settings, SettingsError, prepare_data_dir, read_settings

KEY = "k" * 32
OTHER_KEY = "o" * 40


def embedded(data_dir: Path) -> Settings:
    return read_settings({"TROTH_DATA_DIR": str(data_dir)})


def test_the_first_embedded_start_makes_a_key_that_only_this_user_can_read(tmp_path: Path) -> None:
    settings = prepare_data_dir(embedded(tmp_path / "new" / "var"))

    (key,) = settings.secret_keys
    path = settings.data_dir / SECRET_KEY_FILE
    assert len(key) == 64
    assert path.read_text() == f"{key}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o700
    assert [entry.name for entry in settings.data_dir.iterdir()] == [SECRET_KEY_FILE]


def test_later_starts_find_the_key_of_the_first(tmp_path: Path) -> None:
    first = prepare_data_dir(embedded(tmp_path))
    assert prepare_data_dir(embedded(tmp_path)) == first


def test_of_two_first_starts_at_once_both_use_the_same_key(tmp_path: Path) -> None:
    def slow_key() -> str:
        prepare_data_dir(embedded(tmp_path), make_key=lambda: KEY)
        return OTHER_KEY

    assert prepare_data_dir(embedded(tmp_path), make_key=slow_key).secret_keys == (KEY,)


def test_a_given_key_is_used_and_never_written_down(tmp_path: Path) -> None:
    given_key = read_settings({"TROTH_DATA_DIR": str(tmp_path), "TROTH_SECRET_KEY": KEY})
    assert prepare_data_dir(given_key).secret_keys == (KEY,)
    assert list(tmp_path.iterdir()) == []


def test_a_kept_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    prepare_data_dir(embedded(tmp_path))
    (tmp_path / SECRET_KEY_FILE).chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        prepare_data_dir(embedded(tmp_path))


def test_a_damaged_key_is_never_replaced_silently(tmp_path: Path) -> None:
    path = tmp_path / SECRET_KEY_FILE
    path.touch(mode=0o600)
    with pytest.raises(SettingsError, match="backup"):
        prepare_data_dir(embedded(tmp_path))
    assert path.read_bytes() == b""


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="TROTH_DATA_DIR"):
        prepare_data_dir(embedded(tmp_path / "file" / "var"))
