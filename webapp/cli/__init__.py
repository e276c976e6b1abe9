"""The commands: ``troth …``. Each module below holds one of them as ``command``, and is imported when it is called.

* ``run``; ``web``, ``worker``, ``scheduler``: start Troth in one process, or in any number of them
* ``migrate``: bring the databases to the newest revision
* ``publication``, ``topic``, ``token``: what is needed to get going without the API; ``console``: a way into it
* ``subscriber``: everything of one person as a file, erasing it, and the way back after a suppression
* ``importing``: ``troth import``
* ``explain``, ``audit``, ``status``: why, whether, and why not
* ``destination``, ``warm_up``: what holds mail back for a while, and how much may leave
* ``doctor``: whether everything that sending needs is as it must be; ``checks`` is what it looks at
* ``dkim``: the keys that sign the mails of senders' domains; ``dkim_dns``: what the DNS says of them
* ``backup``, ``restore``: everything in one file, and back; ``backup_file`` is what such a file is
* ``restored``: what a person says about a database that was restored from a backup
* ``language``: the languages in which readers are written to
* ``example``: the example publication that a fresh sandbox shows
* ``group``, ``settings``, ``installation``: how a command is found, what it is given, and how problems are said
"""

import click

from webapp.cli.group import CommandGroup, version

# The name of each command, the module that holds it, and what the list of commands says about it.
COMMANDS = {
    "run": ("run", "Start Troth: pages, API and mailer in one process."),
    "web": ("web", "Serve pages and API in processes of their own."),
    "worker": ("worker", "Hand mails over in processes of their own."),
    "scheduler": ("scheduler", "Plan, sweep and say what is due in a process of its own."),
    "migrate": ("migrate", "Bring the databases to the newest revision."),
    "publication": ("publication", "Make, show and change publications."),
    "topic": ("topic", "Make topics, and say how often they write."),
    "token": ("token", "Make tokens for the API."),
    "console": ("console", "A link into the console, which works once."),
    "subscriber": ("subscriber", "Give, erase, block or let in what is somebody's own."),
    "import": ("importing", "Bring subscribers along from another system."),
    "explain": ("explain", "Why a subscriber got a campaign, or did not."),
    "answer": ("answer", "What became of a mail that is in doubt."),
    "audit": ("audit", "Whether any promise was ever broken."),
    "dkim": ("dkim", "Keys that sign mails: make, publish, activate, rotate, retire."),
    "status": ("status", "Why is nothing going out?"),
    "destination": ("destination", "Which domains want less mail now, and how much may go there."),
    "warm-up": ("warm_up", "Little mail at first from a new sender."),
    "doctor": ("doctor", "Look at everything that sending needs."),
    "backup": ("backup", "Write everything into one file, while Troth runs."),
    "restore": ("restore", "Put a backup back."),
    "restored": ("restored", "What left of a database that was restored from a backup."),
    "language": ("language", "Add languages for readers, and see what they lack."),
    "example": ("example", "Make the example publication anew."),
}


@click.group(
    cls=CommandGroup,
    package="webapp.cli",
    modules=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(version(), message="%(prog)s %(version)s")
def troth() -> None:
    """Troth: subscribers say what mail they want and how often, and every mail is kept to that."""


def main() -> None:
    """What the console script calls."""
    troth(prog_name="troth")


__all__ = ["main", "troth"]
