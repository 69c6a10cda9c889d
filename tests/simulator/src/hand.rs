//! `org.tandem.Simulator1`: lets a test, or a person with `busctl`, make the car misbehave.

use std::sync::mpsc::Sender;

use rustix::process::{Pid, Signal, kill_process};
use tandem_contracts::climate::DRIVER_TEMPERATURE;
use tandem_contracts::simulator::{NAME, PATH, Simulator1, SimulatorBackend, SimulatorError, State};
use tandem_contracts::{connect, health, media, phones, screen, settings, signals};
use tokio::sync::oneshot;
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;

use crate::folder::Folder;
use crate::link::Said;
use crate::phone::Pocket;
use crate::setting::Setting;
use crate::virtual_car::{Order, OrderError};

const MILLISECOND_NS: u64 = 1_000_000;

/// Passes orders on to the car.
pub struct Hand {
    mailbox: Sender<Said>,
    /// Where its scenarios are.
    folder: Folder,
    /// Where the programs are that it may kill.
    bus: Option<Connection>,
    phone: Pocket,
}

/// The programs that may be killed, and their names on the bus.
const PROGRAMS: [(&str, &str); 7] = [
    ("vehicle", signals::NAME),
    ("settings", settings::NAME),
    ("media", media::NAME),
    ("phone-link", phones::NAME),
    ("lifecycle", health::NAME),
    ("cluster", screen::CLUSTER),
    ("centre", screen::CENTRE),
];

impl Hand {
    pub fn new(mailbox: Sender<Said>, folder: Folder, bus: Option<Connection>, phone: Pocket) -> Self {
        Self { mailbox, folder, bus, phone }
    }

    /// The process that owns the name of a program.
    async fn process(&self, program: &str) -> Result<Pid, SimulatorError> {
        let Some((_, name)) = PROGRAMS.iter().find(|(word, _)| *word == program) else {
            let known = PROGRAMS.map(|(word, _)| word).join(", ");
            let program: String = program.chars().take(64).collect();
            return Err(SimulatorError::Unknown(format!("there is no program {program} to kill, expected {known}")));
        };
        let nobody = || SimulatorError::Unknown(format!("{program} is not on the bus: nobody owns {name}"));
        let bus = DBusProxy::new(self.bus.as_ref().ok_or_else(nobody)?).await?;
        let name = BusName::try_from(*name)?;
        let pid = bus.get_connection_unix_process_id(name).await.map_err(|_| nobody())?;
        i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(nobody)
    }

    async fn order(&self, order: Result<Order, OrderError>) -> Result<(), SimulatorError> {
        let (answer, answered) = oneshot::channel();
        self.mailbox.send(Said::Order(order.map_err(told)?, answer)).map_err(|_| over())?;
        answered.await.map_err(|_| over())?.map_err(told)
    }
}

impl SimulatorBackend for Hand {
    async fn answer_temperature(&self, answer: String, delay_ms: u32) -> Result<(), SimulatorError> {
        self.answer(DRIVER_TEMPERATURE.to_owned(), answer, delay_ms).await
    }

    async fn answer(&self, path: String, answer: String, delay_ms: u32) -> Result<(), SimulatorError> {
        let delay_ns = u64::from(delay_ms) * MILLISECOND_NS;
        self.order(answer.parse().map(|answer| Order::Answer { path, answer, delay_ns })).await
    }

