use clap::builder::PossibleValuesParser;
use clap::{Subcommand, ValueEnum};
use tandem_contracts::simulator::{PhoneDeed, PhoneState, Simulator1Proxy, State};

use crate::client::{connect, explain};
use crate::failure::Status;
use crate::say::tell;

/// Drives the virtual car of a running simulation by hand, sets what is around it, makes it misbehave, or presses its keys.
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
    /// Drives by hand: presses the pedals for a while. The car moves in D or R, switched on and with the parking brake off.
    Pedals {
        /// Percent.
        #[arg(long, value_name = "PERCENT", default_value_t = 0.0)]
        accelerator: f64,
        /// Percent; it counts first.
        #[arg(long, value_name = "PERCENT", default_value_t = 0.0)]
        brake: f64,
        /// For how long, ms.
        #[arg(long = "for", value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(0..=60_000))]
        hold: u32,
    },
    /// Sets what a hand or the weather sets, as the `set` of a scenario: `gear D`, `driver_door true`, `rain_percent 40`, `outside_celsius -5`.
    Set {
        /// One that does not exist gets the list of all.
        key: String,
        #[arg(allow_negative_numbers = true)]
        value: String,
    },
    /// Lists the car's scenarios.
    Scenarios,
    /// Begins a scenario from its start.
    Begin { scenario: String },
    /// Leaves the scenario: somebody drives by hand, with no foot on a pedal.
    TakeOver,
    /// Cuts a CAN bus of the car: nobody hears what is said on it.
    DropBus {
        /// Such as `can0`.
        interface: String,
        /// Mends it.
        #[arg(long)]
        off: bool,
    },
    /// Kills a program: vehicle, settings, media, phone-link, lifecycle, cluster or centre. The simulation brings it back.
    Kill { program: String },
    /// Makes the simulated phone of `tandem sim --phone` do something.
    Phone {
        /// `come` near, also after it walked away; `pair`: ask the car, or agree if the car asked; `walk-away`: out of reach without a word; `leave`: its app ends.
        #[arg(value_parser = PossibleValuesParser::new(PhoneDeed::ALL.map(PhoneDeed::word)))]
        deed: String,
    },
    /// Tells which scenario is driven, and everything that does not answer or is not sent as it should.
    State,
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
            Self::Pedals { accelerator, brake, hold } => car.pedals(accelerator, brake, hold).await,
            Self::Set { key, value } => car.set(key, value).await,
            Self::Begin { scenario } => car.begin(scenario).await,
            Self::TakeOver => car.take_over().await,
            Self::DropBus { interface, off } => car.drop_bus(interface, !off).await,
            Self::Kill { program } => car.kill(program).await,
            Self::Phone { deed } => car.phone(deed).await,
            Self::Scenarios => car.scenarios().await.map(|names| names.iter().for_each(|name| tell(name))),
            Self::State => car.state().await.map(|state| report(&state)),
        };
        done.map_err(explain)?;
        Ok(Status::OK)
    }
}

/// One line for who drives, and one for each thing that is not as it should be.
fn report(state: &State) {
    match (state.scenario.as_str(), state.doing.as_str()) {
        ("", _) => tell("driven by hand"),
        (scenario, "") => tell(&format!("scenario {scenario}, which is over")),
        (scenario, doing) => tell(&format!("scenario {scenario}: {doing}")),
    }
    phone(&state.phone).iter().for_each(|line| tell(line));
    for answer in state.answers.iter().filter(|answer| answer.answer != "obey") {
        tell(&format!("{} {} after {} ms", answer.path, answer.answer, answer.delay_ms));
    }
    for bus in state.buses.iter().filter(|bus| bus.dropped) {
        tell(&format!("{} is dropped", bus.interface));
    }
    for message in &state.messages {
        if message.muted {
            tell(&format!("{} is not sent", message.name));
        }
        if message.fault != "none" {
            tell(&format!("{} is sent with a fault: {}", message.name, message.fault));
        }
    }
}

/// How the phone is, if one comes at all.
fn phone(phone: &PhoneState) -> Option<String> {
    let reach = match phone.reach.as_str() {
        "" => return None,
        "gone" => return Some("no phone is there".to_owned()),
        "searching" => "is not connected",
        "away" => "is out of reach",
        _ => "is near",
    };
    let paired = if phone.paired { "paired" } else { "not paired" };
    let key = if phone.key.is_empty() { String::new() } else { format!(", shows the key {}", phone.key) };
    let plays = if phone.playing { format!(", plays {}", phone.title) } else { String::new() };
    Some(format!("{} {reach}, {paired}{key}{plays}", phone.name))
}

/// As the command line and the contract both have it.
fn word(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
