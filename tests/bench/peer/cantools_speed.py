"""How fast cantools decodes and python-can reads a candump log: one JSON line.

usage: cantools_speed.py LOG INTERFACE=DBC...
"""
import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
import can
import cantools

SECONDS = 2.0


def speed(count, work):
    """Items a second of CPU time."""
    rounds, begun = 0, time.process_time()
    while True:
        work()
        rounds += 1
        spent = time.process_time() - begun
        if spent >= SECONDS:
            return count * rounds / spent


def main(log, *buses):
    codecs = {}
    for bus in buses:
        interface, _, path = bus.partition("=")
        database = cantools.database.load_file(path, strict=False, encoding="cp1252")
        codecs[interface] = {(m.frame_id, m.is_extended_frame): m for m in database.messages}
    frames = []
    lines = 0
    with can.LogReader(log) as reader:
        for message in reader:
            lines += 1
            codec = codecs.get(message.channel)
            if codec is not None:
                frames.append((codec, (message.arbitration_id, message.is_extended_id), bytes(message.data)))

    def decode():
        for codec, key, data in frames:
            known = codec.get(key)
            if known is None:
                continue
            try:
                known.decode(data, decode_choices=False, allow_truncated=True)
            except cantools.database.DecodeError:
                # A value that selects no branch; it took its time all the same.
                pass

    def read():
        with can.LogReader(log) as reader:
            for _ in reader:
                pass

    print(json.dumps({"decode": speed(len(frames), decode), "read": speed(lines, read)}))


main(*sys.argv[1:])
