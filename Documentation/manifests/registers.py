"""Registers over HTTP, in one process: an operation as JSON by POST, its result as the answer."""
import http.server
import json
import os
import sys
import threading

address, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
lock = threading.Lock()
registers = {}
if os.path.exists(path):
    with open(path) as file:
        registers = dict(json.load(file))


def perform(f, key, argument):
    if f == "read":
        return {"type": "ok", "value": [key, registers.get(key)]}
    old, new = argument if f == "cas" else (None, argument)
    if f == "cas" and registers.get(key) != old:
        return {"type": "fail", "error": "the register has another value"}
    registers[key] = new
    with open(path + ".new", "w") as file:
        json.dump(list(registers.items()), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)
    return {"type": "ok", "value": [key, argument]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer leaves in one piece.
    wbufsize = -1

    def do_POST(self):
        operation = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with lock:
            answer = json.dumps(perform(operation["f"], *operation["value"])).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


http.server.ThreadingHTTPServer((address, port), Handler).serve_forever()
