# For figures, as root, once the start is over: what the instruments waited for, when each part was ready, what each process holds. tests/machine/src/measures.rs reads it.
export LC_ALL=C.UTF-8 SYSTEMD_COLORS=0
say() { echo "measure: $*"; }

until chain=$(systemd-analyze critical-chain --no-pager --fuzz=1h tandem-cluster.service 2>/dev/null); do
    sleep 1
done
# What is read and built at the start is let go by then.
sleep 10
say began "$(systemctl show --property=UserspaceTimestampMonotonic --value)"
for unit in $(systemctl list-units --plain --no-legend --full "tandem-*.service" | cut -d ' ' -f 1); do
    started=$(systemctl show --property=ExecMainStartTimestampMonotonic --value "$unit")
    ready=$(systemctl show --property=ActiveEnterTimestampMonotonic --value "$unit")
    say unit "$unit" "$started" "$ready"
done
echo "$chain" | while IFS= read -r line; do say chain "$line"; done
for process in /proc/[0-9]*; do
    # A thread of the kernel has no program.
    program=$(readlink "$process/exe") || continue
    held=$(sed -n 's/^Pss: *\([0-9]*\) kB$/\1/p' "$process/smaps_rollup" 2>/dev/null)
    [ "$process" = "/proc/$$" ] || [ -z "$held" ] || say pss "$held" "${program##*/}"
done
say done
