#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes the backgrounds, the card's shadow and the air of the cabin anew, byte for byte: `python3 assets/pictures/make.py`.

Live dark gradients show bands, so the backgrounds are pictures with noise of one step in 255. They have half the
screen's size: the noise is too fine to see doubled, and the files stay small. The car
is car.svg, drawn by hand; the centre's test `drawing` renders its pictures.
"""
import math
import random
import struct
import zlib
from pathlib import Path

HERE = Path(__file__).parent


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def write(name, width, height, color_type, rows, palette=None):
    head = struct.pack(">IIBBBBB", width, height, 8, color_type, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    parts = [chunk(b"IHDR", head), chunk(b"PLTE", palette) if palette else b"", chunk(b"IDAT", body), chunk(b"IEND", b"")]
    (HERE / name).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def background(name, width, height, base, focus, reach, light, fall):
    """One colour with `light` added behind the focus and `fall` taken away in the corners, in steps of 255."""
    noise = random.Random(name)
    colors, rows = {}, []
    for y in range(height):
        row = []
        for x in range(width):
            near = math.hypot((x / width - focus[0]) * width / height, y / height - focus[1]) / reach
            edge = math.hypot(x / width - 0.5, y / height - 0.5) / math.hypot(0.5, 0.5)
            shift = light * math.exp(-near * near) - fall * edge**4 + noise.random() - 0.5
            color = tuple(max(0, min(255, round(channel + shift))) for channel in base)
            row.append(colors.setdefault(color, len(colors)))
        rows.append(row)
    palette = b"".join(bytes(color) for color in colors)
    write(name, width, height, 3, rows, palette)


def shadow(name, radius, drop, blur, alpha):
    """The shadow of a card as a nine-slice picture: all its edges are radius + blur + drop wide."""
    margin = blur + drop
    edge = radius + margin
    size = 2 * edge + 2
    sigma = blur / 2
    kernel = [math.exp(-(i * i) / (2 * sigma * sigma)) for i in range(-blur, blur + 1)]
    total = sum(kernel)
    kernel = [k / total for k in kernel]

    def inside(x, y):
        dx = max(margin + radius - x - 0.5, x + 0.5 - (size - margin - radius), 0)
        dy = max(margin + radius - y - 0.5, y + 0.5 - (size - margin - radius), 0)
        return max(0.0, min(1.0, radius - math.hypot(dx, dy) + 0.5))

    def smooth(line):
        last = len(line) - 1
        return [sum(k * line[max(0, min(last, i + j - blur))] for j, k in enumerate(kernel)) for i in range(len(line))]

    cover = [smooth([inside(x, y) for x in range(size)]) for y in range(size)]
    cover = list(zip(*(smooth(column) for column in zip(*cover))))
    noise = random.Random(name)
    rows = []
    for y in range(size):
        row = []
        for x in range(size):
            value = cover[max(0, y - drop)][x] * alpha * 255
            row += [0x14, 0x19, 0x1E, int(value + noise.random()) if value > 0.3 else 0]
        rows.append(row)
    write(name, size, size, 6, rows)


def plume(name, width, height):
    """Air that comes out at the top and spreads downwards; white, for the screen gives it its colour."""
    noise = random.Random(name)
    rows = []
    for y in range(height):
        down = y / (height - 1)
        spread = 0.10 + 0.30 * down**0.8
        strength = min(1.0, down / 0.08) * (1 - down) ** 1.4
        row = []
        for x in range(width):
            aside = (x / (width - 1) - 0.5) / spread
            value = 150 * strength * math.exp(-aside * aside * 1.6)
            row += [255, 255, 255, int(value + noise.random()) if value > 0.3 else 0]
        rows.append(row)
    write(name, width, height, 6, rows)


STAGE = (0.66, 0.46)
SPEED = (0.5, 0.46)
background("centre-night.png", 960, 540, (0x0B, 0x0E, 0x12), STAGE, 0.62, 7.6, 4)
background("centre-day.png", 960, 540, (0xE6, 0xE9, 0xEB), STAGE, 0.62, 7.6, 7.6)
background("cluster-night.png", 960, 360, (0x0B, 0x0E, 0x12), SPEED, 0.8, 7.6, 4)
background("cluster-day.png", 960, 360, (0x10, 0x15, 0x1A), SPEED, 0.8, 7.6, 6)
shadow("card-shadow.png", 28, 8, 24, 0.10)
plume("plume.png", 260, 240)
