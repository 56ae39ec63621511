"""A folium map in one file that opens with the network cable pulled.

folium links ten files on four public servers; here everything a page needs is inside it: Leaflet
and its pictures, styles, scripts, data, and both languages. A content security policy inside the
page allows exactly these scripts and styles (by their hashes) and no connection at all, so that
even a text that slipped past escaping could do nothing.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import mimetypes
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import folium
import jinja2
from branca.element import Element, Figure
from folium.template import Template
from markupsafe import Markup, escape

from geo.errors import Invalid
from maps.geojson import to_json
from maps.texts import LANGUAGES, Both, both, catalogue, named, text

WEB = files("maps").joinpath("web")
LEAFLET = "vendor/leaflet/"
EXECUTED = ("", "text/javascript", "module")
"""`type` of a script element that runs; any other is a block of data."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the page beside or over the map, opened by a button.

    `body` is HTML, already escaped. `place`: `side` stands beside the map on a wide screen, `wide`
    comes over its lower half, `corner` lies on its lower left. On a phone all are sheets. `open` is
    whether a wide screen shows it at first.
    """

    name: str
    title: Both
    body: Markup
    place: str = "side"
    open: bool = False


class PortableMap(folium.Map):
    """A `folium.Map` whose page needs nothing from anywhere.

    Add folium layers as to any map; a layer that would load something from a foreign host is
    refused by `page()`. Texts that come from data go through `data` (which the page's own scripts
    show with `textContent`) or through autoescaped templates; never give them to a folium tooltip
    or popup, which take HTML.
    """

    default_js: list[tuple[str, str]] = []
    default_css: list[tuple[str, str]] = []

    # Without folium's header: it forbids zooming the page and styles what portable.css styles.
    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="folium-map" id={{ this.get_name()|tojson }} role="application"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map(
            {{ this.get_name()|tojson }},
            {center: {{ this.location|tojson }}, ...{{ this.options|tojavascript }}}
        );
        {% endmacro %}
        """
    )

    def __init__(
        self,
        *,
        title: Both,
        subtitle: Both | None = None,
        notice: Both | None = None,
        attribution: Both | None = None,
        approval_number: str | None = None,
        made_at: str | None = None,
        language: str = "zh",
        **options: Any,
    ) -> None:
        """`title`, `subtitle`: head of the page. `notice`: a standing remark such as "demo data".
        `attribution`: whose data is drawn. `approval_number`: 审图号 of the map; without one the
        page says that it is for internal use only. `made_at`: since when the data drawn are in
        force, as text.
        `language`: the one the page opens in.
        `options`: Leaflet's map options in snake case."""
        if language not in LANGUAGES:
            raise Invalid(
                f"'{language}' is not a language of the map.",
                remedy="Use zh or en.",
                field="language",
            )
        super().__init__(
            tiles=None, zoom_control=False, attribution_control=False, zoom_snap=0.25, **options
        )
        self.title = title
        self.subtitle = subtitle
        self.notice = notice
        self.attribution = attribution
        self.approval_number = approval_number
        self.made_at = made_at
        self.language = language
        self.panels: list[Panel] = []
        self.styles: list[str] = []
        self.scripts: list[str] = []
        self.data: dict[str, Any] = {}
        self.layers: dict[str, Element] = {}
        """folium layers by the name under which the page's script knows them."""
        self.entry: str | None = None
        """`Nuanyi.ENTRY(layers)` is called last, when map and layers are there."""
        self._numbered = False
        Page(self)

    def add_named(self, name: str, layer: Element) -> None:
        """Add a folium layer that the page's script gets by `name`."""
        self.add_child(layer)
        self.layers[name] = layer

    def page(self) -> str:
        """The whole page as HTML. The same map gives the same bytes.

        Raises Invalid when something in it would load from outside, or carries an inline event
        handler or style attribute, which the page's policy would silently drop.
        """
        root = self.get_root()
        if not self._numbered:
            for number, element in enumerate(_walk(root)):
                element._id = str(number)  # noqa: SLF001 - branca draws it at random otherwise
            self._numbered = True
        return with_policy(root.render())


