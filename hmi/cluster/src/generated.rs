//! What Slint makes of `ui/cluster.slint`.
#![allow(clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::todo)]
#![allow(unreachable_pub)]

slint::include_modules!();
