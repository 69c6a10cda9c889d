//! A drive as a candump log: no clock, no link, the same bytes every time.

use std::io::{self, Write};

use tandem_frame::text::write_line;

use crate::broadcast::BroadcastError;
use crate::virtual_car::VirtualCar;

/// The time stamp of the car's time 0: 2025-06-15 15:06:40 UTC, a round number that looks like a recording and is none.
pub const LOG_BEGINS_NS: u64 = 1_750_000_000_000_000_000;

/// A log that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("cannot write the log")]
    Write(#[from] io::Error),
    #[error("the car cannot say how it is")]
    Broadcast(#[from] BroadcastError),
}

/// Writes what the car says until its time has come to `until_ns`; returns how many frames that was.
///
/// # Errors
/// [`LogError`]; what was written so far stays.
pub fn write(car: &mut VirtualCar, until_ns: u64, out: &mut impl Write) -> Result<usize, LogError> {
    let interfaces = car.interfaces();
    let (mut frames, mut text, mut written) = (Vec::new(), String::new(), 0);
    while car.now_ns() < until_ns {
        car.step(&mut frames)?;
        text.clear();
        for mut frame in frames.drain(..) {
            let interface = interfaces.get(usize::from(frame.bus.0)).map_or("can?", String::as_str);
            frame.t_ns += LOG_BEGINS_NS;
            write_line(&mut text, &frame, interface).map_err(io::Error::other)?;
            written += 1;
        }
        out.write_all(text.as_bytes())?;
    }
    out.flush()?;
    Ok(written)
}
