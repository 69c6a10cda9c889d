# The first program of the guest. Before it stand: modules, run (a folder of the host), suite, path.
#
# The guest sees the host's own files and cannot change them: what it writes lies in memory, but for $run.

export PATH="$path:/usr/sbin:/sbin:/usr/bin:/bin" LANG=C.UTF-8 HOME=/
off() {
    echo "$1" >"$run/status" 2>/dev/null
    mount -t proc proc /proc 2>/dev/null
    echo o >/proc/sysrq-trigger
    sleep 60
}

mount -t proc proc /proc
mount -t sysfs sys /sys
for module in fs/overlayfs/overlay net/can/can net/can/can-raw drivers/net/can/dev/can-dev drivers/net/can/vcan drivers/net/can/slcan/slcan; do
    insmod "$modules/$module.ko" || off "no module $module"
done
mount -t tmpfs memory /mnt || off "no memory to write to"
mkdir /mnt/changed /mnt/work /mnt/root
root=/mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/changed,workdir=/mnt/work files $root || off "no files"
mount -t proc proc $root/proc
mount -t sysfs sys $root/sys
mount -t devtmpfs dev $root/dev
mkdir -p $root/dev/pts $root/dev/shm
mount -t devpts pts $root/dev/pts
mkdir -p "$root$run"
mount -t hostfs -o "$run" host "$root$run" || off "no way out"
run="$root$run"
chroot $root "$suite" </dev/null >"$run/told" 2>&1
off "ended with $?"
