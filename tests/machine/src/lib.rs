//! A machine of QEMU's: what its kernel begins with, how it is started, what it says, shows and feels, and what is plugged into it.
//!
//! Never KVM: it is missing in most containers, and where it is there it may be no real one.

mod archive;
mod hand;
mod kernel;
mod machine;
mod power;
mod qemu;
mod qmp;
mod serial;
mod timeline;

pub use archive::Archive;
pub use hand::{Done, Hand};
pub use kernel::{modules, only, uncompressed};
pub use machine::{Can, Data, Display, Machine, ROOT, Setup, Stick};
pub use power::{Chance, Cut, after_cut};
pub use qemu::{KERNEL, Qemu};
pub use timeline::{KERNEL_DONE, Point, Timeline};
