"""The settings of a process, read once. Must not import the store: what waits for other processes imports this."""

from __future__ import annotations

import os

from preferences.languages import FOLDER, look_in
from preferences.settings import Settings, prepare_data_dir, read_settings


def settings_in_use() -> Settings:
    """The settings of this process, its data directory made. Raises `SettingsError`."""
    settings = prepare_data_dir(read_settings(os.environ))
    look_in(settings.data_dir / "languages", FOLDER)
    return settings
