//! A camera's pictures on their way to a screen, and where on them a point of the ground lies. Both ends share it, and neither knows the other.

mod header;
mod mount;

pub use header::{HEADER, Header, HeaderError, MAX_HEIGHT, MAX_WIDTH, fits};
pub use mount::{Field, Ground, Mount, Place, fitted};

/// The boot clock, nanoseconds: it goes on while the machine sleeps, so that a picture of before is known to be old.
pub fn boot_clock() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(now.tv_nsec).unwrap_or(0))
}
