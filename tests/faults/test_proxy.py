"""The proxy itself: what a killed client leaves undone must not keep CKAN waiting."""

from __future__ import annotations

import socket

from tests.faults.proxy import Proxy


def test_a_client_killed_while_sending_ends_at_ckan_too() -> None:
    """Half a body, then the connection ends: CKAN gets that half and the end of it, not two minutes of silence."""
    with socket.create_server(("127.0.0.1", 0)) as ckan:
        ckan.settimeout(10)
        with Proxy(f"http://127.0.0.1:{ckan.getsockname()[1]}") as proxy:
            with socket.create_connection(("127.0.0.1", int(proxy.url.rsplit(":", 1)[1]))) as client:
                client.sendall(b"POST /api/action/package_create HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nhalf")
            asked, _ = ckan.accept()
            with asked:
                asked.settimeout(10)
                got = b"".join(iter(lambda: asked.recv(4096), b""))
        assert got.endswith(b"\r\n\r\nhalf")
        assert b"Content-Length: 99" in got
        assert proxy.seen == []