    async fn press_key(&self, key: String, milliseconds: u32) -> Result<(), SimulatorError> {
        self.order(Ok(Order::PressKey { key, hold_ns: u64::from(milliseconds) * MILLISECOND_NS })).await
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

    async fn pedals(&self, accelerator: f64, brake: f64, milliseconds: u32) -> Result<(), SimulatorError> {
        let hold_ns = u64::from(milliseconds) * MILLISECOND_NS;
        self.order(Ok(Order::Pedals { accelerator, brake, hold_ns })).await
    }

    async fn set(&self, key: String, value: String) -> Result<(), SimulatorError> {
        self.order(Setting::parse(&key, &value).map(Order::Set).map_err(OrderError::from)).await
    }

    async fn scenarios(&self) -> Result<Vec<String>, SimulatorError> {
        Ok(self.folder.scenarios())
    }

    async fn begin(&self, scenario: String) -> Result<(), SimulatorError> {
        let scenario = self.folder.own_scenario(&scenario);
        let scenario = scenario.map_err(|error| SimulatorError::Unknown(error.to_string()))?;
        self.order(Ok(Order::Begin(Box::new(scenario)))).await
    }

    async fn take_over(&self) -> Result<(), SimulatorError> {
        self.order(Ok(Order::TakeOver)).await
    }

    async fn state(&self) -> Result<State, SimulatorError> {
        let (answer, answered) = oneshot::channel();
        self.mailbox.send(Said::Report(answer)).map_err(|_| over())?;
        let state = answered.await.map_err(|_| over())?;
        Ok(State { phone: self.phone.state(), ..state })
    }

    async fn drop_bus(&self, interface: String, dropped: bool) -> Result<(), SimulatorError> {
        self.order(Ok(Order::DropBus { interface, dropped })).await
    }

    async fn kill(&self, program: String) -> Result<(), SimulatorError> {
        let process = self.process(&program).await?;
        kill_process(process, Signal::KILL)
            .map_err(|error| SimulatorError::Refused(format!("{program} cannot be killed: {error}")))
    }

    async fn phone(&self, deed: String) -> Result<(), SimulatorError> {
        self.phone.order(&deed).await
    }
}

fn told(error: OrderError) -> SimulatorError {
    match error {
        OrderError::Moves(_) => SimulatorError::Refused(error.to_string()),
        error => SimulatorError::Unknown(error.to_string()),
    }
}

fn over() -> SimulatorError {
    SimulatorError::Bus(zbus::Error::Failure("the car is over".to_owned()))
}

/// Takes the name on the bus.
///
/// # Errors
/// No bus, or the name is taken.
pub async fn serve(mailbox: Sender<Said>, folder: Folder, phone: Pocket) -> zbus::Result<Connection> {
    let bus = connect::open().await?;
    bus.object_server().at(PATH, Simulator1(Hand::new(mailbox, folder, Some(bus.clone()), phone))).await?;
    bus.request_name(NAME).await?;
    Ok(bus)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::sync::mpsc::channel;

    use tandem_can::Pace;
    use tandem_contracts::simulator::{PhoneState, Simulator1Proxy};

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
        let server = server
            .serve_at(
                PATH,
                Simulator1(Hand::new(voice, Folder::read(&crate::tests::demo()).unwrap(), None, Pocket::new(None))),
            )
            .build();
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

        let state = hand.state().await.unwrap();
        assert_eq!((state.scenario.as_str(), state.doing.is_empty()), ("city", false));
        let motion = state.messages.iter().find(|message| message.name == "VehicleMotion").unwrap();
        assert!(motion.muted && motion.fault == "counter" && motion.faults.contains(&"checksum".to_owned()));
        let temperature = state.answers.iter().find(|answer| answer.path == DRIVER_TEMPERATURE).unwrap();
        assert_eq!((temperature.answer.as_str(), temperature.delay_ms), ("refuse", 100));
        assert!(state.keys.contains(&"KEY_NEXTSONG".to_owned()) && state.knobs == ["REL_DIAL"]);

        assert!(hand.scenarios().await.unwrap().contains(&"parked".to_owned()));
        hand.begin("parked".to_owned()).await.unwrap();
        assert_eq!(hand.state().await.unwrap().scenario, "parked");
        for name in ["moon", "../scenarios/parked", "/etc/passwd", "parked.toml", ""] {
            let said = unknown(hand.begin(name.to_owned()).await);
            assert!(said.starts_with(&format!("there is no scenario {name} in ")) && said.contains("parked"), "{said}");
        }
        hand.take_over().await.unwrap();
        let state = hand.state().await.unwrap();
        assert_eq!((state.scenario.as_str(), state.doing.as_str()), ("", ""));
        hand.set("hood".to_owned(), "true".to_owned()).await.unwrap();
        let said = unknown(hand.set("wings".to_owned(), "true".to_owned()).await);
        assert!(said.contains("unknown field `wings`, expected one of `power`"), "{said}");
        hand.pedals(40.0, 0.0, 500).await.unwrap();
        assert_eq!(unknown(hand.pedals(f64::NAN, 0.0, 500).await), "the accelerator is NaN, expected 0 to 100 %");
        assert_eq!(unknown(hand.pedals(0.0, 101.0, 500).await), "the brake is 101, expected 0 to 100 %");
        assert_eq!(unknown(hand.pedals(0.0, 0.0, 60_001).await), "the time is 60001, expected at most 60000");
        hand.drop_bus("can1".to_owned(), true).await.unwrap();
        let dropped = hand.state().await.unwrap().buses.into_iter().filter(|bus| bus.dropped);
        assert_eq!(dropped.map(|bus| bus.interface).collect::<Vec<_>>(), ["can1"]);
        let said = unknown(hand.drop_bus("eth0".to_owned(), true).await);
        assert!(said.starts_with("the car has no bus eth0, expected can0, "), "{said}");
        let said = unknown(hand.kill("init".to_owned()).await);
        assert!(said.starts_with("there is no program init to kill, expected vehicle, "), "{said}");
        assert!(unknown(hand.kill("media".to_owned()).await).contains("is not on the bus"));
        assert!(unknown(hand.kill("lifecycle".to_owned()).await).contains("is not on the bus"));

        assert!(unknown(hand.phone("fly".to_owned()).await).starts_with("\"fly\" is unknown, expected come, "));
        let refused = hand.phone("come".to_owned()).await;
        assert!(matches!(refused, Err(SimulatorError::Refused(said)) if said.starts_with("no phone comes in this")));
        assert_eq!(hand.state().await.unwrap().phone, PhoneState::default());

        last.send(Said::Enough).unwrap();
        car.join().unwrap().unwrap();
        assert!(matches!(hand.mute("Engine".to_owned(), true).await, Err(SimulatorError::Bus(_))));
        drop(server);
    }
}
