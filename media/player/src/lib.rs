//! `tandem-player`: a process of its own that decodes and sounds, so that a file that kills a decoder kills nothing else. `tandem-camera`, in [`camera`], is another one, for pictures.

pub mod address;
pub mod alac;
pub mod blocks;
pub mod camera;
pub mod chain;

pub mod engine;
pub mod faad;
pub mod fader;
pub mod failure;
pub mod orders;
pub mod outlet;
pub mod protocol;
pub mod registry;
pub mod sandbox;
pub mod sequel;
pub mod tags;
pub mod tap;
