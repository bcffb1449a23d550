#!/usr/bin/env python3
"""Hands reads, writes and compare-and-sets on to a service, `lin-kv` unless the argument says."""

import sys

from maelstrom import Node

service = sys.argv[1] if len(sys.argv) > 1 else "lin-kv"
node = Node()


def proxy(message):
    request = {key: value for key, value in message["body"].items() if key != "msg_id"}

    def answer(body):
        reply = {key: value for key, value in body.items() if key != "in_reply_to"}
        node.reply(message, reply)

    node.rpc(service, request, answer)


for kind in ["read", "write", "cas"]:
    node.on(kind)(proxy)

node.run()
