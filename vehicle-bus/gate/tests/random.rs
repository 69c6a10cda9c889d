//! Random wishes, heard frames and clocks: the gate lets out what another one, written here from the bits up and with its own books, would let out, and nothing else.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

mod cars;

use proptest::prelude::*;
use tandem_frame::{BusIndex, CanId, Flags, Frame};
use tandem_gate::VehicleState;
use tandem_units::{Driving, Nanoseconds, Power};

/// First bit, size, big endian, signed; factor, offset; least and most, physical; start value, raw.
struct Signal(usize, usize, bool, bool, f64, f64, f64, f64, i128);

/// A line of `cars/car.toml` as a person reads it there and in `cars/car.dbc`.
struct Line {
    bus: u8,
    id: u32,
    extended: bool,
    fd: bool,
    start: &'static [u8],
    signals: &'static [Signal],
    /// First bit and size.
    counter: Option<(usize, usize)>,
    checksum: Option<usize>,
    period_ms: u64,
    burst: u64,
    driving: &'static [Driving],
    power: Option<&'static [Power]>,
    received: bool,
}

const ANY: &[Driving] = &[Driving::Parked, Driving::Idling, Driving::Moving];
const STANDING: &[Driving] = &[Driving::Parked, Driving::Idling];
const ON: &[Power] = &[Power::On, Power::Start];

const LINES: [Line; 5] = [
    Line {
        bus: 0,
        id: 0x100,
        extended: false,
        fd: false,
        start: &[255, 0, 0, 0, 9],
        signals: &[
            Signal(0, 8, false, false, 0.5, 0.0, 16.0, 28.0, 255),
            Signal(8, 8, false, true, 1.0, 0.0, -3.0, 5.0, 0),
        ],
        counter: Some((16, 4)),
        checksum: Some(3),
        period_ms: 100,
        burst: 1,
        driving: ANY,
        power: Some(ON),
        received: false,
    },
    Line {
        bus: 0,
        id: 0x101,
        extended: false,
        fd: false,
        start: &[0, 0, 7, 0],
        signals: &[Signal(16, 3, false, false, 1.0, 0.0, 0.0, 4.0, 7)],
        counter: Some((0, 8)),
        checksum: Some(1),
        period_ms: 30,
        burst: 2,
        driving: ANY,
        power: Some(ON),
        received: true,
    },
    Line {
        bus: 1,
        id: 0x200,
        extended: false,
        fd: false,
        start: &[8, 0, 0],
        signals: &[
            Signal(3, 12, true, true, -0.1, 5.0, -4.95, 7.04, -2048),
            Signal(16, 8, false, true, 1.0, 0.0, -3.0, 2.0, 0),
        ],
        counter: None,
        checksum: None,
        period_ms: 50,
        burst: 3,
        driving: STANDING,
        power: None,
        received: false,
    },
    Line {
        bus: 0,
        id: 0x300,
        extended: false,
        fd: true,
        start: &[0; 12],
        signals: &[Signal(64, 24, false, false, 1.0, 0.0, 0.0, 9.0, 0)],
        counter: None,
        checksum: None,
        period_ms: 10,
        burst: 2,
        driving: ANY,
        power: None,
        received: true,
    },
    Line {
        bus: 1,
        id: 0x18FE_F100,
        extended: true,
        fd: false,
        start: &[0, 0, 0, 0, 0, 5, 0xFF, 0xC0],
        signals: &[
            Signal(4, 33, false, false, 0.001, -10.0, 0.0, 8_000_000.0, 0),
            Signal(55, 10, true, false, 1.0, 0.0, 0.0, 1000.0, 1023),
        ],
        counter: None,
        checksum: None,
        period_ms: 20,
        burst: 16,
        driving: &[Driving::Parked],
        power: Some(&[Power::Lock, Power::Acc]),
        received: true,
    },
];

impl Signal {
    /// Its bits, the lowest first, as the DBC format numbers them.
    fn bits(&self) -> Vec<usize> {
        let Signal(first, size, big, ..) = *self;
        if !big {
            return (first..first + size).collect();
        }
        // Down within a byte, on with the highest of the next one.
        let next = |bit: &usize| Some(if bit.is_multiple_of(8) { bit + 15 } else { bit - 1 });
        let mut bits: Vec<_> = std::iter::successors(Some(first), next).take(size).collect();
        bits.reverse();
        bits
    }

