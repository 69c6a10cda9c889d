"""python-can as the car: drive.py RECORDING DBC COMMANDS-DBC CAN0 CAN1

Says the recording's frames on the two buses, without a pause, and tells the speed that it said last. Then it tells the first temperature that it is asked for.
"""

import sys

import can
import cantools

recording, motion, commands, *addresses = sys.argv[1:]
motion, commands = cantools.database.load_file(motion), cantools.database.load_file(commands)
buses = {f"can{at}": can.Bus(interface="cannelloni", channel=address) for at, address in enumerate(addresses)}
speed = motion.get_message_by_name("VehicleMotion")
said = None
for message in can.LogReader(recording):
    if message.channel in buses:
        buses[message.channel].send(message)
        if message.channel == "can0" and message.arbitration_id == speed.frame_id:
            said = speed.decode(message.data)["Speed"]
print("speed", said, flush=True)
wanted = commands.get_message_by_name("ClimateCommand")
while True:
    message = buses["can1"].recv(timeout=60)
    if message is None:
        sys.exit("nothing was asked for")
    if message.arbitration_id == wanted.frame_id:
        print("asked", wanted.decode(message.data, decode_choices=False)["DriverTemperature"], flush=True)
        break
for bus in buses.values():
    bus.shutdown()
