"""A real browser, without a window."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1000,1100",
)


@contextmanager
def browser() -> Generator[webdriver.Chrome]:
    """Chromium and its driver, from PATH or, on Debian as root, from the distribution's packages."""
    if not _found() and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        packages = ["chromium", "chromium-driver"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(
            ["apt-get", "install", "--yes", "--quiet", *packages],
            check=True,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
    found = _found()
    if found is None:
        pytest.fail("this test opens the spawn form in a browser: install chromium and chromedriver")
    program, driver = found
    with tempfile.TemporaryDirectory(prefix="browser-") as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = program
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        session = webdriver.Chrome(options=options, service=Service(driver))
        try:
            yield session
        finally:
            session.quit()


def _found() -> tuple[str, str] | None:
    programs = [path for path in map(shutil.which, BROWSERS) if path]
    driver = shutil.which("chromedriver")
    return (programs[0], driver) if programs and driver else None
