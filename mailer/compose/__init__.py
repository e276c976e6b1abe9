"""A campaign and a recipient become the bytes of one mail: no database, no broker, no network, no clock.

* ``content``: the values that go in and the message that comes out; ``errors``: what can be wrong with them
* ``campaign``, ``digest``, ``service``: the three kinds of mail, compiled once and rendered for each recipient
* ``check``: what is wrong with an MJML source, by line, for the API and the console
* ``names``: which names an author uses that a reader may lack
* ``layout`` (with ``markup``, ``outline``, ``vocabulary``, ``placeholders``, ``fence``): MJML to an HTML template;
  ``letter``: Markdown to MJML; ``sandbox``, ``slots``: what authors may write in placeholders; ``plaintext``: the text
* ``mail``, ``parts``, ``wording``: what every mail has, and no author writes; ``written``: what an author did
* ``body`` (with ``text``, ``around``, ``frames``): the same put together from pieces that were encoded before; ``alike``,
  ``framed``: whose content is the same, or but for what is shown of them
* ``article``: a campaign without the frame of a mail, for feeds
* ``fields``, ``headers``, ``addresses``, ``mime``: the bytes
"""

from mailer.compose.article import article
from mailer.compose.campaign import CompiledCampaign, compile_campaign
from mailer.compose.check import Problem, check_source, notices
from mailer.compose.content import AlongItem, CampaignContent, Envelope, MailClass, Message, Note, Recipient
from mailer.compose.digest import CompiledDigest, DigestContent, compile_digest
from mailer.compose.errors import ComposeError, HeaderValueError, NotDeliverableHere, RenderError, TemplateError
from mailer.compose.headers import check_header_value
from mailer.compose.mail import Parts
from mailer.compose.names import NameUsed, names_used
from mailer.compose.sandbox import NAMES_THERE
from mailer.compose.service import VALUES, CompiledService, ServiceKind, compile_service
from mailer.compose.written import campaign_content

__all__ = [
    "NAMES_THERE",
    "VALUES",
    "AlongItem",
    "CampaignContent",
    "CompiledCampaign",
    "CompiledDigest",
    "CompiledService",
    "ComposeError",
    "DigestContent",
    "Envelope",
    "HeaderValueError",
    "MailClass",
    "Message",
    "NameUsed",
    "NotDeliverableHere",
    "Note",
    "Parts",
    "Problem",
    "Recipient",
    "RenderError",
    "ServiceKind",
    "TemplateError",
    "article",
    "campaign_content",
    "check_header_value",
    "check_source",
    "compile_campaign",
    "compile_digest",
    "compile_service",
    "names_used",
    "notices",
]
