"""What cantools makes of DBC files: which signals are there in a payload, and their values.

usage: vectors.py [--facts] DBC...        writes to standard output

With --facts a line of JSON for each file instead: everything that is no payload, names, units, comments, limits and so on.

A line `file PATH` begins a file, `skip REASON` stands for one that cantools refuses even when mended. `about` begins a message: raw id (bit 31:
extended), cycle in ms, `j1939` or `-`, then name=start value=named values of every signal. Every other line is a payload: raw id, payload, then name=raw=physical of every signal that is there. Each signal is decoded alone, so that overlaps cannot break
cantools' codec, and the branches are worked out from the raw values. The mending is not that of the crate: both are held to the same result.

The vectors in the repository: python3 tests/peer/vectors.py features.dbc odd.dbc >features.vectors, in the folder of those files.
"""
import collections
import copy
import json
import logging
import os
import random
import re
import sys
import warnings

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
import cantools
from cantools.database.can.message import Message

TEXT = r'"(?:[^"\\]|\\.)*"'


def fit(number):
    number = int(number)
    return number if number <= 0x7FF else number & 0x1FFFFFFF | 1 << 31


def name(word):
    return "_" + word if word[0].isdigit() else word


def mended(text):
    text = re.sub(rf"^CM_ (?:SG_ \d+|BO_|\d+)\s+{TEXT}\s*;?", "", text, flags=re.M)
    text = re.sub(rf"^CM_ {TEXT}\s*$(?!;)", "", text, flags=re.M)
    # A statement may stand before the message that it is about.
    known = collections.defaultdict(set)
    for id_, signal in re.findall(r"^\s*(?:BO_ (\d+)|SG_ (\w+))", text, flags=re.M):
        if id_:
            current = known[fit(id_)]
        else:
            current.add(name(signal))
    out, seen, signals, message, skip = [], set(), collections.defaultdict(set), None, False
    for line in text.split("\n"):
        if found := re.match(r"\s*BO_ (\d+) (\w+) *:(.*)", line):
            message = fit(found[1])
            skip = message in seen
            if skip:
                continue
            seen.add(message)
            line = f"BO_ {message} {name(found[2])}:{found[3]}"
        elif found := re.match(r"\s*SG_ (\w+)( +[mM]\w*)? *:(.*)", line):
            if skip or name(found[1]) in signals[message]:
                continue
            signals[message].add(name(found[1]))
            rest = re.sub(r"(?<![\w.])\.(\d)", r"0.\1", found[3])
            line = f" SG_ {name(found[1])}{found[2] or ''} :{rest}"
        elif found := re.match(r"(VAL_|SIG_VALTYPE_|SG_MUL_VAL_) (\d+) (\w+)(.*)", line):
            if name(found[3]) not in known.get(fit(found[2]), ()):
                continue
            end = found[4].rstrip()
            if found[1] == "VAL_" and not end.endswith(";") and end.count('"') % 2 == 0:
                end += " ;"
            line = f"{found[1]} {fit(found[2])} {name(found[3])}{end}"
        elif found := re.match(r'(CM_ (?:BO_|SG_)|BA_ "\w+" (?:BO_|SG_)) (\d+)(.*)', line):
            if fit(found[2]) not in known:
                continue
            rest = found[3]
            if "SG_" in found[1] and (digit := re.match(r" (\d\w*)(.*)", rest)):
                rest = f" _{digit[1]}{digit[2]}"
            line = f"{found[1]} {fit(found[2])}{rest}"
        elif found := re.match(r"(BO_TX_BU_|SIG_GROUP_) (\d+)(.*)", line):
            line = f"{found[1]} {fit(found[2])}{found[3]}"
        out.append(line)
    return "\n".join(out)


def alone(message, signal):
    """The message with nothing but this signal in it; None for one that reaches past its end."""
    big, start = signal.byte_order == "big_endian", signal.start
    first = 8 * (start // 8) + 7 - start % 8 if big else start
    if first + signal.length > 8 * message.length:
        return None
    signal = copy.copy(signal)
    signal.is_multiplexer, signal.multiplexer_ids, signal.multiplexer_signal = False, None, None
    return Message(
        frame_id=message.frame_id,
        name="x",
        length=message.length,
        signals=[signal],
        is_extended_frame=message.is_extended_frame,
        is_fd=message.length > 8,
        strict=False,
    )


def payloads(length, chance):
    yield from (bytes([fill]) * length for fill in (0x00, 0xFF, 0xAA, 0x55))
    yield from (chance.randbytes(length) for _ in range(12))
    for bit in range(0, 8 * length, max(1, length)):
        walking = bytearray(length)
        walking[bit // 8] = 1 << bit % 8
        yield bytes(walking)


def present(message, codecs, payload):
    raws = {
        name: codec.decode(payload, decode_choices=False, scaling=False)[name]
        for name, codec in codecs.items()
        if codec is not None
    }
    by_name = {signal.name: signal for signal in message.signals}

    def active(signal, depth=0):
        if signal.multiplexer_ids is None:
            return True
        selector = by_name.get(signal.multiplexer_signal)
        if selector is None or depth > len(by_name):
            return False
        return active(selector, depth + 1) and raws.get(selector.name) in signal.multiplexer_ids

    for signal in message.signals:
        if signal.name in raws and active(signal):
            raw = raws[signal.name]
            physical = signal.conversion.raw_to_scaled(raw, decode_choices=False)
            yield f"{signal.name}={raw!r}={float(physical)!r}"


def load(file):
    data = open(file, "rb").read().replace(b"\r\n", b"\n")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return cantools.database.load_string(mended(text), "dbc", strict=False)


def facts(database):
    def signal(signal):
        return {
            "unit": signal.unit or "",
            "minimum": signal.minimum,
            "maximum": signal.maximum,
            "factor": float(signal.scale),
            "offset": float(signal.offset),
            "comment": signal.comment,
            "receivers": signal.receivers,
            "values": sorted([value, str(name)] for value, name in (signal.choices or {}).items()),
        }

    def message(message):
        return {
            "name": message.name,
            "length": message.length,
            "cycle_ms": message.cycle_time or None,
            "send_type": message.send_type or None,
            "comment": message.comment,
            "senders": message.senders,
            "is_fd": message.is_fd,
            "signals": {it.name: signal(it) for it in message.signals},
        }

    return {
        "version": database.version or "",
        "nodes": [[node.name, node.comment] for node in database.nodes],
        "messages": {it.frame_id | it.is_extended_frame << 31: message(it) for it in database.messages},
    }


def main(files):
    only_facts = files[:1] == ["--facts"]
    if only_facts:
        for file in files[1:]:
            try:
                database = load(file)
            except Exception:
                database = None
            print(json.dumps({"file": file} | (facts(database) if database else {"refused": True})))
        return
    print(f"# Made by peer/vectors.py with cantools {cantools.__version__}; it says what a line holds.")
    for file in files:
        print("file", file)
        try:
            database = load(file)
        except Exception as error:
            print("skip", str(error).replace("\n", " ")[:150])
            continue
        chance = random.Random(os.path.basename(file)[:-4])
        for message in database.messages:
            raw_id = message.frame_id | message.is_extended_frame << 31
            signals = [f"{s.name}={s.raw_initial}={len(s.choices or ())}" for s in message.signals]
            print("about", raw_id, message.cycle_time, message.protocol or "-", *signals)
            if not 0 < message.length <= 64:
                continue
            codecs = {signal.name: alone(message, signal) for signal in message.signals}
            for payload in payloads(message.length, chance):
                print(raw_id, payload.hex(), *present(message, codecs, payload))


main(sys.argv[1:])
