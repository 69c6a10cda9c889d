//! A service with nothing behind it, and a client, over a socket pair: the contract alone, without a bus.

pub mod calls;
pub mod camera;
pub mod health;
pub mod media;
pub mod phones;
pub mod settings;

use tandem_contracts::actuation::{ActuateError, Actuator, CommandBackend, Control, ControlPath, Request};
use tandem_contracts::body::Body1;
use tandem_contracts::bus::{Bus1, BusBackend, BusStatistics, IdStatistics};
use tandem_contracts::calls::Calls1;
use tandem_contracts::camera::Camera1;
use tandem_contracts::charging::Charging1;
use tandem_contracts::climate::{Climate1, ClimateBackend, TemperatureRange, TemperatureRequest};
use tandem_contracts::driving::{Driving1, DrivingBackend, Status};
use tandem_contracts::health::Health1;
use tandem_contracts::input::{Input1, InputBackend, InputEvent};
use tandem_contracts::media::Media1;
use tandem_contracts::part::Part1;
use tandem_contracts::phones::PhoneLink1;
use tandem_contracts::screen::{Picture, Screen1, ScreenBackend, ScreenError};
use tandem_contracts::seats::Seats1;
use tandem_contracts::sessions::Sessions1;
use tandem_contracts::settings::Settings1;
use tandem_contracts::signals::{Handle, Leaf, PathReading, Signals1, SignalsBackend, SignalsError};
use tandem_contracts::simulator::{
    AnswerState, BusState, MessageState, PhoneState, Simulator1, SimulatorBackend, SimulatorError, State,
};
use tandem_contracts::{body, bus, charging, climate, screen, seats, signals, simulator, wire};
use tandem_units::Value;
use zbus::Connection;
use zbus::connection::Builder;

/// Answers every call with the error that its argument names, or with the argument.
pub struct Echo;

impl SignalsBackend for Echo {
    async fn list(&self) -> Result<Vec<Leaf>, SignalsError> {
        Ok(Vec::new())
    }

    async fn get(&self, paths: Vec<String>) -> Result<Vec<PathReading>, SignalsError> {
        Err(SignalsError::UnknownPath(paths.join(" ")))
    }

    async fn subscribe(
        &self,
        _client: String,
        paths: Vec<String>,
        min_interval_ms: u32,
        window: u32,
    ) -> Result<(u32, Vec<Handle>), SignalsError> {
        if window > signals::MAX_WINDOW {
            return Err(SignalsError::LimitExceeded(window.to_string()));
        }
        let handle =
            |(handle, path): (u32, String)| Handle { handle, path, unit: "km/h".into(), datatype: "float".into() };
        Ok((min_interval_ms, (0..).zip(paths).map(handle).collect()))
    }

    async fn acknowledge(&self, _client: String, _id: u32, _sequence: u64) {}

    async fn unsubscribe(&self, _client: String, id: u32) -> Result<(), SignalsError> {
        Err(SignalsError::UnknownSubscription(id.to_string()))
    }

    async fn release(&self, _client: String, path: String) -> Result<(), SignalsError> {
        Err(SignalsError::UnknownPath(path))
    }

    async fn actuators(&self) -> Result<Vec<Actuator>, SignalsError> {
        let (path, datatype, unit) = ("Vehicle.Body.Horn.IsActive".into(), "boolean".into(), String::new());
        let (allowed, driving, power, holder) = (Vec::new(), "any".into(), vec!["ON".into()], ":1.9".into());
        Ok(vec![Actuator { path, datatype, unit, min: 0.0, max: 0.0, step: 0.0, allowed, driving, power, holder }])
    }

    async fn requests(&self) -> Result<Vec<Request>, SignalsError> {
        let (path, value) = ("Vehicle.Body.Horn.IsActive".into(), wire::to_variant(Some(&Value::Bool(true))));
        let (state, reason, client) = ("lapsed".into(), "The car did not answer.".into(), ":1.9".into());
        Ok(vec![Request { id: 3, path, value, state, reason, client }])
    }
}

