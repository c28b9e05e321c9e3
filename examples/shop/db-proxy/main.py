"""What stands before the database: rows of a table as JSON. It calls nobody, so it has nothing to carry on."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TABLES = {
    "products": [{"name": "tea", "price": 4}, {"name": "pot", "price": 19}],
    "orders": [{"product": "tea", "count": 2}],
}
VERSION = os.environ.get("PROJECT_VERSION", "release")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        rows = TABLES.get(self.path.removeprefix("/tables/"))
        body = json.dumps({"db-proxy": VERSION, "rows": rows}).encode()
        self.send_response(404 if rows is None else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """The mesh has an access log: coloring start --log."""


address = (os.environ.get("HOST", ""), int(os.environ.get("PORT", "8082")))
ThreadingHTTPServer(address, Handler).serve_forever()
