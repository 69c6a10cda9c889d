//! What Slint makes of `ui/panel.slint`.
#![allow(
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::todo,
    unreachable_pub
)]

slint::include_modules!();
