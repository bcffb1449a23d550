"""A client of registers.py: operations as JSON lines on stdin, completions on stdout."""
import http.client
import json
import os
import sys

address, port = os.environ["SHRIKE_ADDRESS"], int(os.environ["SHRIKE_PORT"])


def perform(operation):
    connection = http.client.HTTPConnection(address, port, timeout=2)
    try:
        connection.connect()
    except OSError as error:
        # Nothing was sent, so nothing happened.
        return {"type": "fail", "error": ["not-connected", str(error)]}
    try:
        connection.request("POST", "/", json.dumps(operation))
        return json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        # A read changes nothing; whether anything else happened, nobody knows.
        kind = "fail" if operation["f"] == "read" else "info"
        return {"type": kind, "error": ["no-answer", str(error)]}
    finally:
        connection.close()


for line in sys.stdin:
    completion = perform(json.loads(line))
    print(json.dumps(completion), flush=True)
