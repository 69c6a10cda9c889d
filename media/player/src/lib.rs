//! `tandem-player`: a process of its own that decodes and sounds, so that a file that kills a decoder kills nothing else.

pub mod protocol;
