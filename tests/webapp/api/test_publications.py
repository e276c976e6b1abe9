"""The publication and its topics."""

from tests.webapp.api.conftest import LETTER, Api


def test_the_publication_is_shown_and_changed(api: Api) -> None:
    assert api.get("/publication")["may_send"] is True
    changed = api.patch("/publication", {"name": "The Letter", "zone": "Europe/Berlin"})
    assert (changed["name"], changed["zone"]) == ("The Letter", "Europe/Berlin")
    assert api.patch("/publication", {"sender": None})["may_send"] is False


def test_every_wrong_field_is_named_at_once(api: Api) -> None:
    problem = api.patch("/publication", {"zone": "Moon/Crater", "language": "??", "name": None}, 422)
    assert {error["field"] for error in problem["errors"]} == {"zone", "language", "name"}


def test_an_unknown_field_is_refused_by_name(api: Api) -> None:
    problem = api.patch("/publication", {"nmae": "x"}, 422)
    assert problem["errors"] == [{"field": "nmae", "message": "unknown field"}]


def test_a_header_with_a_line_break_is_refused(api: Api) -> None:
    problem = api.patch("/publication", {"sender": "A\r\nBcc: x@example.org <a@example.org>"}, 422)
    assert problem["errors"][0]["field"] == "sender"


def test_topics_are_made_listed_and_shown(api: Api) -> None:
    slugs = [topic["slug"] for topic in api.get("/topics")["items"]]
    assert slugs == ["letter", "events", "alerts"]
    assert api.get("/topics/letter")["cadence"] == {
        "at_most": {"count": 1, "per": "week"},
        "at_least": None,
        "days": ["tue"],
    }


def test_a_changed_cadence_is_a_new_version_and_the_same_one_is_not(api: Api) -> None:
    again = api.patch("/topics/letter", {"cadence": LETTER["cadence"]})
    assert again["cadence_version"] == 1
    changed = api.patch("/topics/letter", {"name": "The Letter", "cadence": {"at_most": {"count": 2, "per": "month"}}})
    assert (changed["name"], changed["cadence_version"], changed["cadence"]["days"]) == ("The Letter", 2, [])


def test_a_topic_that_is_there_already_is_a_conflict(api: Api) -> None:
    api.post("/topics", LETTER, 409)


WRONG_TOPICS = [
    ({**LETTER, "slug": "Not A Slug"}, "slug"),
    ({**LETTER, "slug": "x", "cadence": {"at_most": {"count": 0, "per": "week"}}}, "cadence.at_most.count"),
    ({**LETTER, "slug": "x", "cadence": {"at_most": {"count": "1", "per": "week"}}}, "cadence.at_most.count"),
    ({**LETTER, "slug": "x", "cadence": {"at_most": {"count": 1, "per": "fortnight"}}}, "cadence.at_most.per"),
    (
        {**LETTER, "slug": "x", "cadence": {"at_most": {"count": 1, "per": "week"}, "at_least": 2}},
        "cadence.at_least",
    ),
    ({**LETTER, "slug": "x", "notice": True}, "cadence"),
    ({**LETTER, "slug": "x", "name": ""}, "name"),
    ({"slug": "x", "name": "X"}, "cadence"),
]


def test_a_wrong_topic_is_refused_by_its_field(api: Api) -> None:
    for topic, field in WRONG_TOPICS:
        problem = api.post("/topics", topic, 422)
        assert [error["field"] for error in problem["errors"]] == [field], topic


def test_a_topic_that_is_not_there_is_not_found(api: Api) -> None:
    api.get("/topics/nothing", 404)
    api.patch("/topics/nothing", {"name": "x"}, 404)
    api.patch("/topics/letter", {"cadence": None}, 422)


def test_nothing_of_one_publication_is_seen_by_another(api: Api, other_publication: Api) -> None:
    assert other_publication.get("/topics")["items"] == []
    other_publication.get("/topics/letter", 404)


def test_how_long_the_ledger_is_kept_is_shown_changed_and_checked(api: Api) -> None:
    assert api.get("/publication")["ledger_days"] is None
    assert api.patch("/publication", {"ledger_days": 400})["ledger_days"] == 400
    assert api.patch("/publication", {"ledger_days": 30}, 422)["errors"][0]["field"] == "ledger_days"
    assert api.patch("/publication", {"ledger_days": None})["ledger_days"] is None
