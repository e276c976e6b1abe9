"""What mailbox providers ask the DNS before they believe a mail: SPF, DKIM, DMARC, and whether replies can arrive."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from email.utils import parseaddr
from functools import partial
from urllib.parse import urlsplit

from preferences.settings import Settings
from preferences.store.dkim_keys import DkimKeyRow, KeyState
from preferences.store.publications import PublicationRow
from webapp.cli.checks.asking import Asking, NoAnswerError
from webapp.cli.checks.finding import Finding, not_checked, ok, problem, warning
from webapp.cli.dkim_dns import is_same_key

_SIGNED_ELSEWHERE = (
    "Troth has no key of its own for it (troth dkim make); where your mail server signs, name its selector: --selector"
)


def look_at_names(
    settings: Settings,
    senders: Sequence[PublicationRow],
    keys: Sequence[DkimKeyRow],
    selectors: Sequence[str],
    asking: Asking,
) -> Iterator[Finding]:
    """What the DNS says about each sender's domain, the return domain, the pages, and the mail server."""
    domains = sorted({domain for row in senders if row.sender and (domain := _domain_of(row.sender))})
    for domain in domains:
        yield _asked(f"SPF of {settings.return_domain or domain}", _spf, asking, settings.return_domain or domain)
        own = [key for key in keys if key.domain == domain]
        for key in own:
            look = _own_key if key.state is KeyState.SIGNING else _made_key
            yield _asked(f"DKIM of {domain}", partial(look, key), asking, key.host)
        for selector in selectors:
            yield _asked(f"DKIM of {domain}", _dkim, asking, f"{selector}._domainkey.{domain}")
        if not own and not selectors:
            yield not_checked(f"DKIM of {domain}", _SIGNED_ELSEWHERE)
        yield _asked(f"DMARC of {domain}", _dmarc, asking, domain)
        yield _asked(f"replies to {domain}", _mail_arrives, asking, domain)
    if settings.return_domain is not None:
        yield _asked(f"bounces to {settings.return_domain}", _mail_arrives, asking, settings.return_domain)
    host = urlsplit(settings.base_url).hostname or ""
    if settings.base_url.startswith("https://"):
        yield _asked("name of the pages", _has_address, asking, host)
    servers = () if settings.smtp is None else (settings.smtp, *settings.smtp_others)
    for server in servers:
        yield _asked("name of the mail server", _reverse, asking, server.host)


def _domain_of(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2].lower()


def _asked(about: str, look: Callable[[str, Asking, str], Finding], asking: Asking, name: str) -> Finding:
    try:
        return look(about, asking, name)
    except NoAnswerError:
        return not_checked(about, "no answer")


def _spf(about: str, asking: Asking, domain: str) -> Finding:
    """RFC 7208: one record at the domain of the return path; several are an error, and `+all` lets anybody in."""
    found = [text for text in asking.texts(domain) if text.lower().split(" ", 1)[0] == "v=spf1"]
    if not found:
        do = f'let {domain} have a TXT record, such as "v=spf1 include:… -all", as your mail server\'s provider says'
        return problem(about, "there is none", do)
    if len(found) > 1:
        return problem(about, f"there are {len(found)}, and receivers take that for an error", "merge them into one")
    if "+all" in found[0].lower().split() or "all" in found[0].lower().split():
        return problem(about, f"{found[0]}: anybody may send in its name", "end it with -all or ~all")
    return ok(about, found[0])


def _own_key(key: DkimKeyRow, about: str, asking: Asking, name: str) -> Finding:
    """What mails are signed with must be what receivers find."""
    if any(is_same_key(key.record, text) for text in asking.texts(name)):
        return ok(about, f"mails are signed with {key.selector}, and its key is at {name}")
    return problem(
        about,
        f"mails are signed with {key.selector}, and receivers do not find its key at {name}",
        f"publish what troth dkim records {key.domain} prints",
    )


