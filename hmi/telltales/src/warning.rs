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
    /// Every warning, the most urgent first.
    pub const ALL: [Self; 15] = [
        Self::BonnetOpen,
        Self::DoorOpen(0),
        Self::DoorOpen(1),
        Self::DoorOpen(2),
        Self::DoorOpen(3),
        Self::BootOpen,
        Self::ParkingBrakeOn,
        Self::BeltOpen,
        Self::AbsFault,
        Self::EscFault,
        Self::TyreLow(0),
        Self::TyreLow(1),
        Self::TyreLow(2),
        Self::TyreLow(3),
        Self::BatteryLow,
    ];

    /// Its place in [`Warning::ALL`].
    pub(crate) fn rank(self) -> usize {
        match self {
            Self::BonnetOpen => 0,
            Self::DoorOpen(door) => 1 + door.min(3),
            Self::BootOpen => 5,
            Self::ParkingBrakeOn => 6,
            Self::BeltOpen => 7,
            Self::AbsFault => 8,
            Self::EscFault => 9,
            Self::TyreLow(wheel) => 10 + wheel.min(3),
            Self::BatteryLow => 14,
        }
    }

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
pub fn warnings(inputs: &Inputs) -> impl Iterator<Item = Warning> + '_ {
    let drives = inputs.drives() == Some(true);
    let is = |reading: Option<bool>| reading == Some(true);
    let warns = move |warning: &Warning| match *warning {
        Warning::BonnetOpen => drives && is(inputs.bonnet),
        Warning::DoorOpen(door) => drives && is(inputs.doors.get(door).copied().flatten()),
        Warning::BootOpen => drives && is(inputs.boot),
        Warning::ParkingBrakeOn => drives && is(inputs.parking_brake),
        Warning::BeltOpen => drives && inputs.belted == Some(false),
        Warning::AbsFault => is(inputs.abs_error),
        Warning::EscFault => is(inputs.esc_error),
        Warning::TyreLow(wheel) => inputs.is_low(wheel),
        Warning::BatteryLow => inputs.battery_is_low(),
    };
    Warning::ALL.into_iter().filter(move |warning| inputs.is_on != Some(false) && warns(warning))
}
