"""A button box on a pseudo terminal. Prints its path; each line on stdin is one press, answered by when the bytes went
in: microseconds of the machine's monotonic clock."""
import json, os, sys, time, tty

box, port = os.openpty()
tty.setraw(port)
print(json.dumps({"path": os.ttyname(port)}), flush=True)
for _ in sys.stdin:
    pressed = time.monotonic_ns()
    os.write(box, b"GO\n")
    print(json.dumps({"atUs": pressed / 1000}), flush=True)
