//! The centre display as a driver, a screen reader and a camera meet it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod calls;
mod camera;
mod controls;
mod drawing;
mod driving;
mod gestures;
mod instructions;
mod knob;
mod measured;
mod music;
mod music_choices;
mod music_pictures;
mod music_service;
mod phone_pictures;
mod phone_service;
mod phones;
mod phones_at_rest;
mod phones_locked;
mod pictures;
mod right_hand;
mod settings;
mod soak;
mod stage;
mod walk;
mod words;
