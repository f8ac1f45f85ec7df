"""Pictures of every letter for docs/mails.md: `python tests/support/mail_pictures.py docs/pictures/mail [letter ...]`.

The letters are rendered by payclerk's own code with sample facts; Chromium shows them on a desktop in light colours and
on a phone in dark ones, side by side. Needs chromium, chromium-driver and pillow, and fetches nothing.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw, ImageFont

from browser import open_chromium
from letter_facts import FACTS
from payclerk_core.documents.letters import LETTERS, MARKERS, render_letter, with_reference
from payclerk_core.documents.logo import Logo, read_logo

if TYPE_CHECKING:
    from selenium import webdriver

DESKTOP: Final = 680
PHONE: Final = 375
COLOURS: Final = 20
LARGEST: Final = 80_000
TOKEN: Final = "k7p2m4x6q3w5t7r2b4n6c3v5z2"
ADDRESS: Final = f"billing+{TOKEN}@reply.riverside.example"


def main(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        browser = open_chromium(Path(work) / "profile")
        try:
            for name in names or list(LETTERS):
                for language in MARKERS:
                    picture = pair(browser, Path(work) / "letter.html", name, language)
                    save(picture, folder / f"{name}.{language}.png")
            if "invitation" in (names or LETTERS):
                picture = pair(
                    browser, Path(work) / "letter.html", "invitation", "en", logo=read_logo(drawn(), "Riverside")
                )
                save(picture, folder / "invitation-logo.en.png")
        finally:
            browser.quit()


def pair(browser: webdriver.Chrome, page: Path, name: str, language: str, logo: Logo | None = None) -> Image.Image:
    letter = with_reference(render_letter(name, language, FACTS, logo), TOKEN, ADDRESS)
    html = letter.html
    if logo is not None:  # the browser has no mail around it to look into
        html = html.replace(logo.place, f"data:image/png;base64,{base64.b64encode(logo.content).decode()}")
    page.write_text(html, encoding="utf-8")
    light = shot(browser, page, DESKTOP, dark=False)
    dark = shot(browser, page, PHONE, dark=True)
    both = Image.new("RGB", (light.width + 16 + dark.width, max(light.height, dark.height)), "#c9ced3")
    both.paste(light, (0, 0))
    both.paste(dark, (light.width + 16, 0))
    return both


def drawn() -> bytes:
    """A logo that nobody owns: dark on nothing, as many are, which is why it stands on white."""
    picture = Image.new("RGBA", (400, 100))
    pen = ImageDraw.Draw(picture)
    pen.polygon([(10, 90), (55, 10), (100, 90)], fill="#1f6fb2")
    pen.rectangle((70, 50, 130, 90), fill="#22384f")
    pen.text((150, 24), "Riverside", fill="#22384f", font=ImageFont.load_default(52))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def shot(browser: webdriver.Chrome, page: Path, width: int, *, dark: bool) -> Image.Image:
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    view = {"width": width, "height": 400, "deviceScaleFactor": 1, "mobile": dark}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", view)
    browser.get(page.as_uri())
    height = int(browser.execute_script("return Math.ceil(document.documentElement.scrollHeight)"))
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**view, "height": height})
    return Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")


def save(picture: Image.Image, path: Path) -> None:
    """Few colours are enough for text, and keep the file small."""
    out = io.BytesIO()
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    if out.tell() > LARGEST:
        raise SystemExit(f"{path.name} has {out.tell()} bytes; keep it below {LARGEST}")
    path.write_bytes(out.getvalue())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
