"""Encrypted connections to a cluster, as Go trusts them."""

import ssl
import tempfile

from components.kube.kubeconfig import Context
from components.kube.login import Login
from components.kube.refusals import refusal


def tls_context(context: Context, login: Login) -> ssl.SSLContext:
    """What connections are made with: the authority that the kubeconfig names, or else those of this machine.

    Raises:
        StackError: if a certificate or key is none.
    """
    import httpx2

    cluster = context.cluster
    authority = context.data("certificate-authority", cluster.certificate_authority_data, cluster.certificate_authority)
    if cluster.insecure_skip_tls_verify:
        made = httpx2.create_ssl_context(verify=False)
    elif authority is None:
        made = httpx2.create_ssl_context()
    else:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            made.load_verify_locations(cadata=authority.decode("ascii"))
        except (ssl.SSLError, ValueError):
            raise refusal(
                f"{context.name!r}: its certificate-authority holds no certificate in PEM; correct the kubeconfig"
            ) from None
    # Go trusts any certificate that it is given, and asks less of its extensions than Python does from 3.13 on.
    made.verify_flags = (made.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    if login.certificate is not None or login.key is not None:
        _load(context, made, login)
    return made


def _load(context: Context, made: ssl.SSLContext, login: Login) -> None:
    if login.certificate is None or login.key is None:
        there, missing = ("key", "certificate") if login.certificate is None else ("certificate", "key")
        raise refusal(
            f"{context.name!r} cannot log in: there is a client-{there} and no client-{missing}; correct the "
            f"kubeconfig, or log in again"
        )
    # Python takes them from a file alone. It is ours alone, and gone at the end.
    with tempfile.NamedTemporaryFile() as file:
        file.write(login.certificate + b"\n" + login.key)
        file.flush()
        try:
            # A key under a password would be asked for at the terminal.
            made.load_cert_chain(file.name, password=_no_password)
        except (ssl.SSLError, ValueError):
            raise refusal(
                f"{context.name!r} cannot log in: its client-certificate and client-key are no pair in PEM without a "
                f"password; correct the kubeconfig, or log in again"
            ) from None


def _no_password() -> str:
    raise ValueError
