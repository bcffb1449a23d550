"""The Maelstrom protocol for the small nodes beside this file: one thread, standard library only."""

import json
import os
import select
import sys
import time


class Node:
    def __init__(self):
        self.id = None
        self.peers = []
        self._handlers = {}
        self._callbacks = {}
        self._timers = []
        self._next_id = 0

    def on(self, kind):
        """Registers the decorated function for requests of a type."""

        def register(handler):
            self._handlers[kind] = handler
            return handler

        return register

    def every(self, seconds):
        """Calls the decorated function again and again, once there was an init."""

        def register(action):
            self._timers.append([time.monotonic() + seconds, seconds, action])
            return action

        return register

    def send(self, dest, body):
        line = json.dumps({"src": self.id, "dest": dest, "body": body})
        sys.stdout.write(line + "\n")

    def reply(self, request, body):
        self.send(request["src"], {**body, "in_reply_to": request["body"]["msg_id"]})

    def rpc(self, dest, body, callback):
        """Sends a request; `callback` gets the body of the answer, if one comes."""
        self._next_id += 1
        self._callbacks[self._next_id] = callback
        self.send(dest, {**body, "msg_id": self._next_id})

    def run(self):
        pending = b""
        while True:
            readable, _, _ = select.select([0], [], [], self._time_to_timer())
            if readable:
                chunk = os.read(0, 1 << 16)
                if not chunk:
                    return
                *lines, pending = (pending + chunk).split(b"\n")
                for line in lines:
                    self._handle(json.loads(line))
            self._fire_timers()
            sys.stdout.flush()

    def _handle(self, message):
        body = message["body"]
        callback = self._callbacks.pop(body.get("in_reply_to"), None)
        if callback:
            callback(body)
        elif body["type"] == "init":
            self.id = body["node_id"]
            self.peers = [peer for peer in body["node_ids"] if peer != self.id]
            if "init" in self._handlers:
                self._handlers["init"](message)
            self.reply(message, {"type": "init_ok"})
        elif body["type"] in self._handlers:
            self._handlers[body["type"]](message)
        elif "in_reply_to" not in body:
            self.reply(message, {"type": "error", "code": 10, "text": "no such request here"})

    def _time_to_timer(self):
        if self.id is None or not self._timers:
            return None
        return max(0, min(timer[0] for timer in self._timers) - time.monotonic())

    def _fire_timers(self):
        if self.id is None:
            return
        for timer in self._timers:
            if timer[0] <= time.monotonic():
                timer[0] = time.monotonic() + timer[1]
                timer[2]()
