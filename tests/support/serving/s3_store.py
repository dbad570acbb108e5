"""A store that speaks as S3 does, and a connection to it that can be made to fail."""
# the protocol's names

import json
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import boto3
import requests
from boto3.s3.transfer import TransferConfig
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto.server import ThreadedMotoServer

LOCALHOST = "127.0.0.1"
REGION = "us-west-1"
BUCKET = "models"
PART = 5 * 2**20
"""How large a part is at least."""
CODES = {403: "AccessDenied", 404: "NoSuchKey", 503: "SlowDown"}


@dataclass(frozen=True)
class Fault:
    """What happens to the bodies of an object: they end early, or one byte is another; or what is answered instead."""

    kind: Literal["truncated", "corrupted"] | int
    times: int = 1_000_000
    """How often, before all is well."""

    def __str__(self) -> str:
        return f"{self.kind} once" if self.times == 1 else str(self.kind)


class Store(ThreadingHTTPServer):
    """The way to the store; the objects themselves are moto's."""

    def __init__(self, moto: ThreadedMotoServer, certificate: Path | None = None) -> None:
        super().__init__((LOCALHOST, 0), _Handler)
        self.moto_port = moto.get_host_and_port()[1]
        self.faults: dict[str, Fault] = {}
        """By the objects' keys."""
        self.read: list[str] = []
        """The keys of the objects that were read, in order."""
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever does not like the certificate hangs up."""

    @property
    def endpoint(self) -> str:
        """Its host and port."""
        return f"{LOCALHOST}:{self.server_port}"

    def client(self, service: str) -> Any:
        """AWS's own client of what is behind, with every right."""
        return boto3.client(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            service,
            endpoint_url=f"http://{LOCALHOST}:{self.moto_port}",
            region_name=REGION,
            aws_access_key_id="root",
            aws_secret_access_key="root",
        )

    def make_key(self) -> dict[str, str]:
        """An access key, as a Secret holds it; from now on a request needs it, and its signature."""
        iam = self.client("iam")
        iam.create_user(UserName="reader")
        statement = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=policy)
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        _ask_moto(self.moto_port, "reset-auth", "0")
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def put(self, key: str, content: bytes, *, public: bool = True) -> None:
        """Makes an object of the bucket; in parts if it is large."""
        acl = "public-read" if public else "private"
        config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
        self.client("s3").upload_fileobj(BytesIO(content), BUCKET, key, {"ACL": acl}, Config=config)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._pass_on()

    def do_GET(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        assert isinstance(self.server, Store)
        # The path is the bucket and the key.
        key = unquote(urlsplit(self.path).path).removeprefix("/").partition("/")[2]
        fault = self.server.faults.get(key)
        kind = None
        if key and self.command == "GET":
            self.server.read.append(key)
            kind = fault.kind if fault and self.server.read.count(key) <= fault.times else None
        if isinstance(kind, int):
            body = f"<Error><Code>{CODES[kind]}</Code><Message>no</Message></Error>".encode()
            self._answer(kind, {"Content-Type": "application/xml", "Content-Length": str(len(body))}, body)
            return
        connection = HTTPConnection(LOCALHOST, self.server.moto_port, timeout=30)
        connection.request(self.command, self.path, headers=dict(self.headers))
        answer = connection.getresponse()
        body, headers = answer.read(), {**dict(answer.getheaders()), "Connection": "close"}
        connection.close()
        if kind == "truncated":
            body = body[: len(body) // 2]
        if kind == "corrupted":
            body = bytes([body[0] ^ 1]) + body[1:]
        self._answer(answer.status, headers, body)
        self.close_connection = True

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
        pass


@cache
def _objects() -> ThreadedMotoServer:
    moto = ThreadedMotoServer(LOCALHOST, port=0, verbose=False)
    moto.start()
    return moto


@contextmanager
def s3_store(certificate: Path | None = None) -> Generator[Store]:
    """A store with an empty bucket, by http, or by https with a certificate and its key; one at a time."""
    with Store(_objects(), certificate) as store:
        _ask_moto(store.moto_port, "reset")
        _ask_moto(store.moto_port, "reset-auth", "inf")
        store.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        thread = threading.Thread(target=store.serve_forever, args=[0.02])
        thread.start()
        try:
            yield store
        finally:
            store.shutdown()
            thread.join()


def self_signed(file: Path) -> Path:
    """A certificate for this machine that nobody vouches for, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "store")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOCALHOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return file


def _ask_moto(port: int, what: str, content: str = "") -> None:
    requests.post(f"http://{LOCALHOST}:{port}/moto-api/{what}", data=content, timeout=10).raise_for_status()
