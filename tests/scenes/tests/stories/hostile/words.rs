//! What no service says, in the shapes that the interfaces have.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::ser::{SerializeMap, SerializeSeq, SerializeTuple};
use serde::{Serialize, Serializer};
use tandem_scenes::root;
use zbus::Signature;
use zbus::{DynamicType, Variant};

/// Rows of a list that has no end. Sessions take 475 bytes each: a list of them that is above the 32 MiB a bus carries at once would close the connection, and nobody
/// would be given anything to read.
const ABSURD: usize = 20_000;

/// A row of chance that is the same each time.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn number(&mut self) -> f64 {
        self.of(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, -0.0, 1e300, -1.0, 72.0])
    }

    /// Words that a service has, so that what follows from them is reached, and texts that none has.
    fn text(&mut self, long: bool) -> String {
        const KNOWN: [&str; 26] = [
            "playing",
            "paused",
            "buffering",
            "waiting",
            "media",
            "destination",
            "note",
            "held",
            "offered",
            "owed",
            "pausing",
            "near",
            "away",
            "moving",
            "parked",
            "track",
            "radio",
            "point",
            "resume",
            "obey",
            "ringing",
            "active",
            "hands-free",
            "rear",
            "none",
            "file",
        ];
        match self.below(if long { 12 } else { 6 }) {
            0 => String::new(),
            1 => "\u{202e}gnorw eht yaw \u{2066}שלום".to_owned(),
            2 => "\u{200b}\u{200d}\u{feff}\u{2028}\t\r\n".to_owned(),
            3..=5 => self.of(&KNOWN).to_owned(),
            6 => "x".repeat(64 << 10),
            7 => "🚗👩‍👩‍👧 ".repeat(3_000),
            8 => "Z\u{351}\u{36b}\u{343}\u{36a}".repeat(4_000),
            9 => "9".repeat(400),
            10 => "晴".repeat(20_000),
            _ => format!("file://{}/assets/pictures/cluster-night.png", root().display()),
        }
    }

    /// A variant of any kind; a long one may have a megabyte.
    pub fn variant(&mut self, long: bool) -> Variant<'static> {
        match self.below(if long { 40 } else { 9 }) {
            0 => Variant::from(self.number()),
            1 => Variant::from(self.of(&[i64::MIN, i64::MAX, -1, 0, 127])),
            2 => Variant::from(u64::MAX),
            3 => Variant::from(self.below(2) == 0),
            4 => Variant::from(self.text(long)),
            5 => Variant::from(vec![self.text(false), self.text(false)]),
            6 => Variant::from(vec![self.number(); 3]),
            7 => Variant::from(255_u8),
            8 if long => Variant::from(vec![0_u8; 1 << 20]),
            9..20 => Variant::from(self.text(long)),
            _ => Variant::from(self.number()),
        }
    }
}

/// A body of this shape, whatever stands in it. Its lists are absurdly long if they are `endless`.
pub struct Body {
    shape: Signature,
    chance: Mutex<Chance>,
    endless: bool,
}

impl Body {
    pub fn new(shape: &Signature, chance: Chance, endless: bool) -> Self {
        Self { shape: shape.clone(), chance: Mutex::new(chance), endless }
    }
}

impl DynamicType for Body {
    fn signature(&self) -> Signature {
        self.shape.clone()
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Node { shape: &self.shape, body: self, depth: 0 }.serialize(serializer)
    }
}

struct Node<'a> {
    shape: &'a Signature,
    body: &'a Body,
    depth: usize,
}

