"""The words of footer, of what comes along and of a digest's frame, in one language; and those of our own mails."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from gettext import NullTranslations

from preferences.languages import SOURCE_LANGUAGE, direction_of, nearest, translations_of
from preferences.vote import Vote


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wording:
    """What stands around the sentences of the promise, in one language."""

    language: str
    direction: str
    """How the language is written: `ltr` or `rtl`."""
    also: str
    manage: str
    unsubscribe: str
    read_on_web: str
    pass_on: str
    choose: str
    away: Callable[[int], str]
    """So many texts that a pause kept away: the place {count}."""
    see_missed: str
    why_this: str
    """The link to what is known about why this mail came."""
    ask: str
    """Above the question under an issue."""
    answer: str
    reply: str
    """Whom a reply reaches: the place {name}."""
    vote: str
    """Before the three votes."""
    votes: Mapping[Vote, str]
    all_links: str
    comma: str
    both: str
    headings: Mapping[str, str]
    """Above a digest, by its rhythm."""
    closings: Mapping[str, str]
    """Below a digest, by its rhythm."""
    alone: str
    """The subject of a digest with one item: the places {title} and {first_title}."""
    more: Callable[[int], str]
    """The subject of a digest with so many items more: the place {count}, too."""

    def closing(self, topics: Sequence[str], rhythm: str) -> str:
        """That there was nothing more about these topics; empty for a digest without a rhythm."""
        if rhythm not in self.closings:
            return ""
        *others, last = topics
        return self.closings[rhythm].format(topics=self._all_of(others, last) if others else last)

    def subject(self, title: str, first_title: str, count: int) -> str:
        """The subject of a digest of `count` items."""
        text = self.alone if count == 1 else self.more(count - 1)
        return text.format(title=title, first_title=first_title, count=count - 1)

    def _all_of(self, others: Sequence[str], last: str) -> str:
        whole, *more = others
        for other in more:
            whole = self.comma.format(first=whole, second=other)
        return self.both.format(first=whole, second=last)


def wording_for(language: str | None) -> Wording:
    """The wording in the language of a tag such as `de-CH`; English where there is none yet."""
    return _wording(nearest(language) or SOURCE_LANGUAGE, translations_of(language))


@cache
def _wording(language: str, words: NullTranslations) -> Wording:
    return Wording(
        language=language,
        direction=direction_of(language),
        # Translators: above what came along in a mail about something else.
        also=words.gettext("Also for you"),
        manage=words.gettext("Manage preferences"),
        unsubscribe=words.pgettext("link", "Unsubscribe"),
        read_on_web=words.pgettext("link", "Read on the web"),
        pass_on=words.pgettext("link", "Pass it on"),
        choose=words.pgettext("link", "Choose"),
        away=lambda number: words.ngettext(
            "While you were away: {count} text.", "While you were away: {count} texts.", number
        ),
        see_missed=words.pgettext("link", "Read what you missed"),
        why_this=words.gettext("Why am I getting this?"),
        ask=words.gettext("What do you think?"),
        answer=words.pgettext("link", "Write your answer"),
        reply=words.gettext("You can also reply to this mail: it reaches {name}."),
        vote=words.gettext("How was this one for you?"),
        votes={
            Vote.MORE_LIKE_THIS: words.pgettext("vote", "More like this"),
            Vote.LESS_LIKE_THIS: words.pgettext("vote", "Less like this"),
            Vote.TOO_OFTEN: words.pgettext("vote", "Too often"),
        },
        all_links=words.gettext("Links in this mail"),
        comma=words.pgettext("list", "{first}, {second}"),
        both=words.pgettext("list", "{first} and {second}"),
        headings={
            "daily": words.pgettext("heading of a digest", "Today"),
            "weekly": words.pgettext("heading of a digest", "This week"),
            "monthly": words.pgettext("heading of a digest", "This month"),
        },
        closings={
            "daily": words.gettext("Nothing else about {topics} today."),
            "weekly": words.gettext("Nothing else about {topics} this week."),
            "monthly": words.gettext("Nothing else about {topics} this month."),
        },
        # Translators: the subject of a digest; {title} is what it is called, {first_title} the title of its first text.
        alone=words.pgettext("subject of a digest", "{title}: {first_title}"),
        more=lambda number: words.npgettext(
            "subject of a digest",
            "{title}: {first_title} and {count} more",
            "{title}: {first_title} and {count} more",
            number,
        ),
    )
