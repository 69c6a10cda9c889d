//! The links a frame comes in by and goes out by. Here is [`Local`]: a virtual car or a replayed log on the other end of a Unix socket, which brings
//! the time with it.

mod local;
mod packet;

pub use local::{LinkError, Listener, Local};
pub use packet::{Event, Hello, Pace, PacketError};
