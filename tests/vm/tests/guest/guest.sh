# What every guest's first program does. Before it stand: modules, run (a folder of the host), suite, path, and the guest's own `load` and `share`.
#
# The guest sees the host's own files and cannot change them: what it writes lies in memory, but for $run.

export PATH="$path:/usr/sbin:/sbin:/usr/bin:/bin" LANG=C.UTF-8 HOME=/
off() {
    echo "$1" >"$run/status" 2>/dev/null
    echo "guest: $1"
    mount -t proc proc /proc 2>/dev/null
    echo o >/proc/sysrq-trigger
    sleep 60
}

mount -t proc proc /proc
mount -t sysfs sys /sys
load
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
share "$root$run" || off "no way out"
run="$root$run"
chroot $root "$suite" </dev/null >"$run/told" 2>&1
off "ended with $?"
