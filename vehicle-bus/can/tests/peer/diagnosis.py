"""A client of udsoncan and a small server of ours on one bus of cannelloni: diagnosis.py ADDRESS:PORT"""

import sys
import threading

import can
import isotp
import udsoncan
from udsoncan.client import Client
from udsoncan.connections import PythonIsoTpConnection

NUMBER = b"TANDEM-0123456789-THAT-IS-LONG"


def stack(send, receive, kind):
    bus = can.Bus(interface="cannelloni", channel=sys.argv[1])
    notifier = can.Notifier(bus, [])
    address = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=send, rxid=receive)
    return bus, notifier, kind(bus, notifier, address=address)


def answer(request):
    match request:
        case [0x10, session]:
            return bytes([0x50, session, 0x00, 0x32, 0x01, 0xF4])
        case [0x22, 0xF1, 0x90]:
            return bytes([0x62, 0xF1, 0x90]) + NUMBER
        case [0x3E, 0x00]:
            return bytes([0x7E, 0x00])
        case [service, *_]:
            return bytes([0x7F, service, 0x11])


def serve(server):
    while (request := server.recv(block=True, timeout=30)) != b"\x11\x01":
        if request is None:
            return
        server.send(answer(list(request)))
    server.send(b"\x51\x01")


server_bus, server_notifier, server = stack(0x7E8, 0x7E0, isotp.NotifierBasedCanStack)
client_bus, client_notifier, layer = stack(0x7E0, 0x7E8, isotp.NotifierBasedCanStack)
server.start()
serving = threading.Thread(target=serve, args=[server])
serving.start()

config = dict(udsoncan.configs.default_client_config)
config["data_identifiers"] = {0xF190: udsoncan.AsciiCodec(len(NUMBER))}
config["request_timeout"] = config["p2_timeout"] = config["p2_star_timeout"] = 20
with Client(PythonIsoTpConnection(layer), config=config) as client:
    print("session", client.change_session(3).service_data.session_echo)
    print("number", client.read_data_by_identifier(0xF190).service_data.values[0xF190])
    print("present", client.tester_present().positive)
    try:
        client.clear_dtc(0xFFFFFF)
    except udsoncan.exceptions.NegativeResponseException as refusal:
        print("refused", refusal.response.code_name)
    print("reset", client.ecu_reset(1).positive)
serving.join()
server.stop()
for ended in [server_notifier, client_notifier]:
    ended.stop()
for bus in [server_bus, client_bus]:
    bus.shutdown()
