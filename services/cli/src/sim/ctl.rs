use clap::{Subcommand, ValueEnum};
use tandem_contracts::simulator::Simulator1Proxy;

use crate::client::{connect, explain};
use crate::failure::Status;

/// Makes the virtual car of a running simulation misbehave, or presses its keys.
#[derive(Subcommand)]
pub enum Ctl {
    /// How the car answers wishes for an actuator from now on.
    Answer {
        /// Its VSS path, such as `Vehicle.Body.Horn.IsActive`. The car's car.toml has them under [[actuators]].
        path: String,
        answer: Answer,
        /// What it takes to answer, ms.
        #[arg(long, value_name = "MS", default_value_t = 100)]
        after: u32,
    },
    /// Presses a key of the steering wheel.
    Press {
        /// As Linux calls it, such as `KEY_NEXTSONG`.
        key: String,
        /// For how long, ms.
        #[arg(long = "for", value_name = "MS", default_value_t = 100, value_parser = clap::value_parser!(u32).range(60..=60_000))]
        hold: u32,
    },
    /// Turns a knob, clockwise if positive, a step every 10 ms.
    Turn {
        /// As Linux calls it, such as `REL_DIAL`.
        knob: String,
        #[arg(allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(-1000..=1000))]
        steps: i32,
    },
    /// Keeps a message of the car's DBC files from being sent.
    Mute {
        message: String,
        /// Lets it be sent again.
        #[arg(long)]
        off: bool,
    },
    /// Sends a message of the car's DBC files with a fault from now on.
    Spoil { message: String, fault: Fault },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Answer {
    /// It does what it is asked.
    Obey,
    /// It says no.
    Refuse,
    /// It says nothing and does nothing.
    Silent,
    /// It says yes and does something else.
    Wrong,
    /// It says yes and does not move.
    Stuck,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Fault {
    None,
    /// The checksum does not fit.
    Checksum,
    /// The counter stands still.
    Counter,
    /// The last byte is missing.
    Short,
}

impl Ctl {
    pub async fn run(self) -> anyhow::Result<Status> {
        let car = Simulator1Proxy::new(&connect().await?).await?;
        let done = match self {
            Self::Answer { path, answer, after } => car.answer(path, word(answer), after).await,
            Self::Press { key, hold } => car.press_key(key, hold).await,
            Self::Turn { knob, steps } => car.turn_knob(knob, steps).await,
            Self::Mute { message, off } => car.mute(message, !off).await,
            Self::Spoil { message, fault } => car.spoil(message, word(fault)).await,
        };
        done.map_err(explain)?;
        Ok(Status::OK)
    }
}

/// As the command line and the contract both have it.
fn word(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