impl BusBackend for Echo {
    async fn buses(&self) -> zbus::fdo::Result<Vec<BusStatistics>> {
        Ok(vec![BusStatistics {
            name: "can0".into(),
            frames: 3,
            unknown: 2,
            sent: 1,
            rate: 0.5,
            load: 0.25,
            ..BusStatistics::default()
        }])
    }

    async fn silences(&self) -> zbus::fdo::Result<Vec<(String, u64)>> {
        Ok(vec![("can0".into(), 4000)])
    }

    async fn power(&self) -> zbus::fdo::Result<String> {
        Ok("ON".into())
    }

    async fn ids(&self) -> zbus::fdo::Result<Vec<IdStatistics>> {
        let errors = [("checksum".to_owned(), 7)].into();
        Ok(vec![IdStatistics { bus: "can0".into(), id: 0x8000_0001, message: String::new(), frames: 9, errors }])
    }
}

/// Says what it was asked for, as an error of the kind that the value stands for.
impl CommandBackend for Echo {
    async fn actuate(&self, _client: String, path: String, value: Value) -> Result<u64, ActuateError> {
        match &value {
            Value::Float(number) if *number > 28.0 => Err(ActuateError::OutOfRange(format!("{number}"))),
            Value::Float(number) if *number > 26.0 => Err(ActuateError::NotAvailable("no car".into())),
            Value::Float(number) if *number > 25.0 => Err(ActuateError::Held(":1.7".into())),
            Value::Float(number) if *number > 24.0 => Err(ActuateError::Restricted("parked".into())),
            Value::Float(number) if *number > 20.0 => Ok(1),
            _ => Err(ActuateError::Unsupported(format!("{path} {value:?}"))),
        }
    }

    fn controls(&self, of: &'static [ControlPath]) -> Vec<Control> {
        let control = |one: &ControlPath| {
            let (place, path) = one.paths().next().unwrap();
            let (name, place, allowed) = (one.name.to_owned(), place.to_owned(), vec!["AUTO".to_owned()]);
            Control { name, place, path, min: 1.0, max: 3.0, step: 0.5, allowed }
        };
        of.iter().map(control).collect()
    }
}

impl ClimateBackend for Echo {
    fn driver_temperature_range(&self) -> TemperatureRange {
        TemperatureRange { min: 16.0, max: 28.0, step: 0.5 }
    }

    fn driver_temperature_request(&self) -> TemperatureRequest {
        TemperatureRequest { id: 7, celsius: 21.5, state: "lapsed".into(), reason: "the car said nothing".into() }
    }
}

impl DrivingBackend for Echo {
    async fn status(&self) -> zbus::fdo::Result<Status> {
        Ok(Status { region: "us".into(), ..Status::default() })
    }
}

impl InputBackend for Echo {
    async fn since(&self, number: u64) -> zbus::fdo::Result<(u64, Vec<InputEvent>)> {
        let (key, action) = ("REL_DIAL".into(), "turn".into());
        Ok((number, vec![InputEvent { number: number + 1, t_ns: 7, key, action, steps: -2 }]))
    }
}

impl ScreenBackend for Echo {
    async fn capture(&self, sequence: u64) -> Result<Picture, ScreenError> {
        match sequence {
            0 => Err(ScreenError::CaptureFailed("too late".into())),
            _ => Ok(Picture { sequence, now_ns: 1, width: 2, height: 3, png: vec![137] }),
        }
    }

    async fn touch(&self, _x: f64, _y: f64) -> Result<(), ScreenError> {
        Err(ScreenError::NotHeadless("a window".into()))
    }

    async fn set_theme(&self, theme: String) -> Result<(), ScreenError> {
        Err(ScreenError::Unknown(theme))
    }

    async fn set_language(&self, language: String) -> Result<(), ScreenError> {
        Err(ScreenError::Unknown(language))
    }

    fn misdrawn(&self) -> Vec<String> {
        vec!["abs".into()]
    }
}

impl SimulatorBackend for Echo {
    async fn answer_temperature(&self, answer: String, _delay_ms: u32) -> Result<(), SimulatorError> {
        Err(SimulatorError::Unknown(answer))
    }

    async fn answer(&self, path: String, _answer: String, _delay_ms: u32) -> Result<(), SimulatorError> {
        Err(SimulatorError::Unknown(path))
    }

