//! A machine of QEMU's: what its kernel begins with, how it is started, what it says, shows and feels, and what is plugged into it; and one in name spaces, without displays and at native speed.
//!
//! Never KVM: it is missing in most containers, and where it is there it may be no real one.

mod archive;
pub mod dist;
mod hand;
mod kernel;
mod machine;
mod measures;
mod power;
mod qemu;
mod qmp;
mod serial;
mod spaces;
mod timeline;

pub use archive::Archive;
pub use hand::{Done, Hand};
pub use kernel::{modules, only, uncompressed};
pub use machine::{Can, Data, Display, Machine, ROOT, Setup, Stick};
pub use measures::{Measures, Process};
pub use power::{Chance, Cut, after_cut};
pub use qemu::{KERNEL, Qemu};
pub use spaces::Spaces;
pub use timeline::{KERNEL_DONE, Point, Timeline};
