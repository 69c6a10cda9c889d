"""Two stacks of can-isotp on one bus of cannelloni: isotp_pair.py ADDRESS:PORT

Each length goes there and comes back. Tells how many came back as they were.
"""

import sys

import can
import isotp

LENGTHS = [1, 7, 8, 62, 100, 1000, 4095]
PATIENCE = 20


def stack(send, receive):
    bus = can.Bus(interface="cannelloni", channel=sys.argv[1])
    address = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=send, rxid=receive)
    # can-isotp hears through a notifier, which never waits for long.
    notifier = can.Notifier(bus, [])
    return bus, notifier, isotp.NotifierBasedCanStack(bus, notifier, address=address, params={"stmin": 0, "blocksize": 8})


one_bus, one_notifier, one = stack(0x7E0, 0x7E8)
two_bus, two_notifier, two = stack(0x7E8, 0x7E0)
one.start()
two.start()
same = 0
for length in LENGTHS:
    payload = bytes(at * 7 % 251 for at in range(length))
    one.send(payload)
    there = two.recv(block=True, timeout=PATIENCE)
    two.send(there or b"?")
    back = one.recv(block=True, timeout=PATIENCE)
    same += there == payload and back == payload
for ended in [one, two, one_notifier, two_notifier]:
    ended.stop()
for bus in [one_bus, two_bus]:
    bus.shutdown()
print(f"{same} of {len(LENGTHS)}")
