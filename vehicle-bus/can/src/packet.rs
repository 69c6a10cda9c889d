use tandem_frame::{BusIndex, CanId, Flags, Frame};

/// The first byte of a hello: both ends come from one build, so a difference is a mistake in the set-up.
const VERSION: u8 = 1;
const HELLO: u8 = 1;
const FRAME: u8 = 2;
const ADVANCE: u8 = 3;
const REACHED: u8 = 4;
const END: u8 = 5;

/// Who sets the speed of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Time runs on its own; a listener that is late has missed something.
    Live,
    /// Time waits: the car goes on only after [`Event::Reached`].
    Lockstep,
}

/// What the car says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    pub pace: Pace,
    /// The interfaces, such as `can0`; a frame's bus is an index into them.
    pub interfaces: Vec<String>,
}

/// One thing said on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Car to service, once, first.
    Hello(Hello),
    /// Both ways.
    Frame(Frame),
    /// Car to service: all frames up to this time, nanoseconds, are sent.
    Advance(u64),
    /// Service to car: everything up to this time is worked off.
    Reached(u64),
    /// Car to service: the log is at its end; the time stays where it is.
    End,
}

impl Event {
    /// Until when the car had spoken when it said this; 0 if a clock begins, none if it says nothing of time.
    pub(crate) fn time(&self) -> Option<u64> {
        match self {
            Self::Hello(_) => Some(0),
            Self::Frame(frame) => Some(frame.t_ns),
            Self::Advance(t_ns) => Some(*t_ns),
            Self::Reached(_) | Self::End => None,
        }
    }
}

/// A packet that is not what the other end would send.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PacketError {
    #[error("the packet ends in the middle of a message")]
    Cut,
    #[error("message kind {0} is unknown")]
    Kind(u8),
    #[error("the other end speaks version {0}, this one {VERSION}: both must come from one build")]
    Version(u8),
    #[error("a frame that cannot be: {0}")]
    Frame(String),
}

pub(crate) fn write(event: &Event, out: &mut Vec<u8>) {
    match event {
        Event::Hello(hello) => {
            out.extend([HELLO, VERSION, u8::from(hello.pace == Pace::Lockstep), hello.interfaces.len() as u8]);
            for name in &hello.interfaces {
                let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
                out.push(length);
                out.extend(name.bytes().take(usize::from(length)));
            }
        }
        Event::Frame(frame) => {
            let flags = frame.flags;
            let bits = [flags.fd, flags.brs, flags.esi, flags.remote, flags.error];
            let bits = bits.iter().enumerate().fold(0u8, |sum, (at, set)| sum | (u8::from(*set) << at));
            out.extend([FRAME, frame.bus.0, bits]);
            out.extend(frame.id.raw().to_le_bytes());
            out.extend(frame.t_ns.to_le_bytes());
            out.push(frame.length() as u8);
            out.extend(frame.data());
        }
        Event::Advance(t_ns) => {
            out.push(ADVANCE);
            out.extend(t_ns.to_le_bytes());
        }
        Event::Reached(t_ns) => {
            out.push(REACHED);
            out.extend(t_ns.to_le_bytes());
        }
        Event::End => out.push(END),
    }
}

pub(crate) struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    pub(crate) fn next(&mut self) -> Result<Option<Event>, PacketError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let [kind] = self.array()?;
        Ok(Some(match kind {
            HELLO => self.hello()?,
            FRAME => self.frame()?,
            ADVANCE => Event::Advance(u64::from_le_bytes(self.array()?)),
            REACHED => Event::Reached(u64::from_le_bytes(self.array()?)),
            END => Event::End,
            other => return Err(PacketError::Kind(other)),
        }))
    }

    fn take(&mut self, length: usize) -> Result<&[u8], PacketError> {
        let (head, rest) = self.0.split_at_checked(length).ok_or(PacketError::Cut)?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PacketError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(PacketError::Cut)?;
        self.0 = rest;
        Ok(*head)
    }

    fn hello(&mut self) -> Result<Event, PacketError> {
        let [version, lockstep, count] = self.array()?;
        if version != VERSION {
            return Err(PacketError::Version(version));
        }
        let mut interfaces = Vec::new();
        for _ in 0..count {
            let [length] = self.array()?;
            interfaces.push(String::from_utf8_lossy(self.take(usize::from(length))?).into_owned());
        }
        let pace = if lockstep == 1 { Pace::Lockstep } else { Pace::Live };
        Ok(Event::Hello(Hello { pace, interfaces }))
    }

    fn frame(&mut self) -> Result<Event, PacketError> {
        let [bus, bits] = self.array()?;
        let bit = |at: u8| bits >> at & 1 == 1;
        let flags = Flags { fd: bit(0), brs: bit(1), esi: bit(2), remote: bit(3), error: bit(4) };
        let id = CanId::from_raw(u32::from_le_bytes(self.array()?))
            .map_err(|cause| PacketError::Frame(cause.to_string()))?;
        let t_ns = u64::from_le_bytes(self.array()?);
        let [length] = self.array()?;
        let bus = BusIndex(bus);
        let frame = if flags.remote {
            Frame::remote(bus, id, t_ns, length)
        } else {
            Frame::with_flags(bus, id, t_ns, flags, self.take(usize::from(length))?)
        };
        frame.map(Event::Frame).map_err(|cause| PacketError::Frame(cause.to_string()))
    }
}
