"""The words of footer and of what comes along, by language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from preferences.vote import Vote


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What stands around the sentences of the promise, in one language."""

    language: str
    also: str
    manage: str
    unsubscribe: str
    read_on_web: str
    pass_on: str
    choose: str
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
    both: str
    headings: Mapping[str, str]
    """Above a digest, by its rhythm."""
    closings: Mapping[str, str]
    """Below a digest, by its rhythm."""

    def closing(self, topics: Sequence[str], rhythm: str) -> str:
        """That there was nothing more about these topics; empty for a digest without a rhythm."""
        if rhythm not in self.closings:
            return ""
        *others, last = topics
        return self.closings[rhythm].format(
            topics=self.both.format(others=", ".join(others), last=last) if others else last
        )


WORDINGS: Mapping[str, Wording] = MappingProxyType(
    {
        "en": Wording(
            language="en",
            also="Also for you",
            manage="Manage preferences",
            unsubscribe="Unsubscribe",
            read_on_web="Read on the web",
            pass_on="Pass it on",
            choose="Choose",
            why_this="Why am I getting this?",
            ask="What do you think?",
            answer="Write your answer",
            reply="You can also reply to this mail: it reaches {name}.",
            vote="How was this one for you?",
            votes={
                Vote.MORE_LIKE_THIS: "More like this",
                Vote.LESS_LIKE_THIS: "Less like this",
                Vote.TOO_OFTEN: "Too often",
            },
            all_links="Links in this mail",
            both="{others} and {last}",
            headings={"daily": "Today", "weekly": "This week", "monthly": "This month"},
            closings={
                "daily": "Nothing else about {topics} today.",
                "weekly": "Nothing else about {topics} this week.",
                "monthly": "Nothing else about {topics} this month.",
            },
        )
    }
)


def wording_for(language: str | None) -> Wording:
    """The wording in the language of a tag such as `de-CH`; English where there is none yet."""
    primary = (language or "en").partition("-")[0].lower()
    return WORDINGS.get(primary, WORDINGS["en"])
