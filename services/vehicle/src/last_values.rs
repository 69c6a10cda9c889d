//! The file of last values: a line of JSON, and a line with its CRC-32, for a disk may give back other bits than it took.
//!
//! ```json
//! {"version":1,"car":"Demo","values":{"Vehicle.TraveledDistance":48213600}}
//! ```

use serde_json::{Value as Json, json};
use tandem_units::{Value, plain};

use crate::memory::LastValues;

const VERSION: u64 = 1;
/// No car has as many attributes; what is longer is not read, bytes.
pub const LARGEST: usize = 1 << 20;

/// Why a file of last values is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("it is longer than {LARGEST} bytes")]
    TooLarge,
    #[error("it is cut or damaged")]
    Damaged,
    #[error("it holds something else")]
    Foreign,
    #[error("it is of version {0}, this Tandem writes {VERSION}")]
    Version(u64),
    #[error("it belongs to the car `{}`", plain(.0))]
    OtherCar(String),
}

/// The name of a car's file. Two cars of different names never share one.
pub fn file_name(car: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let readable: String = car.chars().take(40).map(plain).collect();
    format!("last-values-{readable}-{:08x}.json", crc32(car.as_bytes()))
}

pub fn encode(car: &str, values: &LastValues) -> Vec<u8> {
    let value = |value: &Value| match value {
        Value::Bool(flag) => json!(flag),
        Value::Int(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::Text(text) => json!(**text),
    };
    let values: serde_json::Map<_, _> = values.iter().map(|(path, known)| (path.clone(), value(known))).collect();
    let line = json!({"version": VERSION, "car": car, "values": values}).to_string();
    format!("{line}\n{:08x}\n", crc32(line.as_bytes())).into_bytes()
}

/// # Errors
/// [`Unfit`]: there is nothing to be had from it.
pub fn decode(car: &str, bytes: &[u8]) -> Result<LastValues, Unfit> {
    if bytes.len() > LARGEST {
        return Err(Unfit::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Unfit::Damaged)?;
    let (line, sum) = text.split_once('\n').ok_or(Unfit::Damaged)?;
    if sum != format!("{:08x}\n", crc32(line.as_bytes())) {
        return Err(Unfit::Damaged);
    }
    let document: Json = serde_json::from_str(line).map_err(|_| Unfit::Foreign)?;
    let field = |name: &str| document.get(name).ok_or(Unfit::Foreign);
    match field("version")?.as_u64() {
        Some(VERSION) => {}
        Some(other) => return Err(Unfit::Version(other)),
        None => return Err(Unfit::Foreign),
    }
    let owner = field("car")?.as_str().ok_or(Unfit::Foreign)?;
    if owner != car {
        return Err(Unfit::OtherCar(owner.chars().take(80).collect()));
    }
    let value = |value: &Json| match value {
        Json::Bool(flag) => Some(Value::Bool(*flag)),
        Json::Number(number) => number.as_i64().map(Value::Int).or_else(|| number.as_f64().map(Value::Float)),
        Json::String(text) => Some(Value::Text(text.as_str().into())),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    };
    let values = field("values")?.as_object().ok_or(Unfit::Foreign)?;
    values.iter().map(|(path, known)| Some((path.clone(), value(known)?))).collect::<Option<_>>().ok_or(Unfit::Foreign)
}

/// CRC-32 as Ethernet and zip have it.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xEDB8_8320 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> LastValues {
        vec![
            ("A.Bool".into(), Value::Bool(true)),
            ("B.Float".into(), Value::Float(-0.5)),
            ("C.Int".into(), Value::Int(i64::MAX)),
            ("D.Text".into(), Value::Text("\"quoted\"\n\u{e4}".into())),
        ]
    }

    /// A file whose line is this, with its right sum.
    fn sealed(line: &str) -> Vec<u8> {
        format!("{line}\n{:08x}\n", crc32(line.as_bytes())).into_bytes()
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926, "the check value of its catalogue");
        let bytes = encode("Demo", &values());
        assert_eq!(decode("Demo", &bytes), Ok(values()));
        assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 2);
    }

    #[test]
    fn no_other_bytes_are_taken() {
        let whole = encode("Demo", &values());
        for length in 0..whole.len() {
            assert_eq!(decode("Demo", &whole[..length]), Err(Unfit::Damaged), "cut after {length}");
        }
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode("Demo", &flipped), Err(Unfit::Damaged), "bit {bit}");
        }
        assert_eq!(decode("Demo", &vec![0; LARGEST]), Err(Unfit::Damaged));
        assert_eq!(decode("Demo", &vec![b'x'; LARGEST + 1]), Err(Unfit::TooLarge));
    }

    #[test]
    fn what_somebody_else_wrote_is_not_taken() {
        assert_eq!(decode("Other", &encode("Demo", &values())), Err(Unfit::OtherCar("Demo".into())));
        for (line, unfit) in [
            ("", Unfit::Foreign),
            ("[1]", Unfit::Foreign),
            (r#"{"car":"Demo","values":{}}"#, Unfit::Foreign),
            (r#"{"version":2,"motor":"Demo"}"#, Unfit::Version(2)),
            (r#"{"version":1,"values":{}}"#, Unfit::Foreign),
            (r#"{"version":1,"car":"Demo"}"#, Unfit::Foreign),
            (r#"{"version":1,"car":"Demo","values":{"A":[1]}}"#, Unfit::Foreign),
        ] {
            assert_eq!(decode("Demo", &sealed(line)), Err(unfit), "{line}");
        }
        assert_eq!(decode("Demo", &sealed(&"[".repeat(100_000))), Err(Unfit::Foreign));
    }

    #[test]
    fn each_car_has_a_file_of_its_own() {
        let names = ["Demo", "demo", "D\u{e9}mo", "../../etc", "", &"a".repeat(300), &"a".repeat(301)].map(file_name);
        for (at, name) in names.iter().enumerate() {
            assert!(name.len() < 80 && !name.contains(['/', '.']) || name.ends_with(".json"), "{name}");
            assert_eq!(names.iter().position(|other| other == name), Some(at));
        }
        assert_eq!(names[0], "last-values-demo-7670709e.json");
    }
}
