"""A headless Chromium that talks to nobody but this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selenium import webdriver

from processes import need_program

if TYPE_CHECKING:
    from pathlib import Path

FLAGS = (
    "--headless=new",
    "--no-sandbox",  # tests also run as root
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)


def open_chromium(profile: Path) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = str(need_program("chromium", package="chromium"))
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    driver = need_program("chromedriver", package="chromium-driver")
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=str(driver)))
