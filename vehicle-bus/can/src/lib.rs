//! The links a frame comes in by and goes out by: [`Local`], a virtual car or a replayed log on the other end of a Unix socket, which brings the time with it; and
//! [`SocketCan`], real interfaces on the machine's own clock; and [`Cannelloni`], programs of this machine over TCP, on the same clock.

mod cannelloni;
mod local;
mod packet;
mod socket;

pub use cannelloni::{Cannelloni, Fault, ListenError, PeerNews, PeerSender, Port, Told, wire as cannelloni_wire};
pub use local::{LinkError, Listener, Local};
pub use packet::{Event, Hello, Pace, PacketError};
/// The kernel's error numbers, in which [`News`] says why.
pub use rustix::io::Errno;
pub use socket::{
    BusState, Condition, ErrorCounts, Heard, Interface, News, SendError, Sender, SocketCan, Wanted, boot,
};
