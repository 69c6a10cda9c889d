use crate::Inputs;

/// One thing that the driver has to know.
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

/// How much a warning weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Danger now: act, or stop.
    Danger,
    /// Something has failed or will: drive with care.
    Caution,
    /// To be seen to on this drive.
    Advice,
}

impl Warning {
    pub fn severity(self) -> Severity {
        match self {
            Self::BonnetOpen | Self::DoorOpen(_) | Self::BootOpen | Self::ParkingBrakeOn | Self::BeltOpen => {
                Severity::Danger
            }
            Self::AbsFault | Self::EscFault | Self::TyreLow(_) => Severity::Caution,
            Self::BatteryLow => Severity::Advice,
        }
    }
}

/// All warnings of these readings, the most urgent first. A reading that is not valid warns of nothing, and neither does a car that is off.
pub fn warnings(inputs: &Inputs) -> impl Iterator<Item = Warning> + use<> {
    let drives = inputs.drives() == Some(true);
    let is = |reading: Option<bool>| reading == Some(true);
    let low = |wheel: usize| inputs.is_low(wheel);
    let [driver, passenger, rear_left, rear_right] = inputs.doors.map(is);
    let active = inputs.is_on != Some(false);
    [
        (drives && is(inputs.bonnet), Warning::BonnetOpen),
        (drives && driver, Warning::DoorOpen(0)),
        (drives && passenger, Warning::DoorOpen(1)),
        (drives && rear_left, Warning::DoorOpen(2)),
        (drives && rear_right, Warning::DoorOpen(3)),
        (drives && is(inputs.boot), Warning::BootOpen),
        (drives && is(inputs.parking_brake), Warning::ParkingBrakeOn),
        (drives && inputs.belted == Some(false), Warning::BeltOpen),
        (is(inputs.abs_error), Warning::AbsFault),
        (is(inputs.esc_error), Warning::EscFault),
        (low(0), Warning::TyreLow(0)),
        (low(1), Warning::TyreLow(1)),
        (low(2), Warning::TyreLow(2)),
        (low(3), Warning::TyreLow(3)),
        (inputs.battery_is_low(), Warning::BatteryLow),
    ]
    .into_iter()
    .filter_map(move |(warns, warning)| (active && warns).then_some(warning))
}
