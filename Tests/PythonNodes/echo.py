#!/usr/bin/env python3
"""Echo, with a few ways to misbehave that tests ask for by the value to be echoed."""

import os
import sys

from maelstrom import Node

node = Node()


@node.on("echo")
def echo(message):
    value = message["body"]["echo"]
    if value == "exit 3":
        print("giving up", file=sys.stderr, flush=True)
        os._exit(3)
    if value == "print garbage":
        sys.stdout.write("this is no message\n")
    if value == "write to nobody":
        node.send("n99", {"type": "hello"})
    if value == "reply badly":
        return node.reply(message, {"type": "echo_ok"})
    if value == "where":
        data = os.environ["SHRIKE_DATA"]
        value = [os.getcwd(), data, os.environ.get("COLOUR"), sys.argv[1:]]
    node.reply(message, {"type": "echo_ok", "echo": value})


node.run()
