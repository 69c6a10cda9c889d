//! End to end, one story a file.

#![cfg(test)]

mod administrator;
mod nothing_is_left_behind;
mod pictures;
mod silence;
mod temperature;
