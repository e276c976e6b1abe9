"""Local dates and instants where clocks are strange, and the zone data they are read from."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from preferences.cadence import EVERY_DAY, BoundCap, CalendarWindow, Cap, Period, Weekday, Whose, opening, window
from preferences.calendar import (
    UnknownZone,
    as_instant,
    first_instant,
    local_date,
    wall_instants,
    zone_data_version,
    zone_named,
)
from preferences.quiet import Hours, is_allowed, next_allowed


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "on", "first"),
    [
        pytest.param("Asia/Beirut", date(2026, 3, 29), utc(2026, 3, 28, 22), id="a day without a midnight"),
        pytest.param("America/Havana", date(2026, 3, 8), utc(2026, 3, 8, 5), id="Havana skips its first hour"),
        pytest.param("America/Havana", date(2026, 11, 1), utc(2026, 11, 1, 4), id="Havana has midnight twice"),
        pytest.param("Africa/Cairo", date(2026, 4, 24), utc(2026, 4, 23, 22), id="Cairo skips its first hour"),
        pytest.param("Pacific/Apia", date(2011, 12, 30), utc(2011, 12, 30, 10), id="a date that Apia never had"),
        pytest.param("Pacific/Apia", date(2011, 12, 31), utc(2011, 12, 30, 10), id="the date after it"),
        pytest.param("Pacific/Kiritimati", date(2026, 1, 1), utc(2025, 12, 31, 10), id="fourteen hours ahead"),
        pytest.param("Etc/GMT+12", date(2026, 1, 1), utc(2026, 1, 1, 12), id="twelve hours behind"),
        pytest.param("America/St_Johns", date(2010, 11, 7), utc(2010, 11, 7, 2, 30), id="turned back over midnight"),
    ],
)
def test_a_date_begins_at_the_first_instant_whose_clock_shows_it_or_a_later_time(
    zone: str, on: date, first: datetime
) -> None:
    assert first_instant(zone_named(zone), on) == first


def test_every_instant_belongs_to_one_date_where_clocks_are_turned_back_across_midnight() -> None:
    newfoundland = zone_named("America/St_Johns")
    begins = first_instant(newfoundland, date(2010, 11, 7))
    second_pass = begins + timedelta(minutes=30)
    assert second_pass.astimezone(newfoundland).date() == date(2010, 11, 6)
    assert local_date(newfoundland, second_pass) == date(2010, 11, 7)
    since, until = window(newfoundland, CalendarWindow.DATE, second_pass)
    assert (since, until - since) == (begins, timedelta(hours=25))


def test_the_half_hour_of_lord_howe_is_counted() -> None:
    lord_howe = zone_named("Australia/Lord_Howe")
    since, until = window(lord_howe, CalendarWindow.DATE, utc(2026, 4, 4, 20))
    assert until - since == timedelta(hours=24, minutes=30)
    assert wall_instants(lord_howe, date(2026, 4, 5), time(1, 45)) == (utc(2026, 4, 4, 14, 45), utc(2026, 4, 4, 15, 15))


def test_a_cap_of_one_a_day_opens_at_the_next_midnight_of_the_reader() -> None:
    chatham = zone_named("Pacific/Chatham")
    bound = BoundCap.of(Whose.OWN, Cap(count=1, per=Period.DAY))
    full = opening(bound, [utc(2026, 6, 1, 3)], chatham, utc(2026, 6, 1, 10))
    assert full is not None
    assert full.until == datetime(2026, 6, 2, tzinfo=chatham)


def test_an_instant_is_allowed_by_its_own_weekday_and_time_where_hours_wrap() -> None:
    berlin, hours = zone_named("Europe/Berlin"), Hours(since=time(22), until=time(6))
    mondays = frozenset({Weekday.MON})
    assert is_allowed(berlin, mondays, hours, datetime(2026, 11, 23, 3, tzinfo=berlin))
    assert not is_allowed(berlin, mondays, hours, datetime(2026, 11, 24, 3, tzinfo=berlin))
    assert not is_allowed(berlin, mondays, hours, datetime(2026, 11, 23, 6, tzinfo=berlin))
    assert is_allowed(berlin, mondays, hours, datetime(2026, 11, 23, 22, tzinfo=berlin))
    assert next_allowed(berlin, mondays, hours, datetime(2026, 11, 23, 7, tzinfo=berlin)) == utc(2026, 11, 23, 21)
    assert next_allowed(berlin, EVERY_DAY, None, utc(2026, 11, 23, 7)) == utc(2026, 11, 23, 7)


def test_hours_that_a_day_lacks_are_not_made_up_for() -> None:
    berlin, hours = zone_named("Europe/Berlin"), Hours(since=time(2), until=time(3))
    sundays = frozenset({Weekday.SUN})
    assert next_allowed(berlin, sundays, hours, utc(2026, 3, 28)) == utc(2026, 4, 5, 0)


def test_an_hour_that_comes_twice_is_allowed_twice() -> None:
    berlin, hours = zone_named("Europe/Berlin"), Hours(since=time(2), until=time(3))
    for minutes in (0, 59, 60, 119):
        assert is_allowed(berlin, EVERY_DAY, hours, utc(2026, 10, 25) + timedelta(minutes=minutes))
    assert not is_allowed(berlin, EVERY_DAY, hours, utc(2026, 10, 25, 2))


@pytest.mark.parametrize(
    "name",
    ["", "Berlin", "Europe", "../Europe/Berlin", "/etc/passwd", "right/Europe/Berlin", "posixrules", "a\0b", "zones"],
)
def test_what_is_no_zone_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(UnknownZone, match="use an IANA name"):
        zone_named(name)


def test_zones_come_from_the_locked_package_and_its_version_is_known() -> None:
    assert zone_data_version()[:2] == "20"
    assert zone_named("Europe/Berlin") is zone_named("Europe/Berlin")
    assert str(zone_named("America/Argentina/Buenos_Aires")) == "America/Argentina/Buenos_Aires"


def test_a_naive_or_absurd_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        as_instant(utc(2026, 1, 1).replace(tzinfo=None), "a meeting")
    with pytest.raises(ValueError, match="between the years"):
        as_instant(datetime.max.replace(tzinfo=UTC), "a meeting")
