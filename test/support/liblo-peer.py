"""Debian's python3-liblo, as the other side of the OSC codec: bundles, and the types that oscsend cannot write.

send PORT: a line of JSON on standard input is a bundle: a list of [address, [[type, value], ...]]. It is sent over UDP.
hear: prints its port, then a line of JSON for each message that came: [address, types, values].
"""

import json
import sys

import liblo

BYTES = "bm"


def value_in(kind, value):
    return tuple(bytes.fromhex(value)) if kind == "m" else list(bytes.fromhex(value)) if kind == "b" else value


def value_out(kind, value):
    return bytes(value).hex() if kind in BYTES else value


if sys.argv[1] == "send":
    for line in sys.stdin:
        messages = [
            liblo.Message(address, *[(kind, value_in(kind, value)) for kind, value in args])
            for address, args in json.loads(line)
        ]
        liblo.send(("127.0.0.1", int(sys.argv[2])), liblo.Bundle(0.0, *messages))
else:
    server = liblo.Server()

    def heard(address, values, types):
        print(json.dumps([address, types, [value_out(k, v) for k, v in zip(types, values)]]), flush=True)

    server.add_method(None, None, heard)
    print(json.dumps(server.port), flush=True)
    while True:
        server.recv()