    fn read(&self, data: &[u8]) -> i128 {
        let bits = self.bits();
        let value: i128 =
            bits.iter().enumerate().map(|(at, bit)| i128::from(data[bit / 8] >> (bit % 8) & 1) << at).sum();
        let negative = self.3 && value >> (bits.len() - 1) == 1;
        if negative { value - (1 << bits.len()) } else { value }
    }

    fn write(&self, data: &mut [u8], value: i128) {
        for (at, bit) in self.bits().into_iter().enumerate() {
            data[bit / 8] = data[bit / 8] & !(1 << (bit % 8)) | ((value >> at & 1) as u8) << (bit % 8);
        }
    }

    fn allows(&self, data: &[u8]) -> bool {
        let Signal(.., factor, offset, least, most, start) = *self;
        let raw = self.read(data);
        let physical = raw as f64 * factor + offset;
        raw == start || (least - 1e-7..=most + 1e-7).contains(&physical)
    }
}

impl Line {
    fn id(&self) -> CanId {
        if self.extended { CanId::extended(self.id) } else { CanId::standard(self.id) }.unwrap()
    }

    fn flags(&self) -> Flags {
        Flags { fd: self.fd, brs: self.fd, ..Flags::default() }
    }

    /// Whether a bit is nobody's but the gate's.
    fn is_filled_in(&self, bit: usize) -> bool {
        self.counter.is_some_and(|(first, size)| (first..first + size).contains(&bit)) || self.checksum == Some(bit / 8)
    }

    fn is_listed(&self, bit: usize) -> bool {
        self.signals.iter().any(|signal| signal.bits().contains(&bit))
    }

    /// CRC-8 SAE J1850 over the low byte of the id and all bytes but its own.
    fn checksum(&self, data: &[u8], own: usize) -> u8 {
        let mut crc = 0xFFu8;
        let rest = data.iter().enumerate().filter(|(at, _)| *at != own).map(|(_, byte)| *byte);
        for byte in std::iter::once(self.id as u8).chain(rest) {
            for bit in (0..8).rev() {
                let top = crc >> 7 ^ (byte >> bit & 1);
                crc = (crc << 1) ^ (top * 0x1D);
            }
        }
        !crc
    }
}

/// The books of one line: what its blank is, and when frames left.
struct Book {
    blank: Vec<u8>,
    left: Vec<u64>,
    /// When another clock began, if frames had left before.
    begun: Option<u64>,
    counter: u8,
}

impl Book {
    /// No stretch of time from one frame to another has more frames than the burst and one a period.
    fn pace_allows(&self, line: &Line, now: u64) -> bool {
        // So many frames cost this much time, of which the spare ones are free.
        let held = |since: u64, frames: u64, spare: u64| {
            let cost = (i128::from(frames) - i128::from(spare)) * i128::from(line.period_ms * 1_000_000);
            i128::from(since) + cost <= i128::from(now)
        };
        let mut stretches = self.left.iter().enumerate().map(|(at, since)| (*since, (self.left.len() - at) as u64));
        let pace = stretches.all(|(since, frames)| held(since, frames + 1, line.burst));
        // The whole burst counts as spent when another clock begins.
        pace && self.begun.is_none_or(|since| held(since, self.left.len() as u64 + 1, 0))
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Line, what is written where, a flipped bit, another frame, and the state of the car.
    Wish(usize, Vec<(usize, i64)>, Option<usize>, Other, VehicleState),
    /// Line, bytes, whether the checksum is right, another frame.
    Hear(usize, Vec<u8>, bool, Other),
    Clock(u64),
    /// Milliseconds forwards or, as no clock should, backwards.
    Pass(i64),
}

/// How a frame is not the one of its line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Other {
    Not,
    Bus,
    Kind,
    Id(u32),
    Remote,
    Error,
    Fd,
    Shorter,
}

