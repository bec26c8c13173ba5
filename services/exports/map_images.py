"""How does a map look as a picture that is drawn without a browser?"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from services.exports.sheets import Panel, part_of
from services.maps.colours import Colour
from services.maps.layout import TILE, Camera, camera, mercator, ruler
from services.shipped import folder

if TYPE_CHECKING:
    import shapely
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

    from services.exports.sheets import Item, Sheet

WIDTH, HEIGHT = 1600, 1120
MARGIN = 36
_FINER = 2  # the map is drawn so many times as large and made smaller, which smooths its edges
_COVERAGE = 0.97
_BLUR = 24
_FAINTEST = 0.04
_LINE = 4
_GAP = 16  # between maps side by side
_FONTS = "static/media/SourceSansVF-Upright*.woff2"


@dataclass(frozen=True, slots=True)
class _Look:
    """The colours of a theme: paper, the ground of the map, text, quieter text."""

    paper: Colour
    ground: Colour
    ink: Colour
    muted: Colour


_LIGHT = _Look((252, 252, 251), (238, 241, 243), (27, 37, 48), (91, 103, 114))
_DARK = _Look((18, 23, 29), (22, 28, 35), (228, 233, 238), (160, 172, 184))


def png(sheet: Sheet, is_dark: bool) -> bytes:
    """The map in its colours with names and a scale bar, title and what it is about above, the legend below.

    The same in words is in the file's text chunks.
    """
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    look = _DARK if is_dark else _LIGHT
    head, foot = _head(sheet), _legend(sheet)
    top = MARGIN + 50 + 27 * len(head)
    low = top + HEIGHT + 24
    image = Image.new("RGB", (WIDTH + 2 * MARGIN, low + 34 * len(foot) + MARGIN), look.paper)
    panels = sheet.panels or (Panel("", tuple(sheet.items)),)
    wide = (WIDTH - _GAP * (len(panels) - 1)) // len(panels)
    for place, panel in enumerate(panels):
        image.paste(_map(sheet, panel, wide, look), (MARGIN + place * (wide + _GAP), top))
    draw = ImageDraw.Draw(image)
    draw.text((MARGIN, MARGIN - 8), sheet.title, look.ink, _font(36, 600))
    for place, line in enumerate(head):
        draw.text((MARGIN, MARGIN + 42 + 27 * place), line, look.muted, _font(20))
    for place, row in enumerate(foot):
        for x, colour, text in row:
            y = low + 34 * place
            draw.rounded_rectangle((x, y + 3, x + 26, y + 21), 4, colour)
            draw.text((x + 34, y), text, look.ink, _font(20))
    told = PngInfo()
    for name, text in sheet.sentences:
        told.add_itxt(name, text)
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=told)
    return out.getvalue()


@lru_cache(maxsize=16)
def _font(size: int, weight: int = 400) -> FreeTypeFont:
    """The typeface of the pages, which Streamlit brings along."""
    from PIL import ImageFont

    font = ImageFont.truetype(next(folder().glob(_FONTS)), size)
    font.set_variation_by_axes([weight])
    return font


def _head(sheet: Sheet) -> list[str]:
    """What is said above the map, in lines of its width."""
    told, part = dict(sheet.sentences), part_of(sheet)
    note, tested = told["Note"].rstrip("."), told.get("Back-test", "")
    note = f" {note[0].upper()}{note[1:]}." if note and not part.startswith(note) else ""
    said = [
        f"{told['Workspace']} · {told['Range']} · Data as of {told['Data as of']}",
        f"Filters: {told['Filters']}",
        f"{told['Rows']} {part.rstrip('.')}.{note}",
        *([tested] if tested else []),
    ]
    return [line for text in said for line in _wrapped(text.strip(), WIDTH)]


def _wrapped(text: str, width: int) -> Iterable[str]:
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}".strip()
        if line and _font(20).getlength(longer) > width:
            yield line
            longer = word
        line = longer
    yield line


def _legend(sheet: Sheet) -> list[list[tuple[int, Colour, str]]]:
    """Rows of (x, colour, text)."""
    rows: list[list[tuple[int, Colour, str]]] = [[]]
    x = MARGIN
    for swatch in sheet.swatches:
        wide = 34 + math.ceil(_font(20).getlength(swatch.text)) + 30
        if rows[-1] and x + wide > WIDTH + MARGIN:
            rows.append([])
            x = MARGIN
        rows[-1].append((x, swatch.colour, swatch.text))
        x += wide
    return rows


@dataclass(frozen=True, slots=True)
class Canvas:
    """Where degrees are in a map of so many pixels."""

    look: Camera
    width: int
    height: int

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """The pixel of a place (Web Mercator)."""
        size = TILE * 2**self.look.zoom
        x = (lon - self.look.lon) / 360 * size + self.width / 2
        return x, self.height / 2 - (mercator(lat) - mercator(self.look.lat)) * size


def _map(sheet: Sheet, panel: Panel, width: int, look: _Look) -> Image:
    from PIL import Image, ImageDraw

    fine = camera(sheet.box, width * _FINER, HEIGHT * _FINER)
    image = Image.new("RGB", (width * _FINER, HEIGHT * _FINER), look.ground)
    canvas = Canvas(fine, *image.size)
    if sheet.choice.layer == "density":
        image = _density(sheet, canvas, look)
    else:
        _shapes(ImageDraw.Draw(image), sheet, panel.items, canvas, look)
    image = image.resize((width, HEIGHT), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(image)
    _furnish(draw, sheet, Canvas(camera(sheet.box, width, HEIGHT), width, HEIGHT), look, panel.title)
    return image


def _shapes(draw: ImageDraw, sheet: Sheet, drawn: Sequence[Item], canvas: Canvas, look: _Look) -> None:
    """What is drawn, the most important on top; of areas the small ones, as they may lie within a large one."""
    made_of = next((name for name in ("hexagons", "areas") if name in sheet.about), "")
    placed = [item for item in drawn if item.shape is not None]
    items = placed if made_of == "hexagons" else sorted(placed, key=lambda item: (_size(item), -(item.swatch or 0)))
    for item in reversed(items):
        colour = look.paper if item.swatch is None else sheet.swatches[item.swatch].colour
        for part in getattr(item.shape, "geoms", [item.shape]):
            _part(draw, canvas, part, item, colour, look, made_of)


def _size(item: Item) -> float:
    return 0.0 if item.shape is None else float(item.shape.area)


def _part(
    draw: ImageDraw, canvas: Canvas, part: shapely.Geometry, item: Item, colour: Colour, look: _Look, made_of: str
) -> None:  # fmt: skip
    """A dot, a line, a hexagon, or an area: one of many beside each other, or one by itself that may be tiny."""
    if part.geom_type == "Point":
        (x, y), size = canvas.at(_near(part.x, canvas.look.lon), part.y), _dot(item.weight)
        draw.ellipse((x - size, y - size, x + size, y + size), colour)
    elif part.geom_type == "LineString":
        draw.line(_pixels(canvas, part.coords), colour, _LINE * _FINER, joint="curve")
    elif made_of == "hexagons":
        draw.polygon(_smaller(_pixels(canvas, part.exterior.coords)), colour)
    else:
        edge = (look.ground, _FINER) if made_of == "areas" else (colour, 3 * _FINER)
        draw.polygon(_pixels(canvas, part.exterior.coords), colour, *edge)
        for hole in part.interiors:
            draw.polygon(_pixels(canvas, hole.coords), look.ground)


def _dot(rows: float) -> float:
    """The radius of a place with so many rows, larger with more of them as on the page."""
    return _FINER * float(min(2.2 + 1.3 * math.sqrt(rows), 16.0))


def _pixels(canvas: Canvas, points: Iterable[Sequence[float]]) -> list[tuple[float, float]]:
    return [canvas.at(_near(point[0], canvas.look.lon), point[1]) for point in points]


def _smaller(corners: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A hexagon a little smaller than it is, so that neighbours of one colour can be told apart."""
    x, y = (sum(corner[i] for corner in corners[:-1]) / (len(corners) - 1) for i in (0, 1))
    return [(x + (cx - x) * _COVERAGE, y + (cy - y) * _COVERAGE) for cx, cy in corners]


