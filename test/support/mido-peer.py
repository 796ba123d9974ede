"""Debian's python3-mido, as the other side of a MIDI codec.

decode: a line of hex on standard input is a stream of MIDI bytes; out comes a line of JSON with its messages.
encode: a line of JSON with messages; out comes a line of hex with their bytes.
"""

import json
import sys

import mido

for line in sys.stdin:
    if sys.argv[1] == "decode":
        parser = mido.Parser()
        parser.feed(bytes.fromhex(line))
        out = json.dumps([message.dict() for message in parser])
    else:
        out = "".join(mido.Message(**fields).hex(sep="") for fields in json.loads(line))
    print(out, flush=True)