fn state() -> impl Strategy<Value = VehicleState> {
    let power = prop_oneof![1 => Just(None), 6 => prop::sample::select(Power::ALL).prop_map(Some)];
    // Mostly one in which much may leave.
    let any = (prop::sample::select(Driving::ALL), power).prop_map(|(driving, power)| VehicleState { driving, power });
    let parked = |power| Just(VehicleState { driving: Driving::Parked, power: Some(power) });
    prop_oneof![any, parked(Power::On), parked(Power::Acc)]
}

fn other() -> impl Strategy<Value = Other> {
    let others = prop_oneof![
        Just(Other::Bus),
        Just(Other::Kind),
        (0..0x800u32).prop_map(Other::Id),
        Just(Other::Remote),
        Just(Other::Error),
        Just(Other::Fd),
        Just(Other::Shorter),
    ];
    prop_oneof![9 => Just(Other::Not), 1 => others]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let line = 0..LINES.len();
    // Numbers around the ends of the ranges, and any.
    let value = prop_oneof![-6..12i64, 28..60i64, -25..105i64, 995..1026i64, Just(10_000), any::<i64>()];
    let write = prop::collection::vec((0..2usize, value), 0..3);
    let flip = prop_oneof![9 => Just(None), 1 => (0..96usize).prop_map(Some)];
    let wish = (line.clone(), write, flip, other(), state());
    let hear = (line, prop::collection::vec(any::<u8>(), 12), prop::bool::weighted(0.8), other());
    let step = prop_oneof![
        12 => wish.prop_map(|(line, write, flip, other, state)| Step::Wish(line, write, flip, other, state)),
        3 => hear.prop_map(|(line, bytes, whole, other)| Step::Hear(line, bytes, whole, other)),
        1 => (0..10_000u64).prop_map(Step::Clock),
        8 => prop_oneof![9 => 0..60i64, 1 => -200..2000i64].prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..200)
}

/// The frame of these bytes, in some way another one.
fn frame(line: &Line, data: &[u8], other: Other) -> Frame {
    let data = if other == Other::Shorter { &data[..data.len() / 2] } else { data };
    let mut frame = Frame::with_flags(BusIndex(line.bus), line.id(), 77, line.flags(), data).unwrap();
    match other {
        Other::Bus => frame.bus = BusIndex(line.bus ^ 1),
        Other::Kind => {
            frame.id = if line.extended { CanId::standard(line.id & 0x7FF) } else { CanId::extended(line.id) }.unwrap()
        }
        Other::Id(id) => frame.id = CanId::standard(id).unwrap(),
        Other::Remote => frame.flags = Flags { remote: true, ..frame.flags },
        Other::Error => frame.flags = Flags { error: true, ..frame.flags },
        Other::Fd => frame.flags = Flags { fd: !frame.flags.fd, ..frame.flags },
        Other::Not | Other::Shorter => {}
    }
    frame
}

/// The line that a frame is of, by bus, id, kind and length.
fn line_of(frame: &Frame) -> Option<usize> {
    LINES.iter().position(|line| {
        line.bus == frame.bus.0
            && line.id() == frame.id
            && line.flags() == frame.flags
            && line.start.len() == frame.length()
    })
}

