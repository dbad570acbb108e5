"""Official programs, downloaded and checked against their checksums before anything of them is used."""

import hashlib
import http.client
import io
import os
import re
import tarfile
import urllib.request
from pathlib import Path

from tools.places import CHECKOUT
from tools.programs import Download, Toolset
from tools.say import ToolError, say

REACH_SECONDS = 10
PINS = CHECKOUT / "tools" / "checksums.txt"
"""SHA-256 sums and the addresses that they belong to, as ``make checksums`` writes them."""


class WrongContentError(Exception):
    """A file that is not what its publisher or the pinned checksum says."""


def download(toolset: Toolset, folder: Path) -> bool:
    """Puts the official programs into ``folder``; whether they could be had.

    A file whose checksum is wrong, or cannot be had though its publisher has one, is not used.
    """
    if not toolset.downloads:
        return False
    pinned = pins()
    for each in toolset.downloads:
        try:
            content = _read(each.url)
            _check(each, content, pinned)
            _unpack(each, content, folder)
        except WrongContentError as error:
            say(f"{toolset.name} is not used as downloaded from {each.url}: {error}.")
            return False
        except (OSError, http.client.HTTPException, KeyError, tarfile.TarError) as error:
            reason = getattr(error, "reason", error)
            say(f"{toolset.name} cannot be downloaded from {each.url} ({reason}).")
            return False
    say(f"{toolset.name}: downloaded.")
    return True


def pins() -> dict[str, str]:
    """The pinned checksums, by address."""
    text = PINS.read_text() if PINS.is_file() else ""
    return {url: digest for digest, url in re.findall(r"^([0-9a-f]{64})  (\S+)$", text, re.MULTILINE)}


def pin(*toolsets: Toolset) -> None:
    """Writes the checksums that publishers have for the downloads of ``toolsets`` to the file of pins.

    Raises:
        ToolError: if a publisher's checksums cannot be had.
    """
    # Those of other machines' programs are kept.
    pinned = pins()
    for each in (each for toolset in toolsets for each in toolset.downloads if each.checksums):
        try:
            pinned[each.url] = _published(each)
        except (OSError, http.client.HTTPException, WrongContentError) as error:
            raise ToolError(f"The checksum of {each.url} cannot be had from {each.checksums}: {error}") from None
    head = "# SHA-256 sums of the downloads in tools/programs.py, from their publishers. `make checksums` renews them."
    PINS.write_text("\n".join([head, *(f"{digest}  {url}" for url, digest in sorted(pinned.items()))]) + "\n")
    say(f"{PINS.relative_to(CHECKOUT)}: {len(pinned)} checksums.")


def _check(each: Download, content: bytes, pinned: dict[str, str]) -> None:
    if each.url in pinned:
        expected, whose = pinned[each.url], "tools/checksums.txt"
    elif each.checksums:
        expected, whose = _published(each), each.checksums
    else:
        return
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise WrongContentError(f"its SHA-256 is {found}, but {whose} has {expected}")


def _published(each: Download) -> str:
    """The checksum that the publisher has for the file: a file of one sum, or a list of sums and names."""
    assert each.checksums
    try:
        text = _read(each.checksums).decode(errors="replace")
    except OSError as error:
        raise WrongContentError(f"its checksums at {each.checksums} cannot be had ({error})") from None
    name = re.escape(each.url.rpartition("/")[2])
    found = re.search(rf"^([0-9a-f]{{64}})(?:\s+\*?(?:\./)?{name})?\s*$", text, re.MULTILINE)
    if not found:
        raise WrongContentError(f"{each.checksums} has no SHA-256 for it")
    return found[1]


def _read(url: str) -> bytes:
    mirror = os.environ.get("KUBEFLOW_DOWNLOAD_MIRROR", "").rstrip("/")
    from_where = f"{mirror}/{url.removeprefix('https://')}" if mirror else url
    with urllib.request.urlopen(from_where, timeout=REACH_SECONDS) as answer:
        content: bytes = answer.read()
    return content


def _unpack(each: Download, content: bytes, folder: Path) -> None:
    for program, member in each.members.items():
        if member:
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                file = archive.extractfile(member)
                if file is None:
                    raise KeyError(member)
                content_of_program = file.read()
        else:
            content_of_program = content
        (folder / program).write_bytes(content_of_program)
        (folder / program).chmod(0o755)
