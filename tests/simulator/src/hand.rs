//! `org.tandem.Simulator1`: lets a test, or a person with `busctl`, make the car misbehave.

use std::sync::mpsc::Sender;

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
        let delay_ns = u64::from(delay_ms) * 1_000_000;
        self.order(answer.parse().map(|answer| Order::AnswerTemperature { answer, delay_ns })).await
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
