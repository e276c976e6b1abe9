"""The catalogue of one language, filled from its translations. Each text stands in this package once, in English.

A comment that begins with "Translators:" goes into the catalogue; a context says where a text stands, where English
alone does not.
"""

from __future__ import annotations

from gettext import NullTranslations

from preferences.cadence import Period
from preferences.expectation import Arrives, Overflow
from preferences.wording.calendar_words import calendar_words
from preferences.wording.catalogue import CapWords, Catalogue, FooterWords, ListWords, PromiseWords
from preferences.wording.decision_words import of_others, to_reader


def filled(words: NullTranslations) -> Catalogue:
    """The catalogue whose texts are these translations."""
    return Catalogue(
        calendar=calendar_words(words),
        caps=_caps(words),
        promise=_promise(words),
        decisions=to_reader(words),
        of_others=of_others(words),
        footer=_footer(words),
        lists=_lists(words),
    )


def _caps(words: NullTranslations) -> CapWords:
    return CapWords(
        per={
            # Translators: as in "at most 2 mails a day" and "once a day".
            Period.DAY: words.pgettext("how often", "a day"),
            Period.WEEK: words.pgettext("how often", "a week"),
            Period.TWO_WEEKS: words.pgettext("how often", "every two weeks"),
            Period.MONTH: words.pgettext("how often", "a month"),
            Period.QUARTER: words.pgettext("how often", "a quarter"),
            Period.YEAR: words.pgettext("how often", "a year"),
        },
        # Translators: as in "once in any calendar week", whether that is counted from Monday or from Sunday.
        any_week=words.pgettext("how often", "in any calendar week"),
        week_from=words.pgettext("how often", "a week counted from {day}"),
        # Translators: it stands after "at most", as in "at most 2 mails a week".
        mails=lambda number: words.npgettext("at most", "one mail", "{count} mails", number),
        digests=lambda number: words.npgettext("at most", "one digest", "{count} digests", number),
        # Translators: {mails} is "one mail" or "2 mails", {per} "a week"; a clause, as in "waits: at most one mail a week".
        at_most=words.gettext("at most {mails} {per}"),
        at_most_about=words.gettext("at most {mails} {per} about {topic}"),
        # Translators: it stands for the name of a topic.
        this_topic=words.gettext("this topic"),
        # Translators: as in "at most 4 a year".
        at_most_number=words.gettext("at most {number} {per}"),
        # Translators: {times} is "once" or "at most 3 times", {per} "a week".
        often=words.pgettext("how often", "{times} {per}"),
        times=lambda number: (
            words.pgettext("how often", "at most twice")
            if number == 2
            else words.npgettext("how often", "once", "at most {count} times", number)
        ),
        # Translators: "at most once" follows after "and", as in "once a week and at most twice a month".
        more_times=lambda number: (
            words.pgettext("how often", "at most twice")
            if number == 2
            else words.npgettext("how often, after 'and'", "at most once", "at most {count} times", number)
        ),
        usually=words.gettext("usually {on_days}"),
        count={
            # Translators: at the foot of a mail: how many mails came, and how many may come.
            Period.DAY: words.gettext("{count} of at most {most} today"),
            Period.WEEK: words.gettext("{count} of at most {most} this week"),
            Period.TWO_WEEKS: words.gettext("{count} of at most {most} in two weeks"),
            Period.MONTH: words.gettext("{count} of at most {most} this month"),
            Period.QUARTER: words.gettext("{count} of at most {most} this quarter"),
            Period.YEAR: words.gettext("{count} of at most {most} this year"),
        },
    )