class Page(Figure):
    """The HTML document around a `PortableMap`."""

    def __init__(self, portable: PortableMap) -> None:
        super().__init__()
        self.header._children.clear()  # noqa: SLF001 - the template writes the charset itself
        self.portable = portable
        self.add_child(portable)

    def render(self, **kwargs: Any) -> str:
        """Folium's children first (they fill head, body and script), then the document."""
        for child in list(self._children.values()):
            child.render(**kwargs)
        this = self.portable
        title = Both(*(_one_line(value) for value in this.title))
        data = {
            "title": title,
            "texts": {key: catalogue()[key] for key in sorted(used_keys(*this.scripts))},
            **this.data,
        }
        return template("portable.html").render(
            map=this,
            title=title,
            approval=both("page.approval", number=this.approval_number)
            if this.approval_number
            else both("page.no_approval"),
            attribution=this.attribution or both("page.own_data"),
            made_at=both("page.made_at", date=this.made_at) if this.made_at else None,
            styles=[trusted(style) for style in (leaflet_css(), web("portable.css"), *this.styles)],
            libraries=[trusted(leaflet_js()), trusted(leaflet_icons())],
            scripts=[trusted(_inline(one)) for one in (web("portable.js"), *this.scripts)],
            header=trusted(self.header.render(**kwargs)),
            body=trusted(self.html.render(**kwargs)),
            script=trusted(self.script.render(**kwargs)),
            start=trusted(_start(this)),
            data=json_block(data),
        )


def trusted(html: str) -> Markup:
    """Marks as HTML what our own files and autoescaped templates made; never a text from data."""
    return Markup(html)  # noqa: S704


def json_block(value: Any) -> Markup:
    """JSON that may stand inside a script element of HTML: `<`, `>`, `&` and the two line
    separators that end a line in JavaScript are written as escapes, so no text can end the block.
    """
    text_ = to_json(value)
    for character in "<>&\u2028\u2029":
        text_ = text_.replace(character, f"\\u{ord(character):04x}")
    return trusted(text_)


def both_html(texts: Both) -> Markup:
    """A text in both languages, escaped; the page shows the one that is chosen."""
    if texts.zh == texts.en:
        return escape(texts.zh)
    return Markup(
        '<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>'
    ).format(texts.zh, texts.en)


def label_attributes(texts: Both) -> Markup:
    """`aria-label` in both languages; the page's script puts in the chosen one."""
    return Markup('aria-label="{}" data-label-zh="{}" data-label-en="{}"').format(
        texts.zh, texts.zh, texts.en
    )


