"""python-can as the peer of tandem-logs.

    recordings.py tell FILE            a line for each frame of a recording
    recordings.py write FILE COUNT     writes COUNT frames of every kind, by the ending of FILE, and tells them

A line is: microseconds, channel from 0, then `error`; or the id with x behind an extended one, and
`remote LENGTH`, `data BYTES` or `fd BRS ESI BYTES`. TZ must be UTC.
"""

import gzip
import os
import random
import sys

import can

START = 1_700_000_000.25


def line(message):
    channel = message.channel
    if channel is None:
        # python-can leaves it out for the error frames of can-utils.
        channel = "?"
    name = f"{message.arbitration_id:X}" + ("x" if message.is_extended_id or message.arbitration_id > 0x7FF else "")
    head = f"{round(message.timestamp * 1e6)} {str(channel).removeprefix('can')}"
    if message.is_error_frame:
        return f"{head} error"
    if message.is_remote_frame:
        # A remote frame asks for 8 bytes at most; there are none in CAN FD.
        return f"{head} {name} remote {min(message.dlc, 8)}"
    data = bytes(message.data).hex()
    if message.is_fd:
        return f"{head} {name} fd {int(message.bitrate_switch)} {int(message.error_state_indicator)} {data}"
    return f"{head} {name} data {data}"


def messages(count):
    chance = random.Random(7)
    time = START
    for _ in range(count):
        time += chance.randrange(1, 100_000) / 1e6
        extended = chance.random() < 0.4
        kind = chance.choice(["data", "data", "fd", "remote", "error"])
        some = {
            "timestamp": time,
            "channel": chance.choice([0, 0, 1, 2, 7]),
            "is_extended_id": extended,
            "arbitration_id": chance.randrange(1 << (29 if extended else 11)),
            "is_rx": chance.random() < 0.8,
        }
        if kind == "error":
            yield can.Message(**some | {"is_error_frame": True, "arbitration_id": 0x80, "is_extended_id": False}, data=bytes(8))
        elif kind == "remote":
            yield can.Message(**some, is_remote_frame=True, dlc=chance.randrange(9))
        elif kind == "fd":
            # Of no bytes python-can reads its own frames back as remote ones.
            data = chance.randbytes(chance.choice([1, 7, 8, 12, 16, 20, 24, 32, 48, 64]))
            bits = {"bitrate_switch": chance.random() < 0.5, "error_state_indicator": chance.random() < 0.2}
            yield can.Message(**some, is_fd=True, **bits, data=data)
        else:
            yield can.Message(**some, data=chance.randbytes(chance.randrange(9)))


def tell(path):
    if ".asc" in path:
        opened = gzip.open(path, "rt") if path.endswith(".gz") else path
        reader = can.ASCReader(opened, relative_timestamp=False)
    else:
        reader = can.LogReader(path)
    for message in reader:
        print(line(message))


def write(path, count):
    # Without the channel's name can-utils' own form has none to tell.
    with can.Logger(path) as logger:
        for message in messages(count):
            if ".log" in path:
                message.channel = f"can{message.channel}"
            logger.on_message_received(message)


assert os.environ.get("TZ") == "UTC"
if sys.argv[1] == "write":
    write(sys.argv[2], int(sys.argv[3]))
tell(sys.argv[2])