def _promise(words: NullTranslations) -> PromiseWords:
    return PromiseWords(
        # Translators: {mails} is "one mail" or "2 mails", {per} "a week".
        total_one=words.gettext("At most {mails} {per}, about {topic}."),
        total_many=words.gettext("At most {mails} {per} from everything you chose: {topics}."),
        # Translators: {often} is as in "once a week, usually on Tuesdays".
        topic=words.gettext("You get {topic} {often}."),
        topic_under_total=words.gettext("{topic}: {often}."),
        overflow={
            Overflow.COME_ALONG: words.gettext("If there is more, it comes along in your next mail."),
            Overflow.LEAVE_OUT: words.gettext("If there is more, it is left out."),
        },
        nothing_else=words.gettext("Nothing else."),
        digest=_digest(words),
        # Translators: {day} is "on the 31st"; a time follows, as in "on the 31st, or the last day ..., at 18:00".
        monthly_last=words.gettext("{day}, or the last day of a shorter month,"),
        monthly_moves=words.gettext("{day} or the next day you allow"),
        # Translators: {when} is "on Tuesdays", "between 07:00 and 21:00 your time", or both.
        only_when=words.gettext("Mail comes only {when}."),
        hours=words.gettext("between {since} and {until} your time"),
        # Translators: a whole sentence follows "Then"; write {line} for it with a small first letter, {Line} as it is.
        after_pause=words.gettext("Nothing until {until}. Then {line}"),
        pause_to_come=words.gettext("Nothing from {since} until {until}."),
        web=lambda number: words.ngettext(
            "No mail about {topics}: you read it on the web or in your private feed.",
            "No mail about {topics}: you read them on the web or in your private feed.",
            number,
        ),
        notices=words.gettext("Only what cannot wait, such as a cancellation: {caps}."),
        notices_besides=words.gettext("Besides that only what cannot wait, such as a cancellation: {caps}."),
        # Translators: {caps} is "at most 4 a year".
        notice_named=words.gettext("{topic} {caps}"),
        no_mail=words.gettext("No mail."),
    )


def _digest(words: NullTranslations) -> dict[Arrives, str]:
    return {
        Arrives.DAILY: words.gettext(
            "One mail a day, at {hour}, with everything about {topics}. If nothing happened, no mail."
        ),
        # Translators: {day} is "Tuesdays".
        Arrives.WEEKLY: words.gettext(
            "One mail a week, {day} at {hour}, with everything about {topics}. If nothing happened, no mail."
        ),
        # Translators: {day} is "on the 1st", or "on the 31st, or the last day of a shorter month,".
        Arrives.MONTHLY: words.gettext(
            "One mail a month, {day} at {hour}, with everything about {topics}. If nothing happened, no mail."
        ),
    }


def _footer(words: NullTranslations) -> FooterWords:
    return FooterWords(
        oftener=words.gettext(
            "{topic} plans to write {planned} instead of {accepted}. For you it stays {accepted}, unless you choose"
            " otherwise."
        ),
        why={
            Arrives.EACH: words.gettext("You asked for {topics}, each message."),
            Arrives.DAILY: words.gettext("You asked for {topics}, in one mail a day."),
            Arrives.WEEKLY: words.gettext("You asked for {topics}, in one mail a week."),
            Arrives.MONTHLY: words.gettext("You asked for {topics}, in one mail a month."),
            Arrives.WEB: words.gettext("You asked for {topics}, on the web."),
        },
        why_along=words.gettext("You asked for {topics}; it came along in this mail because it did not fit before."),
        why_carried=words.gettext(
            "You are on this list since {since}, because your subscription was carried over from where {publication}"
            " was sent before. This is the first mail from here, about {topics}."
        ),
    )


def _lists(words: NullTranslations) -> ListWords:
    return ListWords(
        # Translators: how words of a list are joined, as in "Letter, Events, Jobs".
        listed=words.pgettext("list", "{first}, {second}"),
        # Translators: the last two of a list, as in "Letter, Events and Jobs".
        last=words.pgettext("list", "{first} and {second}"),
        # Translators: as in "once a week and at most twice a month".
        also=words.pgettext("how often", "{first} and {second}"),
        # Translators: two clauses of one line.
        clauses=words.pgettext("clauses", "{first}; {second}"),
    )
