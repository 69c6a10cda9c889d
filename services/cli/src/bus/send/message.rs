use anyhow::{Context, bail};
use tandem_dbc::integrity::{Checksum, Counter, fill};
use tandem_dbc::{Codec, FrameFormat, Message, Multiplex, Raw, Signal};
use tandem_frame::{BusIndex, Flags, Frame};
use tandem_signals::{BusProfile, nearest};

use crate::dictionary::{Book, Dictionary};
use crate::failure::{SetUp, set_up};

/// Makes the frames of one message, with a counter that counts and a checksum that fits, if the car has them.
#[derive(Debug)]
pub struct Composer {
    codec: Codec,
    index: usize,
    message: Message,
    payload: Vec<u8>,
    counter: Option<(usize, Counter, u8)>,
    checksum: Option<(Checksum, Signal)>,
}

impl Composer {
    /// Finds the message and puts the values into it, each `Signal=value`.
    ///
    /// # Errors
    /// A wrong set-up: no such message or signal, or a value that does not fit.
    pub fn new(dictionary: &Dictionary, interface: &str, name: &str, values: &[String]) -> anyhow::Result<Self> {
        let (at, book) = find(dictionary, interface, name)?;
        let index = book.database.messages.iter().position(|message| message.name == name);
        let index = index.with_context(|| SetUp(format!("no message {name}")))?;
        let message =
            book.database.messages.get(index).cloned().with_context(|| SetUp(format!("no message {name}")))?;
        let mut composer = Self {
            codec: book.codec.clone(),
            index,
            payload: vec![0; message.length],
            message,
            counter: None,
            checksum: None,
        };
        composer.start()?;
        let mut given = Vec::new();
        for value in values {
            given.push(composer.set(value)?);
        }
        composer.check_presence(&given)?;
        if let Some((profile, _)) = &dictionary.car
            && let Some(bus) = profile.buses.get(at)
        {
            composer.protect(bus)?;
        }
        // What cannot be made is known before anything is sent.
        composer.frame()?;
        Ok(composer)
    }

    /// With the checksum and the counter that the car's profile says, if the message has them.
    fn protect(&mut self, bus: &BusProfile) -> anyhow::Result<()> {
        let Some(integrity) = &bus.integrity else { return Ok(()) };
        let name = &self.message.name;
        if let Some((_, signal)) = self.message.signal(&integrity.checksum_signal) {
            let kind = Checksum::named(integrity.checksum.word, integrity.data_ids_of(name)).with_context(|| {
                SetUp(format!("the checksum of {name} needs a data id that the car.toml does not say"))
            })?;
            self.checksum = Some((kind, signal.clone()));
        }
        let kind = self.checksum.as_ref().map(|(kind, _)| *kind);
        let counter = integrity.counter_of(name).and_then(|counter| self.message.signal(counter));
        self.counter = counter.map(|(at, signal)| (at, Counter::beside(kind, signal.size), 0));
        Ok(())
    }

    /// The next frame.
    ///
    /// # Errors
    /// It does not fit.
    pub fn next(&mut self) -> anyhow::Result<Frame> {
        let frame = self.frame()?;
        if let Some((_, counter, value)) = &mut self.counter {
            *value = counter.after(*value);
        }
        Ok(frame)
    }

    fn frame(&mut self) -> anyhow::Result<Frame> {
        let name = &self.message.name;
        let unfit = || SetUp(format!("{name} does not fit a frame"));
        if let Some((at, _, value)) = self.counter {
            self.codec.set_raw(self.index, &mut self.payload, at, Raw::Unsigned(value.into())).with_context(unfit)?;
        }
        if let Some((kind, signal)) = &self.checksum {
            fill(*kind, self.message.id, &mut self.payload, signal).with_context(unfit)?;
        }
        let fd = self.message.format == FrameFormat::Fd;
        let flags = Flags { fd, ..Flags::default() };
        Frame::with_flags(BusIndex(0), self.message.id, 0, flags, &self.payload).with_context(unfit)
    }

    fn start(&mut self) -> anyhow::Result<()> {
        let name = &self.message.name;
        for (at, signal) in self.message.signals.iter().enumerate() {
            let always = matches!(signal.multiplex, Multiplex::Plain | Multiplex::Multiplexor);
            let Some(start) = signal.start_value.filter(|start| always && *start != 0.0) else { continue };
            let physical = start * signal.factor + signal.offset;
            let unfit = || SetUp(format!("the start value {start} of {name}.{} does not fit", signal.name));
            self.codec.encode(self.index, &mut self.payload, at, physical).with_context(unfit)?;
        }
        Ok(())
    }

    fn set(&mut self, given: &str) -> anyhow::Result<usize> {
        let message = &self.message;
        let (name, value) = given
            .split_once('=')
            .ok_or_else(|| set_up(format!("`{given}` sets nothing: expected Signal=value, such as Speed=12.5")))?;
        let (at, signal) = message.signal(name).ok_or_else(|| {
            let near = nearest(name, message.signals.iter().map(|signal| signal.name.as_str()));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            set_up(format!("message {} has no signal {name}{near}", message.name))
        })?;
        let unfit = || SetUp(format!("{}.{name} cannot be {value}", message.name));
        if let Some((raw, _)) = signal.values.iter().find(|(_, word)| word == value) {
            let raw = u64::try_from(*raw).map_or(Raw::Signed(*raw), Raw::Unsigned);
            self.codec.set_raw(self.index, &mut self.payload, at, raw).with_context(unfit)?;
            return Ok(at);
        }
        let Ok(number) = value.parse::<f64>() else {
            let names: Vec<_> = signal.values.iter().map(|(_, word)| word.as_str()).collect();
            let names = if names.is_empty() { String::new() } else { format!(" or one of {}", names.join(", ")) };
            return Err(set_up(format!("{}.{name} cannot be `{value}`: expected a number{names}", message.name)));
        };
        let (least, most) = (signal.minimum.unwrap_or(f64::MIN), signal.maximum.unwrap_or(f64::MAX));
        if !(least..=most).contains(&number) {
            let unit = &signal.unit;
            return Err(set_up(format!(
                "{}.{name} cannot be {number}: its DBC file lets it be {least} to {most} {unit}",
                message.name
            )));
        }
        self.codec.encode(self.index, &mut self.payload, at, number).with_context(unfit)?;
        Ok(at)
    }

