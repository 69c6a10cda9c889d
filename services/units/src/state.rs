use std::fmt;
use std::str::FromStr;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$one:meta])* $variant:ident $word:literal,)* })*) => {$(
        $(#[$doc])*
        pub enum $name {
            $($(#[$one])* $variant,)*
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|one| one.word() == word).ok_or_else(|| word.to_owned())
            }
        }
    )*};
}

words! {
    /// What the car does, in Android Automotive's words. Nobody knows: it moves.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
    Driving {
        /// It stands and cannot roll: gear P, or the parking brake in a car without.
        Parked "parked",
        /// It stands, and a foot could make it move.
        Idling "idling",
        #[default]
        Moving "moving",
    }

    /// `Vehicle.LowVoltageSystemState`: how far the car is switched on.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    Power {
        Lock "LOCK",
        Off "OFF",
        Acc "ACC",
        On "ON",
        Start "START",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_and_nobody_knowing_is_the_strictest() {
        for driving in Driving::ALL {
            assert_eq!(driving.word().parse(), Ok(*driving));
        }
        for power in Power::ALL {
            assert_eq!(power.to_string().parse(), Ok(*power));
        }
        assert_eq!("fast".parse::<Driving>(), Err("fast".to_owned()));
        assert_eq!(Driving::default(), Driving::Moving);
        assert!(Driving::Parked < Driving::Idling && Driving::Idling < Driving::Moving);
    }
}