fn holds(steps: &[Step]) -> Result<(usize, usize), TestCaseError> {
    let mut gate = cars::made();
    let book = |line: &Line| Book { blank: line.start.to_vec(), left: Vec::new(), begun: None, counter: 0 };
    let mut books: Vec<Book> = LINES.iter().map(book).collect();
    let (mut now, mut told) = (5_000_000_000u64, (0, 0));
    for step in steps {
        match step {
            Step::Pass(ms) => now = now.saturating_add_signed(ms * 1_000_000),
            Step::Clock(ms) => {
                now = ms * 1_000_000;
                gate.begin_clock(Nanoseconds(now));
                for (book, line) in books.iter_mut().zip(&LINES) {
                    if book.begun.is_some() || !book.left.is_empty() {
                        book.begun = Some(now);
                    }
                    book.left.clear();
                    book.blank = line.start.to_vec();
                }
            }
            Step::Hear(at, bytes, whole, other) => {
                let line = &LINES[*at];
                let mut data = bytes[..line.start.len()].to_vec();
                if let Some(own) = line.checksum {
                    data[own] = line.checksum(&data, own) ^ u8::from(!whole);
                }
                let heard = frame(line, &data, *other);
                gate.hear(&heard);
                let Some(at) = line_of(&heard).filter(|at| LINES[*at].received) else { continue };
                if *whole || LINES[at].checksum.is_none() {
                    books[at].blank = heard.data().to_vec();
                    for signal in LINES[at].signals.iter().filter(|signal| !signal.allows(heard.data())) {
                        signal.write(&mut books[at].blank, signal.8);
                    }
                }
            }
            Step::Wish(at, write, flip, other, state) => {
                let line = &LINES[*at];
                let blank = gate.blank(BusIndex(line.bus), line.id()).unwrap();
                prop_assert_eq!(blank.data(), books[*at].blank.as_slice());
                let mut data = blank.data().to_vec();
                for (signal, value) in write {
                    let signal = &line.signals[signal % line.signals.len()];
                    signal.write(&mut data, (*value).into());
                }
                if let Some(bit) = flip {
                    let bit = bit % (8 * data.len());
                    data[bit / 8] ^= 1 << (bit % 8);
                }
                let wanted = frame(line, &data, *other);
                let before = format!("{gate:?}");
                let admitted = gate.admit(&wanted, *state, Nanoseconds(now));
                let Some(at) = line_of(&wanted) else {
                    prop_assert!(admitted.is_err(), "{:?}", wanted);
                    continue;
                };
                let (line, book) = (&LINES[at], &mut books[at]);
                let differs = |bit: usize| (wanted.data()[bit / 8] ^ book.blank[bit / 8]) >> (bit % 8) & 1 == 1;
                let foreign = |bit: &usize| differs(*bit) && !line.is_listed(*bit) && !line.is_filled_in(*bit);
                let expected = (0..8 * data.len().min(wanted.length())).find(foreign).is_none()
                    && line.signals.iter().all(|signal| signal.allows(wanted.data()))
                    && line.driving.contains(&state.driving)
                    && line.power.is_none_or(|list| state.power.is_some_and(|power| list.contains(&power)))
                    && book.pace_allows(line, now);
                prop_assert_eq!(admitted.is_ok(), expected, "{:?} {:?} at {}: {:?}", wanted, state, now, admitted);
                let Ok(left) = admitted else {
                    prop_assert_eq!(format!("{gate:?}"), before, "a refusal leaves a trace");
                    told.1 += 1;
                    continue;
                };
                prop_assert_eq!((left.t_ns, line_of(&left)), (now, Some(at)));
                for bit in (0..8 * left.length()).filter(|bit| !line.is_filled_in(*bit)) {
                    let same = (left.data()[bit / 8] ^ wanted.data()[bit / 8]) >> (bit % 8) & 1 == 0;
                    prop_assert!(same, "bit {}", bit);
                }
                if let Some((first, size)) = line.counter {
                    let counter = left.data()[first / 8] & u8::MAX >> (8 - size);
                    prop_assert_eq!(counter, book.counter);
                    book.counter = (counter + 1) & u8::MAX >> (8 - size);
                }
                if let Some(own) = line.checksum {
                    prop_assert_eq!(left.data()[own], line.checksum(left.data(), own));
                }
                book.left.push(now);
                told.0 += 1;
            }
        }
    }
    Ok(told)
}

/// Enough of both leaves and stays that the test says something.
static TOLD: std::sync::Mutex<(usize, usize)> = std::sync::Mutex::new((0, 0));

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    fn leaves_what_may_and_nothing_else(steps in steps()) {
        let (left, stayed) = holds(&steps)?;
        let mut told = TOLD.lock().unwrap();
        *told = (told.0 + left, told.1 + stayed);
    }
}

#[test]
fn whatever_is_wished_leaves_if_it_may_and_only_then() {
    leaves_what_may_and_nothing_else();
    let (left, stayed) = *TOLD.lock().unwrap();
    assert!(left > 5_000 && stayed > 5_000, "{left} left, {stayed} stayed");
}
