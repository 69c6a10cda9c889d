//! The car over a socket pair, driven step by step by a service that is this test: no wall time anywhere.

use std::sync::mpsc::channel;
use std::thread::JoinHandle;

use tandem_dbc::integrity::{self, ChecksumError};
use tandem_dbc::{Codec, Database};
use tandem_frame::BusIndex;

use super::*;
use crate::actuation::Answer;
use crate::broadcast::{Fault, protection};
use crate::folder::Bus;

const MS: u64 = 1_000_000;

/// A service on its end of the link.
struct Service {
    local: Local,
    now: u64,
}

/// A car in a thread of its own, in lockstep.
struct Garage {
    voice: Sender<Said>,
    buses: Vec<Bus>,
    thread: JoinHandle<Result<(), DriveError>>,
}

impl Garage {
    fn open() -> Self {
        let car = crate::tests::car(None);
        let buses = car.buses().to_vec();
        let (voice, mailbox) = channel();
        let own = voice.clone();
        let thread = std::thread::spawn(move || drive(car, Pace::Lockstep, None, &mailbox, &own));
        Self { voice, buses, thread }
    }

    /// A service comes, and hears the car's greeting.
    fn connect(&self) -> Service {
        let (car, mut local) = Local::pair().unwrap();
        self.voice.send(Said::Arrived(car)).unwrap();
        let interfaces = ["can0", "can1", "can2"].map(str::to_owned).to_vec();
        let hello = Event::Hello(Hello { pace: Pace::Lockstep, interfaces });
        assert_eq!(local.receive().unwrap(), Some(hello));
        Service { local, now: 0 }
    }

    fn order(&self, order: Order) -> Result<(), OrderError> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.voice.send(Said::Order(order, answer)).unwrap();
        answered.blocking_recv().unwrap()
    }

    fn answers(&self, answer: Answer, delay_ms: u64) {
        let path = tandem_contracts::climate::DRIVER_TEMPERATURE.to_owned();
        self.order(Order::Answer { path, answer, delay_ns: delay_ms * MS }).unwrap();
    }

    fn spoil(&self, message: &str, fault: Fault) -> Result<(), OrderError> {
        self.order(Order::Spoil { message: message.to_owned(), fault })
    }

    fn close(self) {
        self.voice.send(Said::Enough).unwrap();
        self.thread.join().unwrap().unwrap();
    }

    fn body(&self) -> (&Database, &Codec) {
        (&self.buses[1].database, &self.buses[1].codec)
    }

    fn wish(&self, celsius: f64, counter: u8) -> Frame {
        let (database, codec) = self.body();
        let message = database.message("ClimateCommand").unwrap();
        let (index, mut data) = (codec.index(message.id).unwrap(), [0; 3]);
        let number = |name| message.signal(name).unwrap().0;
        codec.encode(index, &mut data, number("DriverTemperature"), celsius).unwrap();
        codec.encode(index, &mut data, number("Counter"), f64::from(counter)).unwrap();
        let (_, checksum) = protection(&self.buses[1], message);
        let (signal, kind) = checksum.unwrap();
        integrity::fill(kind, message.id, &mut data, &message.signals[signal]).unwrap();
        Frame::new(BusIndex(1), message.id, 0, &data).unwrap()
    }

    /// What the last of these ClimateStatus says: the driver's temperature, and the answer.
    fn status(&self, frames: &[Frame]) -> (f64, f64) {
        let (database, codec) = self.body();
        let message = database.message("ClimateStatus").unwrap();
        let index = codec.index(message.id).unwrap();
        let last = frames.iter().rfind(|frame| frame.id == message.id).unwrap();
        let value = |name| {
            let mut value = None;
            let signal = message.signal(name).unwrap().0;
            codec.decode_only(index, &[signal], last.data(), |sample| value = Some(sample.physical)).unwrap();
            value.unwrap()
        };
        (value("DriverTemperature"), value("CommandAnswer"))
    }

    fn of<'a>(&self, message: &str, frames: &'a [Frame]) -> Vec<&'a Frame> {
        let found = self.buses.iter().enumerate().find_map(|(at, bus)| Some((at, bus.database.message(message)?)));
        let (at, message) = found.unwrap();
        frames.iter().filter(|frame| frame.bus.0 == at as u8 && frame.id == message.id).collect()
    }
}

