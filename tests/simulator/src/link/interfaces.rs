use std::io;
use std::sync::mpsc::Sender;

use tandem_can::{Heard, Interface, News, SendError, SocketCan, Wanted};
use tandem_frame::{BusIndex, CanId, Frame};
use tracing::{info, warn};

use super::Said;

/// Real interfaces in the place of a service's socket: whoever is on them hears the car.
pub struct Interfaces {
    sender: tandem_can::Sender,
    /// By the car's bus: the bus of the link, and why it did not take the last frame.
    buses: Vec<Option<(BusIndex, Option<SendError>)>>,
}

impl Interfaces {
    /// Each of the car's buses, in their order, at the interface that it has here; what is heard of these ids goes into the mailbox, on a thread of its own.
    ///
    /// # Errors
    /// The kernel gives us no thread, or no socket. An interface that is not there is none: it may come.
    pub fn open(at: Vec<Option<String>>, ids: &[(BusIndex, CanId)], mailbox: Sender<Said>) -> io::Result<Self> {
        let (mut interfaces, mut names, mut of_the_car) = (Vec::new(), Vec::new(), Vec::new());
        let mut buses = Vec::new();
        for (bus, name) in (0..).map(BusIndex).zip(at) {
            let place = BusIndex(u8::try_from(interfaces.len()).unwrap_or(u8::MAX));
            buses.push(name.as_ref().map(|_| (place, None)));
            let Some(name) = name else { continue };
            let own = ids.iter().filter(|(of, _)| *of == bus).map(|(_, id)| *id).collect();
            interfaces.push(Interface { name: name.clone(), wanted: Wanted::Ids(own) });
            names.push(name);
            of_the_car.push(bus);
        }
        let mut link = SocketCan::new(interfaces)?;
        let sender = link.sender();
        std::thread::Builder::new().name("interfaces".into()).spawn(move || {
            loop {
                let said = match link.receive() {
                    Ok(Heard::Frame(mut frame)) => {
                        frame.bus = of_the_car.get(usize::from(frame.bus.0)).copied().unwrap_or(frame.bus);
                        Said::Overheard(frame)
                    }
                    Ok(Heard::News(bus, news)) => {
                        tell(names.get(usize::from(bus.0)).map_or("?", String::as_str), news);
                        continue;
                    }
                    Ok(Heard::Echo(_) | Heard::Advance(_) | Heard::Error(_)) => continue,
                    Err(error) => Said::Unreadable(error),
                };
                let last = matches!(said, Said::Unreadable(_));
                if mailbox.send(said).is_err() || last {
                    return;
                }
            }
        })?;
        Ok(Self { sender, buses })
    }

    /// Sends what the car says. A bus that does not take it loses it, as on a wire; that is told once.
    pub fn tell(&mut self, frames: &[Frame]) {
        for frame in frames {
            let Some(Some((bus, trouble))) = self.buses.get_mut(usize::from(frame.bus.0)) else { continue };
            let mut moved = *frame;
            moved.bus = *bus;
            let sent = self.sender.try_send(&moved);
            if let Err(error) = &sent
                && trouble.as_ref() != Some(error)
            {
                warn!(bus = frame.bus.0, error = error as &dyn std::error::Error, "frames are lost");
            }
            *trouble = sent.err();
        }
    }
}

fn tell(interface: &str, news: News) {
    match news {
        News::Up => info!(interface, "the interface is up"),
        News::Down(cause) => warn!(interface, %cause, "the interface is not up"),
        News::State(_) | News::Restart(_) | News::Lost(_) => info!(interface, ?news, "the bus"),
    }
}
