//! End to end, one story a file.

#![cfg(test)]

mod administrator;
mod bad_input;
mod calls;
mod camera;
mod cantools;
mod commands;
mod determinism;
mod doctor;
mod driving;
mod forgery;
mod garage;
mod hanging;
mod health;
mod holders;
mod hostile;
mod inputs;
mod keys;
mod knob;
mod last_frame;
mod last_values;
mod limit;
mod music;
mod nothing_is_left_behind;
mod panel;
mod peers;
mod phones;
mod pictures;
mod recordings;
mod right_hand;
mod screens;
mod settings;
mod silence;
mod supervised;
mod temperature;
mod undecodable;
mod unwell;
mod walk;
