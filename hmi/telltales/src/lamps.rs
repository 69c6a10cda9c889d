/// The colour of a lamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Red,
    Amber,
    Green,
    Blue,
}

/// The state of a lamp.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lamp {
    #[default]
    Dark,
    Lit(Colour),
    /// The car does not say: neither lit nor dark would be true.
    Unknown,
}

/// Which lamp. In the order of the lane: eight from its left edge, those of the lights up to its right edge, the flashers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telltale {
    ParkingBrake,
    Belt,
    Door,
    Abs,
    Esc,
    Tyre,
    Battery,
    Fault,
    RearFog,
    FrontFog,
    HighBeam,
    Position,
    LowBeam,
    Left,
    Right,
}

impl Telltale {
    pub const ALL: [Self; 15] = [
        Self::ParkingBrake,
        Self::Belt,
        Self::Door,
        Self::Abs,
        Self::Esc,
        Self::Tyre,
        Self::Battery,
        Self::Fault,
        Self::RearFog,
        Self::FrontFog,
        Self::HighBeam,
        Self::Position,
        Self::LowBeam,
        Self::Left,
        Self::Right,
    ];

    /// A word for logs and for `Screen1`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ParkingBrake => "parking-brake",
            Self::Belt => "belt",
            Self::Door => "door",
            Self::Abs => "abs",
            Self::Esc => "esc",
            Self::Tyre => "tyre",
            Self::Battery => "battery",
            Self::Fault => "fault",
            Self::RearFog => "rear-fog",
            Self::FrontFog => "front-fog",
            Self::HighBeam => "high-beam",
            Self::Position => "position",
            Self::LowBeam => "low-beam",
            Self::Left => "left",
            Self::Right => "right",
        }
    }

    /// Its colour; of one with two, the graver.
    pub const fn colour(self) -> Colour {
        match self {
            Self::ParkingBrake | Self::Belt | Self::Door | Self::Fault => Colour::Red,
            Self::Abs | Self::Esc | Self::Tyre | Self::Battery | Self::RearFog => Colour::Amber,
            Self::FrontFog | Self::Position | Self::LowBeam | Self::Left | Self::Right => Colour::Green,
            Self::HighBeam => Colour::Blue,
        }
    }
}

/// Every lamp of the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lamps {
    pub parking_brake: Lamp,
    pub belt: Lamp,
    pub door: Lamp,
    pub abs: Lamp,
    pub esc: Lamp,
    pub tyre: Lamp,
    pub battery: Lamp,
    /// The instruments themselves.
    pub fault: Lamp,
    pub position: Lamp,
    pub low_beam: Lamp,
    pub high_beam: Lamp,
    pub front_fog: Lamp,
    pub rear_fog: Lamp,
    pub left: Lamp,
    pub right: Lamp,
}

impl Lamps {
    /// One of them.
    pub const fn of(&self, telltale: Telltale) -> Lamp {
        match telltale {
            Telltale::ParkingBrake => self.parking_brake,
            Telltale::Belt => self.belt,
            Telltale::Door => self.door,
            Telltale::Abs => self.abs,
            Telltale::Esc => self.esc,
            Telltale::Tyre => self.tyre,
            Telltale::Battery => self.battery,
            Telltale::Fault => self.fault,
            Telltale::RearFog => self.rear_fog,
            Telltale::FrontFog => self.front_fog,
            Telltale::HighBeam => self.high_beam,
            Telltale::Position => self.position,
            Telltale::LowBeam => self.low_beam,
            Telltale::Left => self.left,
            Telltale::Right => self.right,
        }
    }

    fn lamp(&mut self, telltale: Telltale) -> &mut Lamp {
        match telltale {
            Telltale::ParkingBrake => &mut self.parking_brake,
            Telltale::Belt => &mut self.belt,
            Telltale::Door => &mut self.door,
            Telltale::Abs => &mut self.abs,
            Telltale::Esc => &mut self.esc,
            Telltale::Tyre => &mut self.tyre,
            Telltale::Battery => &mut self.battery,
            Telltale::Fault => &mut self.fault,
            Telltale::RearFog => &mut self.rear_fog,
            Telltale::FrontFog => &mut self.front_fog,
            Telltale::HighBeam => &mut self.high_beam,
            Telltale::Position => &mut self.position,
            Telltale::LowBeam => &mut self.low_beam,
            Telltale::Left => &mut self.left,
            Telltale::Right => &mut self.right,
        }
    }

    /// Every one lit that does not say something already: what is lit stays as it is, and a flasher that runs goes on to flash.
    pub(crate) fn checked(mut self, flashes: bool) -> Self {
        for telltale in Telltale::ALL {
            let runs = flashes && matches!(telltale, Telltale::Left | Telltale::Right);
            let lamp = self.lamp(telltale);
            if !runs && !matches!(lamp, Lamp::Lit(_)) {
                *lamp = Lamp::Lit(telltale.colour());
            }
        }
        self
    }
}
