"""What cantools makes of a log: a JSON line for each frame of a message that the DBC file knows.

usage: cantools_decode.py LOG DBC
"""
import json
import re
import sys
import warnings

warnings.simplefilter("ignore")
import can
import cantools


def main(log, dbc):
    with open(dbc, encoding="cp1252", newline="") as file:
        # Comments change no value, and cantools refuses a file for one that is misplaced.
        text = re.sub(r'^CM_ [^"]*"(?:[^"\\]|\\.)*"\s*;', "", file.read(), flags=re.MULTILINE)
    database = cantools.database.load_string(text, "dbc", strict=False)
    known = {}
    for message in database.messages:
        known.setdefault((message.frame_id, message.is_extended_frame), message)
    with can.LogReader(log) as reader:
        for frame in reader:
            message = known.get((frame.arbitration_id, frame.is_extended_id))
            if message is None or frame.is_error_frame or frame.is_remote_frame or len(frame.data) < message.length:
                continue
            signals = message.decode(bytes(frame.data), decode_choices=False)
            print(json.dumps({"message": message.name, "signals": signals}))


main(*sys.argv[1:])