def _made_key(key: DkimKeyRow, about: str, asking: Asking, name: str) -> Finding:
    """A key that waits for its record, and then for a person."""
    activate = f"troth dkim activate {key.domain} {key.selector}"
    if any(is_same_key(key.record, text) for text in asking.texts(name)):
        return warning(about, f"the key {key.selector} is at {name}, and does not sign yet", activate)
    said = f"the key {key.selector} does not sign yet, and is not at {name}"
    return warning(about, said, f"publish what troth dkim records {key.domain} prints, then: {activate}")


def _dkim(about: str, asking: Asking, name: str) -> Finding:
    """RFC 6376, section 3.6.1: a record with a key; an empty one was taken back."""
    found = asking.texts(name)
    if not found:
        return problem(
            about, f"there is no key at {name}", "publish the record that your mail server's provider gives you"
        )
    tags = dict(part.strip().partition("=")[::2] for part in "".join(found[0].split()).split(";") if part)
    if not tags.get("p"):
        return problem(about, f"the key at {name} was taken back", "sign with another selector, and publish its key")
    if "y" in tags.get("t", "").split(":"):
        return warning(about, f"the key at {name} is marked as a test", "take t=y out of the record")
    return ok(about, f"a key is at {name}")


def _dmarc(about: str, asking: Asking, domain: str) -> Finding:
    """RFC 7489, section 6.6.3: at the domain, or at one above it, which a public suffix never has."""
    labels = domain.split(".")
    for above in (".".join(labels[start:]) for start in range(len(labels) - 1)):
        found = [
            text for text in asking.texts(f"_dmarc.{above}") if text.replace(" ", "").lower().startswith("v=dmarc1")
        ]
        if len(found) > 1:
            return problem(about, f"there are {len(found)} records, and receivers take none", "leave only one")
        if found:
            return ok(about, found[0])
    do = f'let _dmarc.{domain} have a TXT record, such as "v=DMARC1; p=none; rua=mailto:you@{domain}"'
    return problem(about, "there is none, and large mailbox providers refuse bulk mail without", do)


def _mail_arrives(about: str, asking: Asking, domain: str) -> Finding:
    """RFC 5321, section 5.1: by MX, or by an address where there is no MX; RFC 7505: an empty MX takes nothing."""
    hosts = asking.exchanges(domain)
    if hosts == [""]:
        return problem(about, f"{domain} says that it takes no mail", "let it take mail, or write from another domain")
    if hosts:
        return ok(about, f"{domain} takes mail at {hosts[0]}")
    if asking.addresses(domain):
        return warning(about, f"{domain} has no MX record", "say with an MX record where its mail goes")
    return problem(about, f"{domain} takes no mail", "let it have an MX record, or write from another domain")


def _has_address(about: str, asking: Asking, host: str) -> Finding:
    found = asking.addresses(host)
    if not found:
        return problem(
            about, f"{host} has no address: no link in any mail leads anywhere", "publish an A or AAAA record"
        )
    return ok(about, f"{host} is {found[0]}")


def _reverse(about: str, asking: Asking, host: str) -> Finding:
    """Receivers look up the address that talks to them: it should have a name that leads back to it."""
    addresses = _as_address(host) or asking.addresses(host)
    if not addresses:
        return problem(about, f"there is no server called {host}", "look for a slip in TROTH_SMTP_URL")
    if not ipaddress.ip_address(addresses[0]).is_global:
        return not_checked(about, f"{host} is on a network of yours, and its address outside is not known here")
    for name in asking.hosts(addresses[0]):
        if addresses[0] in asking.addresses(name):
            return ok(about, f"{addresses[0]} is {name}, and back")
    do = "if this server delivers by itself, let its provider set a name (PTR) that leads back to the address"
    return warning(about, f"{addresses[0]} has no name that leads back to it", do)


def _as_address(host: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return ["127.0.0.1"] if host == "localhost" else []