    /// A multiplexed signal is only in the message while its multiplexor says so.
    fn check_presence(&self, given: &[usize]) -> anyhow::Result<()> {
        let mut there = Vec::new();
        let unfit = || SetUp(format!("{} does not fit its own length", self.message.name));
        self.codec.decode(self.index, &self.payload, |sample| there.push(sample.signal)).with_context(unfit)?;
        let missing = given.iter().filter(|signal| !there.contains(signal));
        let Some(signal) = missing.filter_map(|at| self.message.signals.get(*at)).next() else { return Ok(()) };
        let name = format!("{}.{}", self.message.name, signal.name);
        match &signal.multiplex {
            Multiplex::Of { multiplexor, ranges } | Multiplex::Nested { multiplexor, ranges } => {
                let by = self.message.signals.get(*multiplexor).map_or("", |signal| signal.name.as_str());
                let first = ranges.first().map_or(0, |range| *range.start());
                bail!(SetUp(format!(
                    "{name} is not in the message as it stands: the raw value of {by} has to be {first}"
                )))
            }
            _ => bail!(SetUp(format!("{name} reaches past the end of its message"))),
        }
    }
}

fn find<'a>(dictionary: &'a Dictionary, interface: &str, name: &str) -> anyhow::Result<(usize, &'a Book)> {
    if dictionary.books.is_empty() {
        return Err(set_up(format!("where does {name} stand? Say --dbc FILE or --car NAME")));
    }
    let has = |book: &Book| book.database.message(name).is_some();
    let books = || dictionary.books.iter().enumerate();
    // A car's bus may have another name here.
    let found = books().find(|(_, book)| has(book) && book.bus.as_deref().is_none_or(|bus| bus == interface));
    found.or_else(|| books().find(|(_, book)| has(book))).ok_or_else(|| {
        let names = books().flat_map(|(_, book)| &book.database.messages).map(|message| message.name.as_str());
        let near = nearest(name, names).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        set_up(format!("there is no message {name}{near}"))
    })
}

#[cfg(test)]
mod tests {
    use tandem_dbc::Database;

    use super::*;

    const DBC: &str = "BO_ 291 Motion: 3 X\n SG_ Speed : 0|8@1+ (0.5,0) [0|100] \"km/h\" X\n SG_ Gear : 8|8@1+ (1,0) [0|0] \"\" X\n SG_ Tilt : 16|8@1- (1,0) [0|0] \"\" X\n\nBO_ 292 Tyre: 2 X\n SG_ Wheel M : 0|8@1+ (1,0) [0|0] \"\" X\n SG_ Left m0 : 8|8@1+ (1,0) [0|0] \"\" X\n SG_ Right m1 : 8|8@1+ (1,0) [0|0] \"\" X\n\nBA_DEF_ SG_ \"GenSigStartValue\" FLOAT 0 100;\nBA_DEF_DEF_ \"GenSigStartValue\" 0;\nBA_ \"GenSigStartValue\" SG_ 291 Gear 7;\nVAL_ 291 Gear 1 \"Drive\" ;\n";

    fn dictionary() -> Dictionary {
        let database = Database::parse(DBC.as_bytes()).unwrap();
        let codec = Codec::compile(&database);
        Dictionary { books: vec![Book { bus: None, bitrates: None, database, codec }], car: None }
    }

    fn composed(message: &str, values: &[&str]) -> String {
        let values: Vec<_> = values.iter().map(|value| (*value).to_owned()).collect();
        match Composer::new(&dictionary(), "can0", message, &values) {
            Ok(mut composer) => super::super::text(&composer.next().unwrap()),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn values_become_bits_and_what_is_not_given_starts_as_the_file_says() {
        let said = [
            composed("Motion", &[]),
            composed("Motion", &["Speed=12.5", "Gear=Drive", "Tilt=-1"]),
            composed("Tyre", &["Wheel=1", "Right=7"]),
        ];
        assert_eq!(said, ["123#000700", "123#1901FF", "124#0107"]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let said = [
            composed("Motoin", &[]),
            composed("Motion", &["Sped=1"]),
            composed("Motion", &["Speed"]),
            composed("Motion", &["Speed=100.5"]),
            composed("Motion", &["Gear=256"]),
            composed("Motion", &["Gear=Fast"]),
            composed("Tyre", &["Right=7"]),
        ];
        insta::assert_snapshot!(said.join("\n"), @r"
        there is no message Motoin; did you mean Motion?
        message Motion has no signal Sped; did you mean Speed?
        `Speed` sets nothing: expected Signal=value, such as Speed=12.5
        Motion.Speed cannot be 100.5: its DBC file lets it be 0 to 100 km/h
        Motion.Gear cannot be 256: 256 lies outside 0 to 255, which the signal's bits can say
        Motion.Gear cannot be `Fast`: expected a number or one of Drive
        Tyre.Right is not in the message as it stands: the raw value of Wheel has to be 1
        ");
    }
}