@functools.cache
def template(name: str) -> jinja2.Template:
    """A template of `maps/web`, autoescaped. `b(key, ...)` writes a text in both languages,
    `label(key, ...)` an aria-label; `bilingual` and `labelled` do so for a `Both`."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(web),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        b=lambda key, **values: both_html(both(key, **values)),
        label=lambda key, **values: label_attributes(both(key, **values)),
        named=lambda section, name_: both_html(named(section, name_)),
        text=text,
        bilingual=both_html,
        labelled=label_attributes,
    )
    return environment.get_template(name)


def with_policy(html: str) -> str:
    """The page with its content security policy put behind the charset declaration.

    Every inline script and style is named by its SHA-256; nothing else may run, and nothing may be
    fetched. Raises Invalid as `PortableMap.page` does.
    """
    parts = _Parts()
    parts.feed(html)
    parts.close()
    if parts.foreign:
        raise Invalid(
            f"The portable map would need what it cannot have: {'; '.join(parts.foreign[:5])}.",
            remedy="Use layers without plugins, or vendor what they load.",
        )
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hashes(parts.scripts)}",
            f"style-src {_hashes(parts.styles)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    mark = '<meta charset="utf-8">'
    head, found, rest = html.partition(mark)
    if not found:
        raise Invalid("The page declares no charset.", remedy="Use maps/web/portable.html.")
    return f'{head}{mark}\n<meta http-equiv="Content-Security-Policy" content="{policy}">{rest}'


def content_security_policy(html: str) -> str:
    """The policy inside a page, for whoever serves it and must send the same in a header."""
    found = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
    if found is None:
        raise Invalid("The page carries no policy.", remedy="Make it with PortableMap.page().")
    return found.group(1)


def used_keys(*scripts: str) -> set[str]:
    """Keys of the catalogue that a page's scripts ask for: `t("section.name"…`, or a whole section
    by `tAll("section"`."""
    keys: set[str] = set()
    for script in (web("portable.js"), *scripts):
        keys |= set(re.findall(r'\bt\("([a-z_]+\.[a-z_0-9]+)"', script))
        for section in re.findall(r'\btAll\("([a-z_]+)"', script):
            keys |= {key for key in catalogue() if key.startswith(f"{section}.")}
    return keys


@functools.cache
def web(name: str) -> str:
    """A text file of `maps/web`."""
    return WEB.joinpath(name).read_text("utf-8")


@functools.cache
def leaflet_js() -> str:
    """Vendored Leaflet, without the line that makes developer tools look for a map file."""
    return _inline(re.sub(r"//# sourceMappingURL=\S+", "", web(LEAFLET + "leaflet.js")))


@functools.cache
def leaflet_css() -> str:
    """Vendored Leaflet styles with their pictures inside."""
    return re.sub(
        r"url\((images/[\w.-]+)\)",
        lambda found: f"url({data_uri(LEAFLET + found.group(1))})",
        web(LEAFLET + "leaflet.css"),
    )


@functools.cache
def leaflet_icons() -> str:
    """Leaflet's default pin from the page itself; otherwise it would look for a file beside it."""
    icons = {
        "iconUrl": data_uri(LEAFLET + "images/marker-icon.png"),
        "iconRetinaUrl": data_uri(LEAFLET + "images/marker-icon-2x.png"),
        "shadowUrl": data_uri(LEAFLET + "images/marker-shadow.png"),
    }
    return f"L.Icon.Default.imagePath='';L.Icon.Default.mergeOptions({to_json(icons)});"


def data_uri(name: str) -> str:
    """A file of `maps/web` as a data URI."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    content = base64.b64encode(WEB.joinpath(name).read_bytes()).decode()
    return f"data:{kind};base64,{content}"


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():  # noqa: SLF001
        yield from _walk(child)


def _start(portable: PortableMap) -> str:
    """The call that brings the page to life. Names of layers are folium's, never from data."""
    lines = [f"Nuanyi.start({portable.get_name()});"]
    if portable.entry:
        layers = ", ".join(f"{name}: {one.get_name()}" for name, one in portable.layers.items())
        lines.append(f"Nuanyi.{portable.entry}({{{layers}}});")
    return "\n".join([*lines, "Nuanyi.ready();"])


def _inline(script: str) -> str:
    """A script of ours or a library's, checked to be safe between script tags."""
    if re.search(r"</script|<!--", script, re.IGNORECASE):
        raise Invalid("A script holds a text that would end its own element.")
    return script


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _hashes(parts: Sequence[str]) -> str:
    digests = dict.fromkeys(
        base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in parts
    )
    return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"


class _Parts(HTMLParser):
    """Collects inline scripts and styles, and whatever would ask for something outside."""

    LOADING: Mapping[str, tuple[str, ...]] = {
        "link": ("href",),
        "object": ("data",),
        "form": ("action",),
        "base": ("href",),
    }
    ANYWHERE = ("src", "srcset", "poster", "background", "xlink:href", "formaction")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.foreign: list[str] = []
        self._into: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            loads = name in self.ANYWHERE or name in self.LOADING.get(tag, ())
            if loads and not (value or "").startswith("data:"):
                self.foreign.append(f"<{tag} {name}={value}>")
            elif name == "style" or name.startswith("on"):
                self.foreign.append(f"<{tag} {name}>, an inline {name} attribute")
        if tag == "script" and (dict(attrs).get("type") or "") in EXECUTED:
            self._into = self.scripts
        elif tag == "style":
            self._into = self.styles
        if self._into is not None:
            self._into.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into[-1] += data
