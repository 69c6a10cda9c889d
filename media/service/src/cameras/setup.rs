//! The file that says which cameras a car has: TOML, a table for each.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use serde::Deserialize;
use tandem_contracts::camera::{Camera, Mount};
use tandem_player::camera::Source;
use tracing::warn;

/// The largest file that is read, and the most cameras of one.
const MAX_FILE: u64 = 64 * 1024;
const MAX_CAMERAS: usize = 16;
const MAX_NAME: usize = 32;

/// One camera, as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    source: String,
    width: u32,
    height: u32,
    rate: u32,
    mirrored: bool,
    mount: Option<Mount>,
    /// Why it is not opened.
    pub wrong: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    cameras: BTreeMap<String, Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    source: String,
    #[serde(default = "usual_width")]
    width: i64,
    #[serde(default = "usual_height")]
    height: i64,
    #[serde(default = "usual_rate")]
    rate: i64,
    #[serde(default)]
    mirrored: bool,
    mount_height_m: Option<f64>,
    tilt_deg: Option<f64>,
    field_deg: Option<f64>,
    car_width_m: Option<f64>,
}

fn usual_width() -> i64 {
    1280
}

fn usual_height() -> i64 {
    720
}

fn usual_rate() -> i64 {
    30
}

/// Why a file says nothing of cameras.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("it cannot be read")]
    Read(#[from] std::io::Error),
    #[error("it is larger than {MAX_FILE} bytes")]
    TooLarge,
    #[error("it is not as it should be: {0}")]
    Wrong(#[from] toml::de::Error),
    #[error("it has {0} cameras, more than {MAX_CAMERAS}")]
    TooMany(usize),
}

/// What the file says. What is wrong with it is logged, and leaves out what it concerns: a service that plays music goes on without a camera.
pub fn read(path: &Path) -> BTreeMap<String, Setup> {
    let setups = match text(path).and_then(|text| parse(&text)) {
        Ok(setups) => setups,
        Err(error) => {
            warn!(file = %path.display(), error = crate::actor::full(&error), "no cameras");
            BTreeMap::new()
        }
    };
    for (name, setup) in &setups {
        if let Some(wrong) = &setup.wrong {
            warn!(file = %path.display(), camera = name, wrong, "a camera is not used");
        }
    }
    setups
}

fn text(path: &Path) -> Result<String, SetupError> {
    if std::fs::metadata(path)?.len() > MAX_FILE {
        return Err(SetupError::TooLarge);
    }
    Ok(std::fs::read_to_string(path)?)
}

fn parse(text: &str) -> Result<BTreeMap<String, Setup>, SetupError> {
    let File { cameras } = toml::from_str(text)?;
    if cameras.len() > MAX_CAMERAS {
        return Err(SetupError::TooMany(cameras.len()));
    }
    Ok(cameras.into_iter().map(|(name, raw)| (name.clone(), Setup::new(&name, raw))).collect())
}

impl Setup {
    fn new(name: &str, raw: Raw) -> Self {
        let wrong = raw.wrong(name);
        let number = |number: i64| u32::try_from(number).unwrap_or(0);
        let (width, height, rate) = (number(raw.width), number(raw.height), number(raw.rate));
        let mount = raw.mount().filter(|_| wrong.is_none());
        Self { source: raw.source, width, height, rate, mirrored: raw.mirrored, mount, wrong }
    }

    /// As it is told while it is off.
    pub fn told(&self, name: &str) -> Camera {
        let state = if self.wrong.is_some() { "wrong" } else { "off" };
        Camera {
            name: name.to_owned(),
            width: self.width,
            height: self.height,
            rate: self.rate,
            state: state.to_owned(),
            reason: self.wrong.clone().unwrap_or_default(),
            mount: self.mount.into_iter().collect(),
        }
    }

    /// What its program is told.
    pub fn arguments(&self, (across, down): (u32, u32)) -> Vec<OsString> {
        let mut words = vec!["--source".to_owned(), self.source.clone()];
        let numbers = [("--width", self.width), ("--height", self.height), ("--rate", self.rate)];
        words.extend(numbers.into_iter().flat_map(|(name, number)| [name.to_owned(), number.to_string()]));
        words.extend(["--wanted".to_owned(), across.to_string(), down.to_string()]);
        if self.mirrored {
            words.push("--mirrored".to_owned());
        }
        if let Some(Mount { height_m, tilt_deg, field_deg, .. }) = self.mount {
            words.push("--mount".to_owned());
            words.extend([height_m, tilt_deg, field_deg].map(|number| number.to_string()));
        }
        words.into_iter().map(OsString::from).collect()
    }
}

impl Raw {
    /// What of it cannot be, in one sentence.
    fn wrong(&self, name: &str) -> Option<String> {
        if name.is_empty()
            || name.len() > MAX_NAME
            || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            return Some(format!("a camera's name is 1 to {MAX_NAME} letters, digits, - and _"));
        }
        if let Err(sentence) = self.source.parse::<Source>() {
            return Some(format!("source: {sentence}"));
        }
        let whole = [("width", self.width, 160, 3840), ("height", self.height, 120, 2160), ("rate", self.rate, 1, 60)];
        for (key, number, least, most) in whole {
            if !(least..=most).contains(&number) {
                return Some(format!("{key} is {number}, and may be {least} to {most}"));
            }
        }
        let measured = [
            ("mount_height_m", self.mount_height_m, 0.2, 3.0),
            ("tilt_deg", self.tilt_deg, 0.0, 80.0),
            ("field_deg", self.field_deg, 20.0, 160.0),
            ("car_width_m", self.car_width_m, 1.0, 3.0),
        ];
        for (key, number, least, most) in measured {
            if let Some(number) = number.filter(|number| !(least..=most).contains(number)) {
                return Some(format!("{key} is {number}, and may be {least} to {most}"));
            }
        }
        let missing: Vec<_> =
            measured.iter().filter(|(_, number, ..)| number.is_none()).map(|(key, ..)| *key).collect();
        let some = !missing.is_empty() && missing.len() < measured.len();
        some.then(|| format!("for lines on the ground it lacks {}; give all of the four, or none", missing.join(", ")))
    }

    fn mount(&self) -> Option<Mount> {
        Some(Mount {
            height_m: self.mount_height_m?,
            tilt_deg: self.tilt_deg?,
            field_deg: self.field_deg?,
            car_width_m: self.car_width_m?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
        [cameras.rear]
        source = "v4l2:/dev/video0"
        width = 1280
        height = 720
        rate = 25
        mirrored = true
        mount_height_m = 0.95
        tilt_deg = 32
        field_deg = 110.0
        car_width_m = 1.85
    "#;

    #[test]
    fn a_camera_is_what_the_file_says() {
        let setups = parse(WHOLE).unwrap();
        let told = setups["rear"].told("rear");
        let mount = Mount { height_m: 0.95, tilt_deg: 32.0, field_deg: 110.0, car_width_m: 1.85 };
        assert_eq!((told.width, told.height, told.rate, told.state.as_str()), (1280, 720, 25, "off"));
        assert_eq!(told.mount, [mount]);
        let words: Vec<_> =
            setups["rear"].arguments((1920, 1080)).into_iter().map(|it| it.into_string().unwrap()).collect();
        assert_eq!(
            words.join(" "),
            "--source v4l2:/dev/video0 --width 1280 --height 720 --rate 25 --wanted 1920 1080 --mirrored --mount 0.95 32 110"
        );
        let plain = &parse("[cameras.rear]\nsource = \"test\"").unwrap()["rear"];
        assert_eq!(
            (plain.told("rear").mount.len(), plain.wrong.as_deref()),
            (0, None),
            "without a mount there are no lines"
        );
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_camera_is_said_and_the_others_stay() {
        let changed = |from: &str, to: &str| {
            let text = format!("{}\n[cameras.front]\nsource = \"test\"", WHOLE.replace(from, to));
            let setups = parse(&text).unwrap();
            assert_eq!(setups["front"].wrong, None);
            setups["rear"].wrong.clone().unwrap_or_default()
        };
        for (from, to, said) in [
            ("v4l2:/dev/video0", "rtsp://10.0.0.1/1", "source: \"rtsp://10.0.0.1/1\" is no source"),
            ("width = 1280", "width = 1000000", "width is 1000000, and may be 160 to 3840"),
            ("height = 720", "height = -720", "height is -720, and may be 120 to 2160"),
            ("rate = 25", "rate = 0", "rate is 0, and may be 1 to 60"),
            ("tilt_deg = 32", "tilt_deg = nan", "tilt_deg is NaN, and may be 0 to 80"),
            ("field_deg = 110.0", "field_deg = 180.0", "field_deg is 180, and may be 20 to 160"),
            ("car_width_m = 1.85", "", "it lacks car_width_m; give all of the four"),
        ] {
            let wrong = changed(from, to);
            assert!(wrong.contains(said), "{wrong}");
        }
        let strange = &parse("[cameras.\"a b\"]\nsource = \"test\"").unwrap()["a b"];
        assert_eq!(strange.told("a b").state, "wrong");
    }

    #[test]
    fn a_file_that_is_none_says_where() {
        let said = |text: &str| crate::actor::full(&parse(text).unwrap_err());
        assert!(said("[cameras.rear]\nsource = 7").contains("line 2"), "{}", said("[cameras.rear]\nsource = 7"));
        assert!(said("[cameras.rear]\nsource = \"test\"\nhight = 7").contains("hight"));
        assert!(said("[cameras").contains("line 1"));
        let many: String = (0..17).map(|number| format!("[cameras.c{number}]\nsource = \"test\"\n")).collect();
        assert!(said(&many).contains("17 cameras"));
    }
}
