//! What there is to play: an SQLite library of files, stations and podcasts, its search, its pictures, and where to go on.
//!
//! No D-Bus and no sound in here. Every write that was acknowledged survives a power cut (WAL, `synchronous = FULL`).

mod model;

pub use model::{Found, Item, ItemId, Kind, Page, Progress, ScanState, View, Volume, VolumeId, VolumeKind};
