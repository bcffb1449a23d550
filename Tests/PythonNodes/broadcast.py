#!/usr/bin/env python3
"""Broadcast: what a node learns it sends to its neighbours again and again until they have it.

With the argument `no-retry` it sends only once, which loses messages under partitions.
"""

import sys

from maelstrom import Node

RETRY_SECONDS = 0.1

node = Node()
seen = {}  # In the order in which they were learned.
neighbours = []
unacknowledged = {}


@node.on("init")
def init(message):
    set_neighbours(node.peers)


@node.on("topology")
def topology(message):
    set_neighbours(message["body"]["topology"].get(node.id, []))
    node.reply(message, {"type": "topology_ok"})


def set_neighbours(peers):
    neighbours[:] = peers
    for peer in peers:
        unacknowledged.setdefault(peer, {}).update(seen)


@node.on("broadcast")
def broadcast(message):
    learn([message["body"]["message"]], None)
    node.reply(message, {"type": "broadcast_ok"})


@node.on("read")
def read(message):
    node.reply(message, {"type": "read_ok", "messages": list(seen)})


@node.on("gossip")
def gossip(message):
    learn(message["body"]["messages"], message["src"])
    node.reply(message, {"type": "gossip_ok"})


def learn(messages, source):
    news = [each for each in messages if each not in seen]
    seen.update(dict.fromkeys(news))
    for peer in neighbours:
        if news and peer != source:
            unacknowledged[peer].update(dict.fromkeys(news))
            tell(peer, news)


def tell(peer, messages):
    def acknowledged(_):
        for each in messages:
            unacknowledged[peer].pop(each, None)

    node.rpc(peer, {"type": "gossip", "messages": messages}, acknowledged)


if "no-retry" not in sys.argv[1:]:

    @node.every(RETRY_SECONDS)
    def retry():
        for peer in neighbours:
            if unacknowledged[peer]:
                tell(peer, list(unacknowledged[peer]))


node.run()