def _near(lon: float, other: float) -> float:
    """The longitude on the side of the date line from which one looks."""
    return lon - 360 if lon - other > 180 else lon + 360 if other - lon > 180 else lon


def _density(sheet: Sheet, canvas: Canvas, look: _Look) -> Image:
    """A smooth surface over the middles of the hexagons, weighted by their numbers, in the colours of the legend."""
    from PIL import Image
    from scipy.ndimage import gaussian_filter

    part = 2 * _FINER
    weights = np.zeros((canvas.height // part, canvas.width // part))
    for item in sheet.items:
        assert item.shape is not None, "a density is of hexagons"
        middle = item.shape.centroid
        x, y = (int(pixel // part) for pixel in canvas.at(_near(middle.x, canvas.look.lon), middle.y))
        if 0 <= y < weights.shape[0] and 0 <= x < weights.shape[1]:
            weights[y, x] += max(item.weight, 0.0)
    smooth = gaussian_filter(weights, _BLUR / 2)
    smooth /= max(float(smooth.max()), 1e-12)
    ramp = np.asarray([look.ground, *(swatch.colour for swatch in sheet.swatches)], np.float64)
    places = np.linspace(0, 1, len(ramp))
    faint = np.where(smooth < _FAINTEST, 0.0, smooth)
    pixels = np.stack([np.interp(faint, places, ramp[:, band]) for band in range(3)], axis=-1)
    return Image.fromarray(pixels.round().astype(np.uint8)).resize((canvas.width, canvas.height))


def _furnish(draw: ImageDraw, sheet: Sheet, canvas: Canvas, look: _Look, title: str) -> None:
    """The names of districts, a scale bar and the title of one of several maps."""
    taken: list[tuple[float, float, float, float]] = []
    if title:
        taken.append(draw.textbbox((16, 14), title, _font(22, 600)))
        draw.text((16, 14), title, look.ink, _font(22, 600), stroke_width=3, stroke_fill=look.ground)
    for label in sheet.labels:
        x, y = canvas.at(_near(label.lon, canvas.look.lon), label.lat)
        box = draw.textbbox((x, y), label.name, _font(21, 600), anchor="mm")
        inside = box[0] >= 0 and box[1] >= 0 and box[2] <= canvas.width and box[3] <= canvas.height
        if inside and not _covers(taken, box):
            taken.append(box)
            _text(draw, (x, y), label.name, look, 600)
    bar = ruler(sheet.box)
    (left, y), (right, _) = canvas.at(bar.west, bar.lat), canvas.at(bar.east, bar.lat)
    draw.line([(left, y), (right, y)], look.ink, 4)
    _text(draw, ((left + right) / 2, y - 18), bar.text, look)


def _text(draw: ImageDraw, at: tuple[float, float], text: str, look: _Look, weight: int = 400) -> None:
    more: dict[str, Any] = {"anchor": "mm", "stroke_width": 3, "stroke_fill": look.ground}
    draw.text(at, text, look.ink, _font(21, weight), **more)


def _covers(taken: Sequence[tuple[float, ...]], box: tuple[float, ...]) -> bool:
    return any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in taken
    )  # fmt: skip