impl Service {
    /// Lets the car drive on for so long, and hears it.
    fn hear(&mut self, milliseconds: u64) -> Vec<Frame> {
        let (mut frames, until) = (Vec::new(), self.now + milliseconds * MS);
        while self.now < until {
            if self.now.is_multiple_of(TICK_NS) {
                self.local.send(&[Event::Reached(self.now)]).unwrap();
            }
            loop {
                match self.local.receive().unwrap().expect("the car is there") {
                    Event::Frame(frame) => frames.push(frame),
                    Event::Advance(t_ns) => {
                        assert!(t_ns > self.now, "time ran backwards");
                        self.now = t_ns;
                        break;
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        frames
    }

    fn say(&self, frame: Frame) {
        self.local.send(&[Event::Frame(frame)]).unwrap();
    }
}

#[test]
fn a_wish_is_obeyed_after_the_actuators_time() {
    let garage = Garage::open();
    let mut service = garage.connect();
    assert_eq!(garage.status(&service.hear(200)), (21.0, 0.0));
    service.say(garage.wish(23.5, 0));
    assert_eq!(garage.status(&service.hear(300)), (21.0, 0.0), "too early");
    assert_eq!(garage.status(&service.hear(200)), (23.5, 1.0));
    assert_eq!(garage.status(&service.hear(600)), (23.5, 0.0), "the answer does not stand for ever");
    garage.close();
}

#[test]
fn a_wish_is_refused() {
    let garage = Garage::open();
    let mut service = garage.connect();
    service.hear(200);
    garage.answers(Answer::Refuse, 100);
    service.say(garage.wish(23.5, 0));
    assert_eq!(garage.status(&service.hear(300)), (21.0, 2.0));
    assert_eq!(garage.status(&service.hear(600)), (21.0, 0.0));
    garage.answers(Answer::Obey, 0);
    service.say(garage.wish(30.0, 1));
    assert_eq!(garage.status(&service.hear(200)), (21.0, 2.0), "no car does 30 °C, whatever it was told");
    garage.close();
}

#[test]
fn a_wish_is_met_with_silence() {
    let garage = Garage::open();
    let mut service = garage.connect();
    service.hear(200);
    garage.answers(Answer::Silent, 0);
    service.say(garage.wish(23.5, 0));
    for _ in 0..20 {
        assert_eq!(garage.status(&service.hear(100)), (21.0, 0.0));
    }
    garage.close();
}

#[test]
fn a_wish_that_is_not_whole_or_not_new_is_not_heard() {
    let garage = Garage::open();
    let mut service = garage.connect();
    service.hear(200);
    let good = garage.wish(23.5, 4);
    let [temperature, counter, checksum] = *good.data() else { panic!("{good:?}") };
    service.say(Frame::new(good.bus, good.id, 0, &[temperature, counter, checksum ^ 1]).unwrap());
    service.say(Frame::new(good.bus, good.id, 0, &[temperature, counter]).unwrap());
    service.say(Frame::new(BusIndex(0), good.id, 0, good.data()).unwrap());
    assert_eq!(garage.status(&service.hear(600)), (21.0, 0.0));
    service.say(good);
    assert_eq!(garage.status(&service.hear(500)), (23.5, 1.0));
    service.say(garage.wish(18.0, 4));
    assert_eq!(garage.status(&service.hear(600)), (23.5, 0.0), "the counter is the same as before");
    service.say(garage.wish(18.0, 5));
    assert_eq!(garage.status(&service.hear(500)), (18.0, 1.0));
    garage.close();
}

#[test]
fn a_service_may_go_and_come_back_and_time_goes_on_where_it_was() {
    let garage = Garage::open();
    let mut first = garage.connect();
    first.hear(500);
    first.say(garage.wish(23.5, 9));
    first.hear(400);
    first.local.close();
    let mut second = Service { now: first.now, ..garage.connect() };
    let heard = second.hear(400);
    assert!(heard.iter().all(|frame| frame.t_ns > first.now), "no time comes twice");
    assert_eq!(garage.status(&heard).0, 23.5, "the car has not forgotten");
    // A service that starts anew counts anew: its 9 is no repetition.
    second.say(garage.wish(19.0, 9));
    assert_eq!(garage.status(&second.hear(500)), (19.0, 1.0));
    // A third takes the second's place, even if the second never closed its end.
    let mut third = Service { now: second.now, ..garage.connect() };
    assert!(!third.hear(100).is_empty());
    while second.local.receive().unwrap().is_some() {}
    garage.close();
    while third.local.receive().unwrap().is_some() {}
}

#[test]
fn a_message_is_muted_and_let_go_again() {
    let garage = Garage::open();
    let mut service = garage.connect();
    let mute = |muted| Order::Mute { message: "VehicleMotion".to_owned(), muted };
    assert_eq!(garage.of("VehicleMotion", &service.hear(200)).len(), 20);
    garage.order(mute(true)).unwrap();
    let heard = service.hear(200);
    assert_eq!((garage.of("VehicleMotion", &heard).len(), garage.of("MotorStatus", &heard).len()), (0, 10));
    garage.order(mute(false)).unwrap();
    assert_eq!(garage.of("VehicleMotion", &service.hear(200)).len(), 20);
    garage.close();
}

#[test]
fn a_message_is_spoiled_in_three_ways() {
    let garage = Garage::open();
    let mut service = garage.connect();
    service.hear(200);
    let message = garage.buses[0].database.message("BrakeStatus").unwrap();
    let (counter, checksum) = protection(&garage.buses[0], message);
    let (signal, kind) = checksum.unwrap();
    let index = garage.buses[0].codec.index(message.id).unwrap();
    let verify = |frame: &Frame| integrity::verify(kind, frame.id, frame.data(), &message.signals[signal]);
    let count = |frame: &Frame| garage.buses[0].codec.raw(index, counter.unwrap(), frame.data());
    let mut spoiled = |fault| {
        garage.spoil("BrakeStatus", fault).unwrap();
        let heard = service.hear(200);
        garage.of("BrakeStatus", &heard).into_iter().copied().collect::<Vec<_>>()
    };
    let wrong = spoiled(Fault::Checksum);
    assert!(wrong.len() == 10 && wrong.iter().all(|frame| matches!(verify(frame), Err(ChecksumError::Wrong { .. }))));
    let hung = spoiled(Fault::Counter);
    assert!(hung.len() == 10 && hung.iter().all(|frame| verify(frame).is_ok() && count(frame) == count(&hung[0])));
    let short = spoiled(Fault::Short);
    assert!(short.len() == 10 && short.iter().all(|frame| frame.length() == message.length - 1));
    let whole = spoiled(Fault::None);
    assert!(whole.len() == 10 && whole.iter().all(|frame| verify(frame).is_ok() && frame.length() == message.length));
    assert!(whole.windows(2).all(|pair| count(&pair[0]) != count(&pair[1])));
    garage.close();
}

#[test]
fn an_order_that_makes_no_sense_is_refused() {
    let garage = Garage::open();
    let near = garage.spoil("VehicleMotoin", Fault::Short).unwrap_err().to_string();
    assert_eq!(near, "the car sends no message VehicleMotoin, is it VehicleMotion?");
    let command = garage.spoil("ClimateCommand", Fault::Short).unwrap_err().to_string();
    assert_eq!(command, "the car sends no message ClimateCommand");
    let unprotected = garage.spoil("DoorStatus", Fault::Checksum).unwrap_err().to_string();
    assert_eq!(unprotected, "DoorStatus has no checksum to spoil");
    assert_eq!(garage.spoil("DoorStatus", Fault::Short), Ok(()));
    assert_eq!(
        "obye".parse::<Answer>().unwrap_err().to_string(),
        "\"obye\" is unknown, expected obey, refuse, silent, wrong or stuck"
    );
    assert!("shorter".parse::<Fault>().is_err());
    garage.close();
}

#[test]
fn the_end_of_the_time_is_told() {
    let (voice, mailbox) = channel();
    let (car_end, mut service) = Local::pair().unwrap();
    voice.send(Said::Arrived(car_end)).unwrap();
    let own = voice.clone();
    let car = crate::tests::car(None);
    let thread = std::thread::spawn(move || drive(car, Pace::Lockstep, Some(100 * MS), &mailbox, &own));
    let mut last = None;
    while let Some(event) = service.receive().unwrap() {
        if let Event::Advance(t_ns) = event {
            service.send(&[Event::Reached(t_ns)]).unwrap();
            last = Some(t_ns);
        } else if event == Event::End {
            assert_eq!(last, Some(100 * MS));
            last = None;
        }
    }
    assert_eq!(last, None, "nobody said that it was the end");
    thread.join().unwrap().unwrap();
}

#[test]
fn live_the_car_goes_at_its_own_pace_and_asks_nobody() {
    let (voice, mailbox) = channel();
    let (car_end, mut service) = Local::pair().unwrap();
    voice.send(Said::Arrived(car_end)).unwrap();
    drive(crate::tests::car(None), Pace::Live, Some(50 * MS), &mailbox, &voice).unwrap();
    let heard: Vec<Event> = std::iter::from_fn(|| service.receive().unwrap()).collect();
    assert!(matches!(heard.first(), Some(Event::Hello(Hello { pace: Pace::Live, .. }))));
    let advances: Vec<&Event> = heard.iter().filter(|event| matches!(event, Event::Advance(_))).collect();
    let expected: Vec<Event> = (1..=5).map(|step| Event::Advance(step * 10 * MS)).collect();
    assert_eq!(advances, expected.iter().collect::<Vec<_>>());
    assert_eq!(heard.last(), Some(&Event::End));
}

#[test]
fn a_service_that_does_not_read_is_left_behind() {
    let (voice, mailbox) = channel();
    let (car_end, mut service) = Local::pair().unwrap();
    let peer = Peer::new(car_end, 1, voice);
    let told = (0..100_000).take_while(|step| peer.tell(vec![Event::Advance(*step)])).count();
    assert!((200..100_000).contains(&told), "{told}");
    peer.drop_now();
    assert!(matches!(mailbox.recv().unwrap(), Said::Gone(1)));
    let heard = std::iter::from_fn(|| service.receive().unwrap()).count();
    assert!(heard <= told, "{heard} of {told}");
}
