"""JupyterHub as a user's browser talks to it."""

import html
import json
import re
import time
import uuid
from typing import Any
from urllib.parse import quote, urlsplit

import requests
import websocket
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from tests.support.waiting import wait_for

TIMEOUT_SECONDS = 60


class HubClient:
    """A user's session with the hub at ``base``, such as http://127.0.0.1:8000."""

    def __init__(self, base: str, user: str) -> None:
        self.base, self.user = base, user
        self.path = quote(user, safe="@~")
        """The name as JupyterHub writes it in paths."""
        self.session = requests.Session()
        # A port-forward lies between, which keeps connections that the proxy has closed, and which begins
        # anew when one breaks.
        self.session.headers["Connection"] = "close"
        self.session.mount(base, HTTPAdapter(max_retries=Retry(total=5, backoff_factor=0.2)))

    def login(self, password: str) -> requests.Response:
        """Logs in as a browser does; the page that follows."""
        page = self.get("/hub/login")
        form = {"username": self.user, "password": password, "_xsrf": _xsrf_of(page)}
        return self.session.post(f"{self.base}/hub/login?next=/hub/home", data=form, timeout=TIMEOUT_SECONDS)

    def get(self, path: str) -> requests.Response:
        """A page."""
        return self.session.get(f"{self.base}{path}", timeout=TIMEOUT_SECONDS)

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        """A call of the hub's or the server's API."""
        headers = {"X-XSRFToken": self._cookie("_xsrf", path), "Referer": f"{self.base}/hub/home"}
        return self.session.request(method, f"{self.base}{path}", json=body, headers=headers, timeout=TIMEOUT_SECONDS)

    def submit(self, fields: dict[str, str]) -> requests.Response:
        """Submits the spawn form; the page that follows."""
        page = self.get("/hub/spawn")
        action = re.search(r'<form[^>]*action="([^"]*)"', page.text)
        path = html.unescape(action[1]) if action and action[1] else urlsplit(page.url).path
        if "_xsrf" not in path:
            path += f"?_xsrf={self._cookie('_xsrf', '/hub/')}"
        url = path if path.startswith("http") else f"{self.base}{path}"
        return self.session.post(url, data=fields, headers={"Referer": page.url}, timeout=TIMEOUT_SECONDS)

    def servers(self) -> dict[str, Any]:
        """The user's servers, as the hub tells."""
        return self.call("GET", f"/hub/api/users/{self.path}").json()["servers"]

    def wait_until_ready(self, seconds: float = 120) -> None:
        """Waits until the hub says that the server answers."""
        wait_for(f"{self.user}'s server", lambda: self.servers().get("", {}).get("ready"), seconds)

    def stop(self) -> None:
        """Stops the server and waits until it is gone."""
        answer = self.call("DELETE", f"/hub/api/users/{self.path}/server")
        assert answer.status_code in (202, 204), answer.text
        wait_for(f"the end of {self.user}'s server", lambda: not self.servers())

    def open_server(self) -> str:
        """The server's own page, reached through the proxy and the hub's login."""
        page = self.get(f"/user/{self.path}/lab")
        assert page.status_code == 200, (page.status_code, page.url)
        return page.text

    def write_file(self, path: str, text: str) -> None:
        """Saves a file by the server's contents API."""
        body = {"type": "file", "format": "text", "content": text}
        answer = self.call("PUT", f"/user/{self.path}/api/contents/{path}", body)
        assert answer.ok, answer.text

    def read_file(self, path: str) -> str:
        """A file, by the server's contents API."""
        answer = self.call("GET", f"/user/{self.path}/api/contents/{path}")
        assert answer.ok, (path, answer.status_code, answer.text)
        return answer.json()["content"]

    def run(self, code: str, seconds: float = 120) -> str:
        """What ``code`` prints in a kernel of the server; fails with the kernel's error."""
        kernel = self.call("POST", f"/user/{self.path}/api/kernels", {"name": "python3"}).json()["id"]
        path = f"/user/{self.path}/api/kernels/{kernel}/channels"
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies(path).items())
        socket = websocket.create_connection(
            f"{self.base.replace('http', 'ws', 1)}{path}", cookie=cookies, origin=self.base, timeout=seconds
        )
        try:
            socket.send(json.dumps(_execute_request(code)))
            return _output_of(socket, time.monotonic() + seconds)
        finally:
            socket.close()
            self.call("DELETE", f"/user/{self.path}/api/kernels/{kernel}")

    def _cookies(self, path: str) -> dict[str, str]:
        cookies: list[Any] = list(self.session.cookies)
        found = sorted((each for each in cookies if path.startswith(each.path)), key=lambda each: len(each.path))
        return {cookie.name: cookie.value or "" for cookie in found}

    def _cookie(self, name: str, path: str) -> str:
        return self._cookies(path).get(name, "")


def _xsrf_of(page: requests.Response) -> str:
    match = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    assert match, page.text[:500]
    return html.unescape(match[1])


def _execute_request(code: str) -> dict[str, Any]:
    header = {"msg_id": uuid.uuid4().hex, "username": "", "session": uuid.uuid4().hex, "msg_type": "execute_request"}
    return {
        "header": {**header, "version": "5.3"},
        "parent_header": {},
        "metadata": {},
        "channel": "shell",
        "content": {"code": code, "silent": False, "store_history": False, "allow_stdin": False},
    }


def _output_of(socket: websocket.WebSocket, end: float) -> str:
    printed: list[str] = []
    while time.monotonic() < end:
        message = json.loads(socket.recv())
        content = message["content"]
        match message["msg_type"]:
            case "stream":
                printed.append(content["text"])
            case "error":
                raise AssertionError("\n".join(content["traceback"]))
            case "execute_reply":
                if content["status"] == "ok":
                    # What was printed may still be on its way.
                    continue
            case "status":
                if (
                    content["execution_state"] == "idle"
                    and message["parent_header"].get("msg_type") == "execute_request"
                ):
                    return "".join(printed)
            case _:
                pass
    raise AssertionError(f"the kernel did not finish; it printed {printed}")
