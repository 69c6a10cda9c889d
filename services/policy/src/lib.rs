//! Who may say what to whom on the system's bus: the table (`table.toml` beside this crate), and the configuration of the bus that is made of it.
//!
//! `cargo xtask policy` writes the configuration into the `dist` folders, a file for each role. A file says all that its role may do, and what nobody else may do with what is its own.
//! dbus-daemon reads files of a folder in no order, so none of them depends on another.

mod configuration;
mod lint;
mod table;

pub use configuration::{named, written};
pub use lint::faults;
pub use table::{Account, Foreign, Interface, PolicyError, Role, Served, Table};

/// The table that is committed.
pub const TABLE: &str = include_str!("../table.toml");

#[cfg(test)]
mod tests;