    async fn press_key(&self, _key: String, _milliseconds: u32) -> Result<(), SimulatorError> {
        Ok(())
    }

    async fn turn_knob(&self, knob: String, steps: i32) -> Result<(), SimulatorError> {
        if steps < 0 { Ok(()) } else { Err(SimulatorError::Unknown(knob)) }
    }

    async fn mute(&self, _message: String, _muted: bool) -> Result<(), SimulatorError> {
        Ok(())
    }

    async fn spoil(&self, message: String, _fault: String) -> Result<(), SimulatorError> {
        Err(SimulatorError::Unknown(message))
    }

    async fn pedals(&self, accelerator: f64, brake: f64, milliseconds: u32) -> Result<(), SimulatorError> {
        Err(SimulatorError::Unknown(format!("{accelerator} {brake} {milliseconds}")))
    }

    async fn set(&self, key: String, value: String) -> Result<(), SimulatorError> {
        Err(SimulatorError::Refused(format!("{key} = {value}")))
    }

    async fn scenarios(&self) -> Result<Vec<String>, SimulatorError> {
        Ok(vec!["city".into(), "parked".into()])
    }

    async fn begin(&self, scenario: String) -> Result<(), SimulatorError> {
        Err(SimulatorError::Unknown(scenario))
    }

    async fn take_over(&self) -> Result<(), SimulatorError> {
        Ok(())
    }

    async fn state(&self) -> Result<State, SimulatorError> {
        let message =
            MessageState { name: "Speed".into(), muted: true, fault: "none".into(), faults: vec!["none".into()] };
        let answer = AnswerState { path: "Vehicle.Roof".into(), answer: "stuck".into(), delay_ms: 20 };
        Ok(State {
            scenario: "city".into(),
            doing: "Stand".into(),
            messages: vec![message],
            answers: vec![answer],
            keys: vec!["KEY_MENU".into()],
            knobs: vec!["REL_DIAL".into()],
            buses: vec![BusState { interface: "can0".into(), dropped: true }],
            phone: PhoneState { reach: "near".into(), name: "Ann".into(), ..PhoneState::default() },
        })
    }

    async fn drop_bus(&self, interface: String, dropped: bool) -> Result<(), SimulatorError> {
        if dropped { Err(SimulatorError::Unknown(interface)) } else { Ok(()) }
    }

    async fn kill(&self, program: String) -> Result<(), SimulatorError> {
        Err(SimulatorError::Unknown(program))
    }

    async fn phone(&self, deed: String) -> Result<(), SimulatorError> {
        Err(SimulatorError::Unknown(deed))
    }
}

/// The service's and the client's end.
pub async fn pair() -> zbus::Result<(Connection, Connection)> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    let service = Builder::unix_stream(ours)
        .server(zbus::Guid::generate())
        .p2p()
        .serve_at(signals::PATH, Signals1(Echo))
        .serve_at(bus::PATH, Bus1(Echo))
        .serve_at(climate::PATH, Climate1(Echo))
        .serve_at(body::PATH, Body1(Echo))
        .serve_at(seats::PATH, Seats1(Echo))
        .serve_at(charging::PATH, Charging1(Echo))
        .serve_at(screen::PATH, Screen1(Echo))
        .serve_at(simulator::PATH, Simulator1(Echo))
        .serve_at(tandem_contracts::driving::PATH, Driving1(Echo))
        .serve_at(tandem_contracts::input::PATH, Input1(Echo))
        .serve_at(tandem_contracts::media::PATH, Media1(Echo))
        .serve_at(tandem_contracts::sessions::PATH, Sessions1(Echo))
        .serve_at(tandem_contracts::calls::PATH, Calls1(Echo))
        .serve_at(tandem_contracts::phones::PATH, PhoneLink1(Echo))
        .serve_at(tandem_contracts::settings::PATH, Settings1(Echo))
        .serve_at(tandem_contracts::camera::PATH, Camera1(Echo))
        .serve_at(tandem_contracts::health::PATH, Health1(Echo))
        .serve_at(tandem_contracts::part::PATH, Part1)
        .build();
    let client = Builder::unix_stream(theirs).p2p().build();
    tokio::try_join!(service, client)
}
