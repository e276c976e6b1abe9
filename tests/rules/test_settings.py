"""What the environment may say, and that everything wrong with it is said at once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preferences.settings import (
    DEFAULTS,
    SettingsError,
    SmtpSecurity,
    SmtpServer,
    default_database_url,
    read_settings,
)

KEY = "k" * 32
OTHER_KEY = "o" * 40
OWN_DATABASE = {"TROTH_DATABASE_URL": "postgresql://troth:s3cret@db.example.org/troth", "TROTH_SECRET_KEY": KEY}


def problems_of(environ: dict[str, str]) -> tuple[str, ...]:
    try:
        read_settings(environ)
    except SettingsError as error:
        return error.problems
    return ()


def test_without_any_variable_an_installation_is_embedded() -> None:
    settings = read_settings({})

    assert settings.is_embedded
    assert settings.data_dir == Path("var").absolute()
    assert settings.database_url == default_database_url(settings.data_dir)
    assert settings.sandbox_database_url == f"sqlite:///{settings.data_dir}/sandbox.sqlite3"
    assert (settings.broker_url, settings.smtp, settings.return_domain) == ("memory://", None, None)
    assert (settings.listen_host, settings.listen_port) == ("127.0.0.1", 8642)
    assert settings.base_url == "http://127.0.0.1:8642"
    assert (settings.workers, settings.log_level, settings.secret_keys) == (2, "INFO", ())


def test_reading_settings_creates_nothing(tmp_path: Path) -> None:
    read_settings({"TROTH_DATA_DIR": str(tmp_path / "new")})
    assert list(tmp_path.iterdir()) == []


def test_variables_of_others_are_ignored() -> None:
    assert read_settings({"PATH": "", "HOME": "?", "TROTHLESS": "x"}) == read_settings({})


def test_names_for_the_tests_are_let_through() -> None:
    assert read_settings({"TROTH_TEST_DATABASE_URL": "anything"}) == read_settings({})


def test_an_unknown_name_is_refused_with_the_name_that_was_meant() -> None:
    (problem,) = problems_of({"TROTH_STMP_URL": "smtp://localhost"})
    assert problem == "TROTH_STMP_URL is not a setting: did you mean TROTH_SMTP_URL?"


def test_an_unknown_name_that_is_close_to_none_leads_to_the_list() -> None:
    (problem,) = problems_of({"TROTH_XYZZY_QQQQQQQQ": "1"})
    assert "docs/configuration.md" in problem


def test_all_problems_are_reported_together_each_with_its_variable() -> None:
    wrong = dict.fromkeys(DEFAULTS, "?") | {"TROTH_WORKER": "3"}
    problems = problems_of(wrong)
    assert sorted(problem.split()[0] for problem in problems) == sorted(wrong)


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_an_empty_value_is_a_problem_and_not_a_default(name: str) -> None:
    assert f"{name} is empty: give it a value, or unset it." in problems_of({name: "  "})


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql+psycopg://u:p@h/d?sslmode=require", "postgresql+psycopg://u:p@h/d?sslmode=require"),
        ("postgresql:///d?host=/run/postgresql", "postgresql+psycopg:///d?host=/run/postgresql"),
        ("sqlite:////srv/mail.db", "sqlite:////srv/mail.db"),
        ("sqlite:///mail.db", f"sqlite:///{Path('mail.db').absolute()}"),
    ],
)
def test_a_database_is_a_sqlite_file_or_postgresql_with_this_projects_driver(text: str, url: str) -> None:
    assert read_settings({"TROTH_DATABASE_URL": text, "TROTH_SECRET_KEY": KEY}).database_url == url


@pytest.mark.parametrize(
    "text",
    ["mysql://u:p@h/d", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://mail.db", "postgresql+asyncpg://h/d",
     "postgresql://", "/srv/mail.db"],
)  # fmt: skip
def test_any_other_database_is_refused(text: str) -> None:
    (problem,) = problems_of({"TROTH_DATABASE_URL": text})
    assert problem.startswith("TROTH_DATABASE_URL names no database that Troth knows")


def test_the_sandbox_never_shares_a_database_with_what_is_real() -> None:
    (problem,) = problems_of({**OWN_DATABASE, "TROTH_SANDBOX_DATABASE_URL": OWN_DATABASE["TROTH_DATABASE_URL"]})
    assert "the sandbox needs one of its own" in problem


@pytest.mark.parametrize(
    "text", ["memory://", "redis://h", "redis://:p@h:6379/1", "rediss://h:6380", "amqp://u:p@h:5672"]
)
def test_a_known_broker_is_accepted_as_written(text: str) -> None:
    assert read_settings({"TROTH_BROKER_URL": text}).broker_url == text


@pytest.mark.parametrize("text", ["kafka://h", "redis://", "memory://h", "localhost:6379", "redis://h:port"])
def test_any_other_broker_is_refused(text: str) -> None:
    (problem,) = problems_of({"TROTH_BROKER_URL": text})
    assert problem.startswith("TROTH_BROKER_URL ")


@pytest.mark.parametrize(
    ("text", "security", "port"),
    [
        ("smtp://mail.example.org", SmtpSecurity.OPPORTUNISTIC, 25),
        ("smtp+tls://mail.example.org", SmtpSecurity.REQUIRED, 587),
        ("smtps://mail.example.org/", SmtpSecurity.IMPLICIT, 465),
        ("SMTP://mail.example.org:2525", SmtpSecurity.OPPORTUNISTIC, 2525),
    ],
)
def test_the_scheme_of_a_mail_server_says_when_its_connection_is_encrypted(
    text: str, security: SmtpSecurity, port: int
) -> None:
    smtp = read_settings({"TROTH_SMTP_URL": text}).smtp
    assert smtp == SmtpServer(host="mail.example.org", port=port, security=security)


@pytest.mark.parametrize(
    ("host", "read_as"),
    [
        ("[::1]", "::1"),
        ("10.0.0.7", "10.0.0.7"),
        ("mail_relay", "mail_relay"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_mail_server_is_named_by_address_or_by_name(host: str, read_as: str) -> None:
    smtp = read_settings({"TROTH_SMTP_URL": f"smtp://{host}:25"}).smtp
    assert smtp is not None
    assert smtp.host == read_as


def test_user_and_password_of_a_mail_server_are_percent_decoded() -> None:
    smtp = read_settings({"TROTH_SMTP_URL": "smtps://me%40example.org:p%2F%23%3A%C3%BC@mail.example.org"}).smtp
    assert smtp is not None
    assert (smtp.user, smtp.password) == ("me@example.org", "p/#:ü")


@pytest.mark.parametrize(
    "text",
    ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://h/path", "smtp://h?tls=1", "smtp://u:p#w@h",
     "smtp://u:p/w@h", "smtp://u@h", "smtp://:p@h", "smtp://u:%ff@h", "smtp://u:p%0d%0aw@h", "smtp://h:99999",
     "smtp://h:x", "smtp://[h", "smtp://a b", "smtp://-h-"],
)  # fmt: skip
def test_a_mail_server_that_cannot_be_is_refused(text: str) -> None:
    (problem,) = problems_of({"TROTH_SMTP_URL": text})
    assert problem.startswith("TROTH_SMTP_URL ")


@pytest.mark.parametrize(
    ("text", "base_url"),
    [
        ("https://mail.example.org", "https://mail.example.org"),
        ("https://Mail.Example.org:8443/", "https://mail.example.org:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://localhost:8642", "http://localhost:8642"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:8642/", "http://[::1]:8642"),
    ],
)
def test_a_base_url_ends_after_host_and_port(text: str, base_url: str) -> None:
    assert read_settings({"TROTH_BASE_URL": text}).base_url == base_url


@pytest.mark.parametrize("text", ["http://mail.example.org", "http://10.0.0.7:8642", "http://localhost.example.org"])
def test_links_that_leave_this_machine_need_https(text: str) -> None:
    (problem,) = problems_of({"TROTH_BASE_URL": text})
    assert problem.startswith("TROTH_BASE_URL must begin with https://")


@pytest.mark.parametrize(
    "text", ["mail.example.org", "ftp://h", "https://", "https://h/mail", "https://h?x", "https://h#x", "https://u:p@h"]
)
def test_a_base_url_with_anything_more_is_refused(text: str) -> None:
    (problem,) = problems_of({"TROTH_BASE_URL": text})
    assert problem.startswith("TROTH_BASE_URL must ")


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("0.0.0.0:80", "0.0.0.0", 80), ("[::1]:8080", "::1", 8080), ("localhost:0", "localhost", 0)],
)
def test_listening_needs_host_and_port(text: str, host: str, port: int) -> None:
    settings = read_settings({"TROTH_LISTEN": text})
    assert (settings.listen_host, settings.listen_port) == (host, port)
    assert settings.base_url == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("text", ["8642", ":8642", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "h:80/p", "h:80?q"])
def test_listening_anywhere_else_is_refused(text: str) -> None:
    (problem,) = problems_of({"TROTH_LISTEN": text})
    assert problem.startswith("TROTH_LISTEN ")


@pytest.mark.parametrize(
    ("text", "domain"),
    [("bounces.example.org", "bounces.example.org"), ("Bücher.Example.", "xn--bcher-kva.example")],
)
def test_a_return_domain_is_kept_as_lower_case_a_labels(text: str, domain: str) -> None:
    assert read_settings({"TROTH_RETURN_DOMAIN": text}).return_domain == domain


@pytest.mark.parametrize("text", ["localhost", "a@example.org", "https://example.org", "10.0.0.7", "a b.org", "a..org"])
def test_a_return_domain_that_is_none_is_refused(text: str) -> None:
    (problem,) = problems_of({"TROTH_RETURN_DOMAIN": text})
    assert problem.startswith("TROTH_RETURN_DOMAIN must be a domain name")


def test_several_secret_keys_keep_their_order() -> None:
    assert read_settings({"TROTH_SECRET_KEY": f"{KEY}, {OTHER_KEY}"}).secret_keys == (KEY, OTHER_KEY)


@pytest.mark.parametrize("text", ["short", f"{KEY},short", f"{KEY},", f",{KEY}"])
def test_a_secret_key_that_is_too_short_is_refused(text: str) -> None:
    (problem,) = problems_of({"TROTH_SECRET_KEY": text})
    assert problem.startswith("TROTH_SECRET_KEY is too short")


def test_a_database_of_ones_own_needs_a_secret_key_of_ones_own() -> None:
    (problem,) = problems_of({"TROTH_DATABASE_URL": "postgresql://h/d"})
    assert problem.startswith("TROTH_SECRET_KEY is needed")


@pytest.mark.parametrize("text", ["0", "-1", "65", "two", "2.0", "²"])
def test_a_number_of_workers_that_cannot_be_is_refused(text: str) -> None:
    assert problems_of({"TROTH_WORKERS": text}) == ("TROTH_WORKERS must be a whole number from 1 to 64.",)


@pytest.mark.parametrize("text", ["-1", "10", "one", "1.0", "²"])
def test_the_number_of_proxies_is_a_small_whole_number(text: str) -> None:
    assert problems_of({"TROTH_TRUSTED_PROXIES": text}) == (
        "TROTH_TRUSTED_PROXIES must be a whole number from 0 to 9: how many proxies stand before Troth.",
    )


def test_a_log_level_is_read_in_any_case() -> None:
    assert read_settings({"TROTH_LOG_LEVEL": "Warning"}).log_level == "WARNING"
    assert problems_of({"TROTH_LOG_LEVEL": "loud"}) == ("TROTH_LOG_LEVEL must be one of debug, info, warning, error.",)


@given(st.sampled_from(sorted(DEFAULTS)), st.text())
def test_no_text_in_any_variable_ends_in_anything_but_settings_or_problems(name: str, text: str) -> None:
    assert all(problem.startswith("TROTH_") for problem in problems_of({name: text}))


def test_no_password_and_no_key_stands_in_what_is_printed() -> None:
    settings = read_settings(
        {
            "TROTH_DATABASE_URL": "postgresql://troth:s3cret-1@db.example.org/troth?password=s3cret-2",
            "TROTH_SANDBOX_DATABASE_URL": "postgresql://troth:s3cret-3@db.example.org/sandbox",
            "TROTH_BROKER_URL": "redis://:s3cret-4@queue.example.org:6379/0",
            "TROTH_SMTP_URL": "smtps://mailer:s3cret-5@mail.example.org",
            "TROTH_SECRET_KEY": f"s3cret-6{KEY}",
        }
    )
    for printed in (repr(settings), str(settings), f"{settings.smtp}"):
        assert "s3cret" not in printed
    assert "db.example.org/troth" in repr(settings)


@pytest.mark.parametrize("name", sorted(name for name in DEFAULTS if name.endswith("_URL")))
@pytest.mark.parametrize("scheme", ["smtp", "postgresql", "redis", "https", "nonsense"])
def test_no_problem_repeats_a_password(name: str, scheme: str) -> None:
    for rest in ("u:s3cret#x@h", "u:s3cret@h:port", "u:s3cret@[h", "u:s3cret%ff@h", "u:s3cret @h"):
        assert "s3cret" not in "".join(problems_of({name: f"{scheme}://{rest}"}))


@pytest.mark.parametrize("between", [" ", ",", ", ", "\n"])
def test_several_mail_servers_are_named_in_the_order_in_which_they_are_preferred(between: str) -> None:
    text = f"smtps://me:a,b@one.example.org{between}smtp://two.example.org{between}smtp+tls://three.example.org"
    settings = read_settings({"TROTH_SMTP_URL": text})
    assert settings.smtp is not None
    assert (settings.smtp.host, settings.smtp.password) == ("one.example.org", "a,b")
    assert [other.host for other in settings.smtp_others] == ["two.example.org", "three.example.org"]


def test_a_mail_server_is_no_help_to_itself() -> None:
    (problem,) = problems_of({"TROTH_SMTP_URL": "smtp://one.example.org smtp://one.example.org:25"})
    assert "twice" in problem
