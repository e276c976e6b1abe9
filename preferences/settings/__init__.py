"""What an installation is told by its environment, read once at the start.

* ``read_settings(environ)``: the ``TROTH_`` variables as one ``Settings``, or every problem with them at once
* ``prepare_data_dir(settings)``: makes the data directory, and the secret key of an embedded installation
* ``Settings``, ``SmtpServer``, ``SmtpSecurity``, ``SettingsError``: the values
* ``DEFAULTS``: every variable there is, with what it is when absent

Nothing else reads the environment; everybody is handed a ``Settings``.
"""

from preferences.settings.data_dir import SECRET_KEY_FILE, prepare_data_dir
from preferences.settings.reading import DEFAULTS, read_settings
from preferences.settings.values import Settings, SettingsError, SmtpSecurity, SmtpServer, default_database_url

__all__ = [
    "DEFAULTS",
    "SECRET_KEY_FILE",
    "Settings",
    "SettingsError",
    "SmtpSecurity",
    "SmtpServer",
    "default_database_url",
    "prepare_data_dir",
    "read_settings",
]
