load() {
    for module in overlay can-raw can-isotp kvaser_pci; do
        modprobe -d "$modules" "$module" || off "no module $module"
    done
}
share() { mount -t 9p -o trans=virtio,version=9p2000.L,cache=none run "$1"; }
