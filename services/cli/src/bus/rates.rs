use clap::Args;
use tandem_signals::{LEAST_BITRATE, MOST_BITRATE, MOST_DATA_BITRATE};
use tandem_store::Bitrates;

use crate::dictionary::Dictionary;

/// The bit rate of a bus of which nobody says another, bit/s.
pub const USUAL: u32 = 500_000;

/// Bit rates on the command line: they hold for every bus, whatever its car says.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Rates {
    /// Bit rate of every bus, bit/s.
    #[arg(long, value_parser = clap::value_parser!(u32).range(i64::from(LEAST_BITRATE)..=i64::from(MOST_BITRATE)))]
    pub bitrate: Option<u32>,
    /// Bit rate of the data of CAN FD frames that switch to it, bit/s.
    #[arg(long, value_parser = clap::value_parser!(u32).range(i64::from(LEAST_BITRATE)..=i64::from(MOST_DATA_BITRATE)))]
    pub data_bitrate: Option<u32>,
}

impl Rates {
    /// Those of a bus, and whether its nominal one is assumed since nobody says it.
    pub fn of(&self, dictionary: &Dictionary, bus: &str) -> (Bitrates, bool) {
        let known = dictionary.book(bus).and_then(|book| book.bitrates);
        let nominal = self.bitrate.or(known.map(|known| known.nominal));
        let data = self.data_bitrate.or(known.and_then(|known| known.data));
        (Bitrates { nominal: nominal.unwrap_or(USUAL), data }, nominal.is_none())
    }
}
