"""What stands in `deploy/` fits the program: commands, settings, and the paths that a proxy passes on."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from preferences.settings import DEFAULTS, prepare_data_dir, read_settings
from webapp import create_app
from webapp.cli import troth
from webapp.opening import office_of, opened, site_of

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
# What only people at the machine, and programs beside it, are to reach.
KEPT_HERE = {"", "inbox", "sandbox", "set-up", "healthz", "readyz", "metrics"}


@pytest.mark.parametrize("unit", sorted((DEPLOY / "systemd").glob("*.service")), ids=lambda unit: unit.name)
def test_each_unit_starts_a_command_that_there_is(unit: Path) -> None:
    (line,) = re.findall(r"^ExecStart=\S+/troth (.*)$", unit.read_text(), re.MULTILINE)
    name, *arguments = shlex.split(line)
    command = troth.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    assert {argument for argument in arguments if argument.startswith("--")} <= options


@pytest.mark.parametrize("name", ["troth.env", "compose.env", "compose.yaml"])
def test_each_setting_in_a_file_is_one_that_there_is(name: str) -> None:
    named = set(re.findall(r"TROTH_[A-Z_]+", (DEPLOY / name).read_text()))
    assert named
    assert named <= set(DEFAULTS)


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_passes_on_what_readers_and_programs_need_and_nothing_else(name: str, tmp_path: Path) -> None:
    (listed,) = re.findall(r"\^/\(([^)]+)\)", (DEPLOY / name).read_text())
    passed = {path.replace("\\", "") for path in listed.split("|")}
    settings = prepare_data_dir(read_settings({"TROTH_DATA_DIR": str(tmp_path)}))
    with closing(opened(settings, settings.database_url, is_ours=True, connections=2)) as database:
        app = create_app(site_of(settings, office_of(settings, database), wake=lambda: None))
    there = {str(rule).split("/")[1] for rule in app.url_map.iter_rules()}
    assert passed == there - KEPT_HERE


def test_the_command_reads_settings_as_the_service_does_and_not_as_a_shell(tmp_path: Path) -> None:
    (tmp_path / "troth.env").write_text(
        "# TROTH_NO=1\n\nTROTH_A=smtp://me:a$HOME;&`id`@b\nTROTH_B=\"$x two\"\nTROTH_C='q r'\n    TROTH_D=indented"
    )
    script = re.sub(r"^exec .*$", "exec env", (DEPLOY / "troth").read_text(), flags=re.MULTILINE)
    environ = {"PATH": os.environ["PATH"], "TROTH_ENV": str(tmp_path / "troth.env")}
    said = subprocess.run(["sh"], input=script, env=environ, capture_output=True, text=True, check=True).stdout
    settings = [line for line in said.splitlines() if line.startswith("TROTH_") and not line.startswith("TROTH_ENV")]
    assert sorted(settings) == ["TROTH_A=smtp://me:a$HOME;&`id`@b", "TROTH_B=$x two", "TROTH_C=q r", "TROTH_D=indented"]


def test_operations_names_every_file_of_it() -> None:
    told = (ROOT / "docs" / "operations.md").read_text() + (DEPLOY / "README.md").read_text()
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.name != "README.md":
            assert path.name in told, path


def test_the_nginx_of_debian_12_understands_the_server_block() -> None:
    # `http2 on` came with nginx 1.25.1; Debian 12 has 1.22, Ubuntu 24.04 has 1.24.
    assert not re.search(r"^\s*http2\s", (DEPLOY / "nginx.conf").read_text(), re.MULTILINE)
