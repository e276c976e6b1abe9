"""The links that stand in mails, and the ids that stand in the API: signed, opaque, canonical. Standard library only.

* ``claim``: what a link says, and what its holder may do
* ``tokens``: signing a claim and reading it back
* ``public_ids``: numbers as ids that tell nobody how many there are
"""

from preferences.links.claim import Claim, Purpose, Right, rights_of
from preferences.links.public_ids import Kind, PublicIds
from preferences.links.tokens import Links

__all__ = ["Claim", "Kind", "Links", "PublicIds", "Purpose", "Right", "rights_of"]
