"""The tags of MJML 4 that can be rendered, what may stand in each, and the attributes of each.

From the reference of mjml.io; a test holds it to what the library renders.
"""

from mailer.compose.markup import words


def _sides(name: str) -> str:
    return " ".join([name, *(f"{name}-{side}" for side in ("top", "right", "bottom", "left"))])


_PADDING = _sides("padding")
_FONT = "font-family font-size font-style font-weight"
_TEXT = f"color {_FONT} letter-spacing line-height text-decoration text-transform"
_LINK = "href name rel target title"
_BLOCK = (
    f"background-color background-url background-repeat background-size background-position background-position-x "
    f"background-position-y {_sides('border')} border-radius direction full-width {_PADDING} text-align text-padding"
)
_ICON = (
    "icon-align icon-position icon-width icon-height icon-wrapped-url icon-wrapped-alt icon-unwrapped-url "
    "icon-unwrapped-alt"
)
_NAVBAR_ICON = (
    "ico-align ico-open ico-close ico-color ico-font-size ico-font-family ico-line-height ico-text-decoration "
    f"ico-text-transform {_sides('ico-padding')}"
)

ATTRIBUTES: dict[str, frozenset[str]] = {
    tag: words(f"{names} css-class mj-class")
    for tag, names in {
        "mj-body": "background-color width",
        "mj-section": _BLOCK,
        "mj-wrapper": _BLOCK,
        "mj-group": "background-color direction vertical-align width",
        "mj-column": (
            f"background-color {_sides('border')} border-radius direction {_PADDING} vertical-align width "
            f"inner-background-color {_sides('inner-border')} inner-border-radius"
        ),
        "mj-hero": (
            "align mode height width background-color background-url background-width background-height "
            f"background-position border-radius container-background-color inner-background-color {_PADDING} "
            f"{_sides('inner-padding')} vertical-align"
        ),
        "mj-text": (
            f"align {_TEXT} container-background-color height {_PADDING} vertical-align"
        ),
        "mj-button": (
            f"align background-color {_sides('border')} border-radius {_TEXT} container-background-color height {_LINK} "
            f"inner-padding {_PADDING} text-align vertical-align width"
        ),
        "mj-image": (
            f"align alt {_sides('border')} border-radius container-background-color fluid-on-mobile font-size height "
            f"{_LINK} max-height {_PADDING} sizes src srcset usemap width"
        ),
        "mj-divider": f"align border-color border-style border-width container-background-color {_PADDING} width",
        "mj-spacer": f"container-background-color height {_PADDING} vertical-align",
        "mj-table": (
            f"align border cellpadding cellspacing color container-background-color {_FONT} line-height {_PADDING} role "
            "table-layout text-decoration vertical-align width"
        ),
        "mj-social": (
            f"align border-radius color container-background-color {_FONT} icon-height icon-padding icon-size "
            f"inner-padding line-height mode {_PADDING} table-layout text-decoration text-padding"
        ),
        "mj-social-element": (
            f"align alt background-color border-radius color {_FONT} icon-height icon-padding icon-position icon-size "
            f"line-height {_LINK} {_PADDING} sizes src srcset text-decoration text-padding vertical-align"
        ),
        "mj-navbar": f"align base-url hamburger {_NAVBAR_ICON} {_PADDING}",
        "mj-navbar-link": f"{_TEXT} {_LINK} {_PADDING}",
        "mj-accordion": f"border container-background-color font-family {_ICON} {_PADDING}",
        "mj-accordion-element": f"background-color border font-family {_ICON}",
        "mj-accordion-title": f"background-color color {_FONT} {_PADDING}",
        "mj-accordion-text": f"background-color color {_FONT} letter-spacing line-height {_PADDING}",
        "mj-carousel": (
            f"align border-radius container-background-color icon-width left-icon {_PADDING} right-icon "
            "tb-border tb-border-radius tb-hover-border-color tb-selected-border-color tb-width thumbnails"
        ),
        "mj-carousel-image": (
            "alt border-radius href rel src target tb-border tb-border-radius thumbnails-src title"
        ),
    }.items()
} | {
    "mjml": frozenset({"lang", "dir", "owa"}),
    "mj-head": frozenset(),
    "mj-title": frozenset(),
    "mj-preview": frozenset(),
    "mj-style": frozenset({"inline"}),
    "mj-breakpoint": frozenset({"width"}),
    "mj-font": frozenset({"name", "href"}),
    "mj-attributes": frozenset(),
    "mj-raw": frozenset({"position"}),
}  # fmt: skip

# mj-all and mj-class set defaults for any tag, so they take the attributes of every tag.
_ANY_ATTRIBUTE = frozenset().union(*(names for tag, names in ATTRIBUTES.items() if tag != "mjml"))
ATTRIBUTES |= {"mj-all": _ANY_ATTRIBUTE, "mj-class": _ANY_ATTRIBUTE | {"name"}}

# Attributes of MJML that the renderer takes and does nothing with; found by rendering each.
WITHOUT_EFFECT: dict[str, frozenset[str]] = {
    "mj-section": words("text-padding"),
    "mj-wrapper": words("text-padding"),
    "mj-hero": words("border-radius container-background-color"),
    "mj-button": words("title"),
    "mj-image": words("border-top border-bottom sizes"),
    "mj-table": words("font-style font-weight role text-decoration"),
    "mj-social": words("table-layout"),
    "mj-social-element": words("icon-position sizes srcset"),
    "mj-navbar-link": words("title"),
    "mj-accordion-title": words("font-style font-weight"),
    "mj-accordion-text": words("font-style"),
}

_IN_COLUMN = words(
    "mj-accordion mj-button mj-carousel mj-divider mj-image mj-navbar mj-raw mj-social mj-spacer mj-table mj-text"
)
_WITH_DEFAULTS = frozenset(ATTRIBUTES) - words(
    "mjml mj-head mj-title mj-preview mj-style mj-breakpoint mj-font mj-attributes mj-raw"
)

CHILDREN: dict[str, frozenset[str]] = {
    "": frozenset({"mjml"}),
    "mjml": frozenset({"mj-head", "mj-body"}),
    "mj-head": words("mj-attributes mj-breakpoint mj-font mj-preview mj-raw mj-style mj-title"),
    "mj-attributes": _WITH_DEFAULTS,
    "mj-body": frozenset({"mj-section", "mj-wrapper", "mj-hero", "mj-raw"}),
    "mj-wrapper": frozenset({"mj-section", "mj-hero", "mj-raw"}),
    "mj-section": frozenset({"mj-column", "mj-group", "mj-raw"}),
    "mj-group": frozenset({"mj-column", "mj-raw"}),
    "mj-column": _IN_COLUMN,
    "mj-hero": _IN_COLUMN,
    "mj-social": frozenset({"mj-social-element"}),
    "mj-navbar": frozenset({"mj-navbar-link"}),
    "mj-accordion": frozenset({"mj-accordion-element"}),
    "mj-accordion-element": frozenset({"mj-accordion-title", "mj-accordion-text"}),
    "mj-carousel": frozenset({"mj-carousel-image"}),
}

# What stands in these is HTML or plain text; no MJML tag may.
CONTENT_TAGS = words(
    "mj-accordion-text mj-accordion-title mj-button mj-navbar-link mj-preview mj-raw mj-social-element mj-style mj-table "
    "mj-text mj-title"
)

# In mail these run nowhere, load from elsewhere, or would swallow what stands behind them: the footer.
REFUSED_HTML = words(
    "applet base embed frame frameset iframe link math noembed noframes noscript object plaintext script select svg "
    "template textarea title xmp"
)
