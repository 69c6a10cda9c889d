//! A clock that lost its battery.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::car::{Car, Journey, notice};

/// systemd does not let its clock stand before the day on which it was made itself. What starts later may still find it there.
const BEFORE: &str = "date --set=@100 >/dev/null";

#[test]
fn a_car_whose_clock_says_1970_drives_and_keeps_what_is_set_and_who_it_is_and_so_it_does_when_the_time_comes() {
    let Some(mut car) = Car::up(&Journey { clock: Some("1970-01-01"), ..Journey::DRIVES }) else { return };
    car.drives();
    car.is_well();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let booted: u64 = car.does("date +%s").parse().unwrap();
    assert!(booted < now - 86_400, "it is {booted}, and that is no clock without a battery");
    let certificate = "sha256sum </data/lib/tandem-phone-link/identity.pem";
    let first = car.does(certificate);
    assert!(!first.is_empty(), "it has made itself known to phones");

    // From the very beginning of time on, with nothing kept.
    car.does(&format!(
        "systemctl stop tandem.target 'tandem-*.service' && rm -r /data/lib/tandem-* && {BEFORE} && \
         systemctl start tandem.target tandem-lifecycle tandem-vehicle tandem-media tandem-settings tandem-phone-link tandem-cluster tandem-centre"
    ));
    assert_eq!(car.does("date +%Y"), "1970");
    car.drives();
    car.is_well();
    car.does("tandem settings set display.theme day");
    let identity = car.does(certificate);
    assert!(identity != first && !identity.is_empty(), "{identity}");
    let before = car.parts();

    // A phone or a satellite says what time it is.
    car.does("date --set=@1900000000 >/dev/null");
    car.drives();
    car.does("tandem settings set display.brightness 41");
    assert_eq!(car.parts(), before, "no part was started anew");
    car.does("systemctl restart tandem-phone-link tandem-settings tandem-media tandem-vehicle");
    assert_eq!(car.does(certificate), identity, "phones know it as who it was");
    let settings = car.settings();
    assert_eq!((notice(&settings), &settings["kept"]), ("", &true.into()), "{settings}");
    let theme = car.does("tandem settings get display.theme");
    assert_eq!((theme.as_str(), car.does("tandem settings get display.brightness").as_str()), ("day", "41"));
    car.drives();
    car.is_well();

    // The journal tells it in the order in which it was, whatever the clock said.
    let told = car.does("journalctl --boot --output=json --output-fields=__MONOTONIC_TIMESTAMP | grep -o '__MONOTONIC_TIMESTAMP\":\"[0-9]*' | grep -o '[0-9]*$' >/run/told && sort -n -c /run/told && wc -l </run/told");
    assert!(told.parse::<u32>().unwrap() > 100, "{told}");
    let panics = car.does("journalctl --boot --output=cat | grep -c panicked || true");
    assert_eq!(panics, "0");
    car.stops();
}
