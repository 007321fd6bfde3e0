"""A web server of this machine alone, with the faults that downloads meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any


@dataclass
class Server:
    """Serves `files` with ranges; `cut` paths break off half-way once, `plain` ones know no ranges.

    `busy` has statuses with a Retry-After that a path answers with, one after the other, before it serves.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)
    busy: dict[str, list[tuple[int, str | None]]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


def handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            server.asked.append((self.path, wanted))
            if server.busy.get(self.path):
                self.answer(server.busy[self.path][0][0], None, b"", retry_after=server.busy[self.path].pop(0)[1])
                return
            content = server.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            first = 0 if wanted is None or self.path in server.plain else int(wanted[6:].partition("-")[0])
            if first >= len(content):
                self.answer(416, f"bytes */{len(content)}", b"")
                return
            part = content[first:]
            said = (
                f"bytes {first}-{len(content) - 1}/{len(content)}" if wanted and self.path not in server.plain else None
            )
            if self.path in server.cut:
                server.cut.remove(self.path)
                self.answer(206 if said else 200, said, part, sent=len(part) // 2)
            else:
                self.answer(206 if said else 200, said, part)

        def answer(
            self, status: int, content_range: str | None, body: bytes, sent: int | None = None,
            retry_after: str | None = None,
        ) -> None:  # fmt: skip
            self.send_response(status)
            if retry_after:
                self.send_header("Retry-After", retry_after)
            self.send_header("Content-Length", str(len(body)))
            if content_range:
                self.send_header("Content-Range", content_range)
            self.end_headers()
            self.wfile.write(body[:sent])
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
