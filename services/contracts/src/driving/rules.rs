use tokio::sync::watch;

use super::{Flag, Follower, Restrictions, Status, Zone};
use crate::connect;

/// What a service may do for whoever sits at the driver's displays, as of now.
#[derive(Clone, Debug)]
pub struct Rules(Option<watch::Receiver<Known>>);

/// The status, and how often it has changed.
#[derive(Clone, Debug, Default)]
struct Known {
    status: Status,
    changes: u64,
}

/// Keeps [`Rules`] up to date.
pub struct Following(watch::Sender<Known>);

impl Rules {
    /// Everything is restricted until [`Following::run`] hears otherwise.
    pub fn followed() -> (Self, Following) {
        let (told, known) = watch::channel(Known::default());
        (Self(Some(known)), Following(told))
    }

    /// Nothing is restricted, ever: for a desk without a car.
    pub fn without_a_car() -> Self {
        Self(None)
    }

    pub fn restrictions(&self) -> Restrictions {
        let known = |known: &watch::Receiver<Known>| known.borrow().status.restrictions(Zone::Driver);
        self.0.as_ref().map_or(Restrictions::NONE, known)
    }

    /// # Errors
    /// A sentence that says what is in force, and why, without a full stop.
    pub fn admit(&self, flag: Flag) -> Result<(), String> {
        match &self.0 {
            Some(known) if self.restrictions().has(flag) => Err(known.borrow().status.refusal(flag)),
            _ => Ok(()),
        }
    }

    /// How often they have changed: what was cut by other rules is to be read anew.
    pub fn changes(&self) -> u64 {
        self.0.as_ref().map_or(0, |known| known.borrow().changes)
    }

    /// Waits until they change; for ever if they never do.
    pub async fn changed(&mut self) {
        if let Some(known) = &mut self.0
            && known.changed().await.is_ok()
        {
            return;
        }
        std::future::pending().await
    }
}

impl Following {
    /// Follows the service, on a connection of its own, until the bus is gone.
    ///
    /// # Errors
    /// There is no bus.
    pub async fn run(self) -> zbus::Result<()> {
        let connection = connect::open().await?;
        let mut follower = Follower::open(&connection).await?;
        loop {
            let status = follower.next().await;
            let is_gone = status.is_none();
            self.0.send_modify(|known| {
                known.status = status.unwrap_or_default();
                known.changes += 1;
            });
            if is_gone {
                return Ok(());
            }
        }
    }
}
