//! A CAN interface goes away while the car drives, and comes back.

use crate::car::{Car, Journey};

/// How it goes and how it comes: as a driver that is told to, and as a controller that is taken away from its driver.
const WAYS: [(&str, &str, &str); 2] = [
    ("down", "ip link set can0 down", "ip link set can0 up"),
    (
        "absent",
        "basename $(readlink /sys/class/net/can0/device) >/run/can0 && cat /run/can0 >/sys/bus/pci/drivers/kvaser_pci/unbind",
        "cat /run/can0 >/sys/bus/pci/drivers/kvaser_pci/bind",
    ),
];

#[test]
fn a_car_whose_bus_goes_away_shows_that_its_speed_is_old_and_the_new_one_when_the_bus_comes_back() {
    let Some(mut car) = Car::up(&Journey::DRIVES) else { return };
    car.drives();
    let before = car.parts();
    for (state, goes, comes) in WAYS {
        car.does(goes);
        car.until(state, "tandem bus show --json", |done| done.said.contains(&format!("\"{state}\"")).then_some(()));
        car.drove();
        let read = car.tells("tandem signals get --json Vehicle.Speed");
        assert_eq!(read[0]["quality"], "stale", "{read}");
        let told = car.tries("tandem doctor");
        assert!(told.status != 0 && told.said.contains("can0"), "{}", told.said);
        car.does(comes);
        car.drives();
    }
    assert_eq!(car.parts(), before, "no part was started anew");
    car.is_well();
    car.stops();
}