impl Node<'_> {
    fn within<'a>(&'a self, shape: &'a Signature) -> Node<'a> {
        Node { shape, body: self.body, depth: self.depth + 1 }
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut chance = self.body.chance.lock().unwrap().clone();
        let seed = chance.below(usize::MAX);
        *self.body.chance.lock().unwrap() = Chance::new(seed as u64);
        let long = !self.body.endless;
        match self.shape {
            Signature::U8 => serializer.serialize_u8(chance.of(&[0, 1, 2, 3, 4, 255])),
            Signature::Bool => serializer.serialize_bool(chance.below(2) == 0),
            Signature::I16 => serializer.serialize_i16(chance.of(&[i16::MIN, -1, 0, i16::MAX])),
            Signature::U16 => serializer.serialize_u16(chance.of(&[0, 1, 1, u16::MAX])),
            Signature::I32 => serializer.serialize_i32(chance.of(&[i32::MIN, -1, 0, i32::MAX])),
            Signature::U32 => serializer.serialize_u32(chance.of(&[0, 1, 100_000, u32::MAX])),
            Signature::I64 => serializer.serialize_i64(chance.of(&[i64::MIN, -1, 0, i64::MAX])),
            Signature::U64 => serializer.serialize_u64(chance.of(&[0, 1, u64::MAX])),
            Signature::F64 => serializer.serialize_f64(chance.number()),
            Signature::Str => serializer.serialize_str(&chance.text(long)),
            Signature::ObjectPath => serializer.serialize_str("/nowhere"),
            Signature::Variant => chance.variant(long).serialize(serializer),
            Signature::Array(item) => {
                let rows = match self.depth {
                    0 if self.body.endless => ABSURD,
                    0 | 1 => 3,
                    _ => chance.below(3),
                };
                let mut list = serializer.serialize_seq(Some(rows))?;
                (0..rows).try_for_each(|_| list.serialize_element(&self.within(item)))?;
                list.end()
            }
            Signature::Dict { key, value } => {
                let mut map = serializer.serialize_map(Some(2))?;
                for number in 0..2_u32 {
                    match &**key {
                        Signature::Str => map.serialize_key(&format!("key {number}"))?,
                        _ => map.serialize_key(&number)?,
                    }
                    map.serialize_value(&self.within(value))?;
                }
                map.end()
            }
            Signature::Structure(fields) => {
                let mut tuple = serializer.serialize_tuple(fields.iter().count())?;
                // What stands at the top is several arguments and no structure.
                let depth = if self.depth == 0 { 0 } else { self.depth + 1 };
                fields.iter().try_for_each(|shape| tuple.serialize_element(&Node { shape, body: self.body, depth }))?;
                tuple.end()
            }
            _ => serializer.serialize_unit(),
        }
    }
}

/// The shapes of one interface, by their members' names.
#[derive(Debug, Default)]
pub struct Interface {
    pub methods: BTreeMap<String, Signature>,
    pub signals: BTreeMap<String, Signature>,
    pub properties: Vec<String>,
}

/// The shapes of an interface as its snapshot has it.
pub fn interface(name: &str) -> Interface {
    let file = root().join("services/contracts/snapshots").join(format!("{name}.xml"));
    let text = std::fs::read_to_string(file).unwrap();
    let attribute = |line: &str, name: &str| {
        let rest = line.split_once(&format!(" {name}=\""))?.1;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let mut found = Interface::default();
    let mut member: Option<(bool, String, String)> = None;
    for line in text.lines().map(str::trim) {
        let is = |word: &str| line.starts_with(&format!("<{word} "));
        if is("method") || is("signal") {
            member = Some((is("method"), attribute(line, "name").unwrap(), String::new()));
        } else if is("property") {
            found.properties.extend(attribute(line, "name"));
        } else if let Some((is_method, _, shape)) = member.as_mut().filter(|_| is("arg"))
            && (!*is_method || line.contains("direction=\"out\""))
        {
            *shape += &attribute(line, "type").unwrap();
        }
        let ends = line.starts_with("</method") || line.starts_with("</signal") || line.ends_with("/>") && !is("arg");
        if let Some((is_method, name, shape)) = member.take_if(|_| ends) {
            let all = if is_method { &mut found.methods } else { &mut found.signals };
            all.insert(name, Signature::try_from(shape.as_str()).unwrap());
        }
    }
    found
}
