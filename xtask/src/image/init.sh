#!/bin/busybox sh
# The first program: what the disk and the displays need, then the root. It says when, for the time line.
b=/bin/busybox
$b mount -t devtmpfs dev /dev
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
read up rest </proc/uptime
echo "KERNEL_DONE $up seconds"
LOAD
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 200 ]; do
    $b usleep 20000
    tries=$((tries + 1))
done
$b mount -t squashfs -o ro /dev/vda /new || {
    echo "tandem: there is no root on /dev/vda"
    $b poweroff -f
}
$b umount /proc
for place in dev sys; do
    $b mount --move /$place /new/$place
done
exec $b switch_root /new /sbin/init
