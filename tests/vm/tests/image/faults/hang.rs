//! The system hangs, in two ways, and its hardware resets it.

use std::time::Instant;

use crate::car::{Car, Journey, STARTS_WITHIN, progress};

const HANGS: [(&str, &str); 2] = [
    // Every processor has something to do that goes before everything else, systemd included: a program gone wild with the rights of one that must never wait.
    (
        "a program that takes all processors",
        "echo -1 >/proc/sys/kernel/sched_rt_runtime_us; for cpu in 0 1 2 3; do (sleep 1; exec chrt -f 99 sh -c 'while :; do :; done') & done",
    ),
    // The kernel gives up and, told so, stays as it is.
    ("a kernel that gave up", "echo 0 >/proc/sys/kernel/panic; (sleep 1; echo c >/proc/sysrq-trigger) &"),
];

#[test]
fn a_system_that_hangs_is_reset_by_its_watchdog_and_drives_again() {
    let Some(mut car) = Car::up(&Journey { resets: true, ..Journey::DRIVES }) else { return };
    assert_eq!(car.does("systemctl show --property=RuntimeWatchdogUSec --value"), "20s");
    for (number, (what, hang)) in HANGS.iter().enumerate() {
        car.does(hang);
        let (hung, until) = (Instant::now(), Instant::now() + STARTS_WITHIN);
        while car.machine.times("WATCHDOG").unwrap() == number {
            assert!(Instant::now() < until, "nobody resets {what}; {}", car.machine.last());
            drop(car.machine.line(Instant::now() + std::time::Duration::from_millis(200)).unwrap());
        }
        progress("hang", &format!("{what}: reset after {:.0} s", hung.elapsed().as_secs_f64()));
        car.hand.starts_anew();
        car.is_up();
        progress("hang", &format!("up again after {:.0} s", hung.elapsed().as_secs_f64()));
    }
    assert_eq!(car.machine.times("WATCHDOG").unwrap(), HANGS.len(), "and never while it was well");
    car.drives();
    car.is_well();
    car.stops();
}
