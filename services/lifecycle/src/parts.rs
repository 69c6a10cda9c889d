//! The processes that there are to ask.

use tandem_contracts::{bus, calls, camera, driving, media, mpris, phones, screen, sessions, settings, signals};

/// A process of ours on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Who {
    Vehicle,
    Settings,
    Media,
    PhoneLink,
    Cluster,
    Centre,
}

impl Who {
    pub const ALL: [Self; 6] =
        [Self::Vehicle, Self::Settings, Self::Media, Self::PhoneLink, Self::Cluster, Self::Centre];

    /// As [`tandem_contracts::health::Part::name`] says it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Vehicle => "vehicle",
            Self::Settings => "settings",
            Self::Media => "media",
            Self::PhoneLink => "phone-link",
            Self::Cluster => "cluster",
            Self::Centre => "centre",
        }
    }

    /// Those of its names that it has in every car; the first is the one to ask.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Vehicle => &[signals::NAME, bus::NAME, driving::NAME],
            Self::Settings => &[settings::NAME],
            Self::Media => &[media::NAME, camera::NAME, mpris::NAME],
            Self::PhoneLink => &[phones::NAME, sessions::NAME, calls::NAME],
            Self::Cluster => &[screen::CLUSTER],
            Self::Centre => &[screen::CENTRE],
        }
    }

    /// Its unit, its program and its folder.
    pub fn unit(self) -> String {
        format!("tandem-{}", self.word())
    }

    /// Whether it keeps something on the disk.
    pub fn keeps(self) -> bool {
        !matches!(self, Self::Cluster | Self::Centre)
    }

    /// What a simulation is to be told to have it, where it may go without.
    pub fn option(self) -> Option<&'static str> {
        match self {
            Self::Media => Some("without --no-media"),
            Self::PhoneLink => Some("with --phones"),
            _ => None,
        }
    }
}
