"""Frames whose checksums were made by others: opendbc's packer and the package autosar-e2e.

usage: checksums.py >../checksums.vectors        (opendbc 0.3.1, autosar-e2e 1.0.0)

A line: kind, data ids in hex with commas between or -, raw id (bit 31: extended), payload, then the checksum's start bit, size and byte order as
a DBC file writes them. Payloads and data ids are invented here.
"""
import random
import sys

from e2e import p01, p02, p05
from opendbc.can import CANPacker
from opendbc.can.dbc import SignalType
from opendbc.car.hyundai import hyundaican
from opendbc.car.hyundai.hyundaicanfd import hkg_can_fd_checksum
from opendbc.car.volkswagen import mqbcan

chance = random.Random("tandem")
IDS = [chance.randrange(256) for _ in range(16)]


def line(kind, data_ids, raw_id, payload, place):
    print(kind, ",".join(f"{i:x}" for i in data_ids) or "-", raw_id, bytes(payload).hex(), *place)


def packed(kind, dbc, data_ids=lambda address: [], count=8):
    """Frames of messages that have a checksum, with invented values in every other signal."""
    packer = CANPacker(dbc)
    protected = [m for m in packer.dbc.addr_to_msg.values() if any(s.name == "CHECKSUM" for s in m.sigs.values())]
    for message in chance.sample(protected, min(count, len(protected))):
        ids = data_ids(message.address)
        signals = [s for s in message.sigs.values() if s.type in (SignalType.DEFAULT, SignalType.COUNTER)]
        values = {s.name: chance.randrange(1 << s.size) * s.factor + s.offset for s in signals if s.size <= 32}
        address, payload, _ = packer.make_can_msg(message.name, 0, values)
        checksum = next(s for s in message.sigs.values() if s.name == "CHECKSUM")
        order = 1 if checksum.is_little_endian else 0
        start = checksum.lsb if order else checksum.msb
        line(kind, ids, address | (address > 0x7FF) << 31, payload, (start, checksum.size, order))


def volkswagen(address):
    """Constants of our own in place of the maker's: none, one for every counter, or one for each."""
    ids = chance.choice([[], [chance.randrange(256)], IDS])
    mqbcan.VOLKSWAGEN_MQB_MEB_CONSTANTS[address] = ids * (16 // max(1, len(ids)))
    return ids


def hyundai():
    crc, add = hyundaican.hyundai_checksum, lambda data: sum(data) % 256
    for kind, make in [("hyundai_crc8", crc), ("hyundai_sum7", add), ("hyundai_sum6", lambda data: add(data[:6]))]:
        for _ in range(4):
            payload = bytearray(chance.randbytes(8))
            payload[6] = make(payload[:6] + payload[7:8])
            line(kind, [], 0x340, payload, (48, 8, 1))
    for length in (8, 16, 24, 32, 64):
        payload, address = bytearray(chance.randbytes(length)), chance.randrange(0x800)
        payload[:2] = hkg_can_fd_checksum(address, None, payload).to_bytes(2, "little")
        line("hyundai_canfd", [], address, payload, (0, 16, 1))


def autosar():
    modes = [("both", p01.E2E_P01_DATAID_BOTH), ("alt", p01.E2E_P01_DATAID_ALT), ("low", p01.E2E_P01_DATAID_LOW)]
    for mode, number in modes + [("nibble", p01.E2E_P01_DATAID_NIBBLE)]:
        for length in (2, 8, 8, 16):
            payload, data_id = bytearray(chance.randbytes(length)), chance.randrange(0x10000)
            payload[1] = payload[1] & 0xF0 | chance.randrange(15)
            p01.e2e_p01_protect(payload, data_id, data_id_mode=number)
            line(f"e2e_p01_{mode}", [data_id], 0x123, payload, (0, 8, 1))
    for length in (2, 8, 8, 64):
        payload = bytearray(chance.randbytes(length))
        p02.e2e_p02_protect(payload, bytes(IDS))
        line("e2e_p02", IDS, 0x123, payload, (0, 8, 1))
    for length in (3, 8, 8, 64):
        payload, data_id = bytearray(chance.randbytes(length)), chance.randrange(0x10000)
        p05.e2e_p05_protect(payload, data_id)
        line("e2e_p05", [data_id], 0x123, payload, (0, 16, 1))


def main():
    print("# Made by peer/checksums.py, which says what a line holds.")
    packed("honda", "acura_ilx_2016_can_generated")
    packed("toyota", "toyota_nodsu_pt_generated")
    packed("chrysler", "chrysler_cusw")
    packed("vw_mqb", "vw_mqb", volkswagen, 16)
    packed("hyundai_canfd", "hyundai_canfd_generated")
    hyundai()
    autosar()


sys.exit(main())
