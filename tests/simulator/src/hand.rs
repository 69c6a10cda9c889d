//! `org.tandem.Simulator1`: lets a test, or a person with `busctl`, make the car misbehave.

use std::sync::mpsc::Sender;

use tandem_contracts::climate::DRIVER_TEMPERATURE;
use tandem_contracts::connect;
use tandem_contracts::simulator::{NAME, PATH, Simulator1, SimulatorBackend, SimulatorError};
use tokio::sync::oneshot;
use zbus::Connection;

use crate::link::Said;
use crate::virtual_car::{Order, OrderError};

/// Passes orders on to the car.
pub struct Hand {
    mailbox: Sender<Said>,
}

impl Hand {
    pub fn new(mailbox: Sender<Said>) -> Self {
        Self { mailbox }
    }

    async fn order(&self, order: Result<Order, OrderError>) -> Result<(), SimulatorError> {
        let unknown = |error: OrderError| SimulatorError::Unknown(error.to_string());
        let (answer, answered) = oneshot::channel();
        let over = || SimulatorError::Bus(zbus::Error::Failure("the car is over".to_owned()));
        self.mailbox.send(Said::Order(order.map_err(unknown)?, answer)).map_err(|_| over())?;
        answered.await.map_err(|_| over())?.map_err(unknown)
    }
}

impl SimulatorBackend for Hand {
    async fn answer_temperature(&self, answer: String, delay_ms: u32) -> Result<(), SimulatorError> {
        self.answer(DRIVER_TEMPERATURE.to_owned(), answer, delay_ms).await
    }

    async fn answer(&self, path: String, answer: String, delay_ms: u32) -> Result<(), SimulatorError> {
        let delay_ns = u64::from(delay_ms) * 1_000_000;
        self.order(answer.parse().map(|answer| Order::Answer { path, answer, delay_ns })).await
    }

    async fn press_key(&self, key: String, milliseconds: u32) -> Result<(), SimulatorError> {
        self.order(Ok(Order::PressKey { key, hold_ns: u64::from(milliseconds) * 1_000_000 })).await
    }

    async fn turn_knob(&self, knob: String, steps: i32) -> Result<(), SimulatorError> {
        self.order(Ok(Order::TurnKnob { knob, steps })).await
    }

    async fn mute(&self, message: String, muted: bool) -> Result<(), SimulatorError> {
        self.order(Ok(Order::Mute { message, muted })).await
    }

    async fn spoil(&self, message: String, fault: String) -> Result<(), SimulatorError> {
        self.order(fault.parse().map(|fault| Order::Spoil { message, fault })).await
    }
}

/// Takes the name on the bus.
///
/// # Errors
/// No bus, or the name is taken.
pub async fn serve(mailbox: Sender<Said>) -> zbus::Result<Connection> {
    connect::builder().serve_at(PATH, Simulator1(Hand::new(mailbox))).name(NAME).build().await
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::sync::mpsc::channel;

    use tandem_can::Pace;
    use tandem_contracts::simulator::Simulator1Proxy;

    use zbus::connection::Builder;

    use super::*;
    use crate::link::drive;

    /// The word that came back as `Unknown`.
    fn unknown(answer: Result<(), SimulatorError>) -> String {
        match answer {
            Err(SimulatorError::Unknown(said)) => said,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn orders_reach_the_car_and_mistakes_come_back_typed() {
        let (voice, mailbox) = channel();
        let (own, last) = (voice.clone(), voice.clone());
        let car = std::thread::spawn(move || drive(crate::tests::car(None), Pace::Lockstep, None, &mailbox, &own));
        let (ours, theirs) = UnixStream::pair().unwrap();
        let server = Builder::unix_stream(ours).server(zbus::Guid::generate()).p2p();
        let server = server.serve_at(PATH, Simulator1(Hand::new(voice))).build();
        let client = Builder::unix_stream(theirs).p2p().build();
        let (server, client) = tokio::try_join!(server, client).unwrap();
        let hand = Simulator1Proxy::builder(&client).destination(NAME).build().await.unwrap();

        hand.answer_temperature("refuse".to_owned(), 100).await.unwrap();
        hand.mute("VehicleMotion".to_owned(), true).await.unwrap();
        hand.spoil("VehicleMotion".to_owned(), "counter".to_owned()).await.unwrap();
        let said = unknown(hand.answer_temperature("maybe".to_owned(), 0).await);
        assert_eq!(said, "\"maybe\" is unknown, expected obey, refuse, silent, wrong or stuck");
        let said = unknown(hand.mute("Engine".to_owned(), true).await);
        assert_eq!(said, "the car sends no message Engine");
        let said = unknown(hand.spoil("TyreStatus".to_owned(), "counter".to_owned()).await);
        assert_eq!(said, "TyreStatus has no counter to spoil");

        last.send(Said::Enough).unwrap();
        car.join().unwrap().unwrap();
        assert!(matches!(hand.mute("Engine".to_owned(), true).await, Err(SimulatorError::Bus(_))));
        drop(server);
    }
}
