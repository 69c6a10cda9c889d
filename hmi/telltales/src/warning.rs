use crate::Inputs;

/// What the warning line has to say: one thing, the most urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The car drives with the bonnet open.
    BonnetOpen,
    /// The car drives with a door open: 0 and 1 are driver and passenger of row 1, 2 and 3 of row 2.
    DoorOpen(usize),
    /// The car drives with the boot open.
    BootOpen,
    /// The car drives with its parking brake on.
    ParkingBrakeOn,
    /// The car drives and the driver's belt is open.
    BeltOpen,
    AbsFault,
    EscFault,
    /// 0 and 1 are left and right of axle 1, 2 and 3 of axle 2.
    TyreLow(usize),
    BatteryLow,
}

impl Warning {
    /// Danger now; otherwise it is a caution.
    pub fn is_danger(self) -> bool {
        match self {
            Self::BonnetOpen | Self::DoorOpen(_) | Self::BootOpen | Self::ParkingBrakeOn | Self::BeltOpen => true,
            Self::AbsFault | Self::EscFault | Self::TyreLow(_) | Self::BatteryLow => false,
        }
    }
}

/// The most urgent warning of these readings. A reading that is not valid warns of nothing.
pub fn warning(inputs: &Inputs) -> Option<Warning> {
    if inputs.is_on == Some(false) {
        return None;
    }
    let drives = inputs.drives() == Some(true);
    let open = |ajar: Option<bool>| drives && ajar == Some(true);
    if open(inputs.bonnet) {
        return Some(Warning::BonnetOpen);
    }
    if let Some(door) = inputs.doors.iter().position(|door| open(*door)) {
        return Some(Warning::DoorOpen(door));
    }
    if open(inputs.boot) {
        return Some(Warning::BootOpen);
    }
    if open(inputs.parking_brake) {
        return Some(Warning::ParkingBrakeOn);
    }
    if drives && inputs.belted == Some(false) {
        return Some(Warning::BeltOpen);
    }
    if inputs.abs_error == Some(true) {
        return Some(Warning::AbsFault);
    }
    if inputs.esc_error == Some(true) {
        return Some(Warning::EscFault);
    }
    if let Some(wheel) = inputs.low_tyre() {
        return Some(Warning::TyreLow(wheel));
    }
    inputs.battery_is_low().then_some(Warning::BatteryLow)
}
