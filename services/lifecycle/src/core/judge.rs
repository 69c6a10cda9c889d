//! What is well, what is ill, and what to do about it.

use tandem_contracts::bus::BusStatistics;
use tandem_contracts::health::{Finding, Health};
use tandem_contracts::settings::Notice;
use tandem_contracts::unheard::Unheard;

use super::{Answer, Car, Interface, Place, Room, Space, Told, Who, Why};

pub const BUS: &str = "bus";
pub const DATABASE: &str = "database";
pub const DEVICE: &str = "device";
pub const DISK: &str = "disk";

/// Below this a library that grows or a log may fill the disk before anybody looks again.
pub const LEAST_ROOM: u64 = 32 << 20;

/// A bus that was heard and carries nothing for so long has fallen silent, ms; one that is seldom heard after so many times of its own pace.
pub const SILENT: u64 = 3_000;
const SILENT_PACES: f64 = 10.0;

const NO_SOUND: &str = "there is none: nobody hears what plays";

/// How something is, what was found, and what to do.
pub type Verdict = (Health, String, String);

fn found(kind: &str, name: &str, (health, says, remedy): Verdict) -> Finding {
    Finding { kind: kind.to_owned(), name: name.to_owned(), health: health.word().to_owned(), says, remedy }
}

fn well(says: String) -> Verdict {
    (Health::Well, says, String::new())
}

fn ill(says: impl Into<String>, remedy: impl Into<String>) -> Verdict {
    (Health::Ill, says.into(), remedy.into())
}

/// How a part is started anew, and where it says why it has to be.
fn anew(who: Who, place: Place) -> String {
    let unit = who.unit();
    match place {
        Place::Car => format!("`journalctl -b -u {unit}` says why; `systemctl restart {unit}` starts it anew"),
        Place::Desk => {
            // The kernel keeps fifteen letters of a process's name.
            let process = unit.get(..15).unwrap_or(&unit);
            format!("the simulation starts it anew when it ends: `pkill -KILL {process}`; its shell says why")
        }
    }
}

pub fn absent(who: Who, place: Place) -> Verdict {
    let unit = who.unit();
    let remedy = match place {
        Place::Car => format!("`systemctl status {unit}` and `journalctl -b -u {unit}` say why"),
        Place::Desk => "if it has just died it is back in a moment; else start `tandem sim` anew".to_owned(),
    };
    ill("is not on the bus", remedy)
}

/// It is not started here.
pub fn away(who: Who, place: Place) -> Verdict {
    let remedy = match (place, who.option()) {
        (Place::Desk, Some(option)) => format!("`tandem sim` {option} has it"),
        _ => format!("it was left out, by `--without {}` of the lifecycle service", who.word()),
    };
    (Health::Away, "is not on the bus".to_owned(), remedy)
}

/// It is not there yet.
pub fn awaited() -> Verdict {
    (Health::Starting, "is not on the bus yet".to_owned(), "wait: what does not come in 30 s is ill".to_owned())
}

pub fn lacking(who: Who, missing: &[&&str], place: Place) -> Verdict {
    let missing: Vec<&str> = missing.iter().map(|name| **name).collect();
    ill(
        format!("lacks {}", missing.join(", ")),
        format!("it has just begun, or did not get them; {}", anew(who, place)),
    )
}

/// It has its names.
pub fn answer(who: Who, answer: Option<&Answer>, place: Place) -> Verdict {
    match answer.map(|answer| &answer.told) {
        None => (Health::Starting, "has just come".to_owned(), "wait: it is being asked".to_owned()),
        Some(Err(why @ Why::Unheard(Unheard::Strange))) => ill(
            format!("is not understood: {why}"),
            format!(
                "programs of one version belong together; one that runs since before an update is to be started anew: {}",
                anew(who, place)
            ),
        ),
        Some(Err(why)) => ill(format!("does not answer: {why}"), anew(who, place)),
        Some(Ok(Told::Phones { phones, .. })) => well(format!("answers, {phones} phones")),
        Some(Ok(Told::Misdrawn(wrong))) if wrong.is_empty() => well("answers, and draws what it is told".to_owned()),
        Some(Ok(Told::Misdrawn(wrong))) => ill(
            format!("drew otherwise than it was told: {}", wrong.join(", ")),
            "switch the car off and on; if it is said again, this display is not to be trusted",
        ),
        Some(Ok(_)) => well("answers".to_owned()),
    }
}

/// A bus as the vehicle service tells it, and the kernel's interface of the same name, if there is one.
pub fn bus(bus: &BusStatistics, interface: Option<&Interface>, car: &Car, place: Place) -> Finding {
    found(BUS, &bus.name, of_bus(bus, interface, car, place))
}

fn of_bus(bus: &BusStatistics, interface: Option<&Interface>, car: &Car, place: Place) -> Verdict {
    let name = &bus.name;
    let mut frames = format!("{} frames, load {:.1} %, {} lost", bus.frames, bus.load_last_second, bus.lost);
    if let Some(interface) = interface {
        frames += &format!("; its interface is {}", interface.state);
    }
    match bus.state.as_str() {
        "active" | "unknown" if interface.is_some_and(|interface| interface.state == "down") => {
            ill(frames, raise(name))
        }
        "active" | "unknown" if is_silent(bus, car) => silent(bus, car, &frames, place),
        "active" => well(frames),
        // A replay or the virtual car has no controller that could be asked.
        "unknown" => well(format!("{frames}; no controller to ask")),
        "warning" | "passive" | "bus-off" => ill(
            format!("the controller is {}: {frames}", bus.state),
            format!("wiring, termination, bit rate: `ip -details -statistics link show {name}` counts what went wrong"),
        ),
        "down" => ill("is down", raise(name)),
        "absent" => ill(
            "there is no interface of this name",
            format!(
                "`ip link show type can` lists those that are here; `--can {name}=OTHER` in TANDEM_VEHICLE of /etc/tandem/vehicle.env takes another"
            ),
        ),
        other => ill(format!("is {other}"), "`journalctl -b -u tandem-vehicle` says what the kernel answered"),
    }
}

/// Whether a bus that was heard is no longer.
fn is_silent(bus: &BusStatistics, car: &Car) -> bool {
    let seldom = if bus.rate > 0.0 { 1000.0 * SILENT_PACES / bus.rate } else { 0.0 };
    car.silences.get(&bus.name).is_some_and(|silence| *silence >= SILENT && *silence as f64 >= seldom)
}

/// A car that is switched off sleeps, and so does one that has fallen silent as a whole and never says how far it is switched on.
fn silent(bus: &BusStatistics, car: &Car, frames: &str, place: Place) -> Verdict {
    let seconds = car.silences.get(&bus.name).copied().unwrap_or_default() / 1000;
    let says = |why: &str| format!("silent for {seconds} s, {why}: {frames}");
    let is_awake = || car.buses.iter().any(|bus| car.silences.contains_key(&bus.name) && !is_silent(bus, car));
    match car.power.as_str() {
        "LOCK" | "OFF" => {
            let why = format!("and the car is switched off ({}): it sleeps", car.power);
            (Health::Away, says(&why), "switch the car on: a bus that is silent then is told as ill".to_owned())
        }
        "" if !is_awake() => (
            Health::Away,
            says("as the whole car is: it sleeps, or is cut off"),
            "if the car is switched on: wiring, termination, the plug of the head unit".to_owned(),
        ),
        "" => ill(says("while the car is heard on others"), mend(&bus.name, place)),
        power => ill(says(&format!("and the car said last that it is {power}")), mend(&bus.name, place)),
    }
}

fn mend(name: &str, place: Place) -> String {
    let wiring = format!(
        "wiring, termination, the supply of its control units: `ip -details -statistics link show {name}` counts what went wrong"
    );
    match place {
        Place::Car => wiring,
        Place::Desk => format!(
            "in a simulation `tandem sim ctl state` says whether it was cut, and `tandem sim ctl drop-bus {name} --off` mends it; else {wiring}"
        ),
    }
}

fn raise(name: &str) -> String {
    format!("`ip link set {name} up type can bitrate RATE`, with car.toml's rate")
}

/// An interface, while the vehicle service does not say which buses the car has.
pub fn interface(interface: &Interface) -> Finding {
    let says = format!("the interface is {}; what it carries the vehicle service would say", interface.state);
    let verdict = if interface.state == "down" { ill(says, raise(&interface.name)) } else { well(says) };
    found(BUS, &interface.name, verdict)
}

pub fn settings(notice: &Notice, is_kept: bool) -> Finding {
    let sentence = notice.sentence();
    let remedy = match notice.kind.as_str() {
        "" if is_kept => return found(DATABASE, "settings", well("keeps what is set".to_owned())),
        "" | "not-kept" => {
            "in a car `journalctl -b -u data.mount` says why the data partition is not mounted; at a desk give the service a folder by `--state`"
        }
        "unwritable" => "the disk is full, read-only or broken: look at the disks below, and at `dmesg`",
        _ => "set anew what was set; `tandem settings dismiss-notice` when this was read",
    };
    let says = if sentence.is_empty() { "Settings are not kept.".to_owned() } else { sentence };
    found(DATABASE, "settings", ill(says, remedy))
}

pub fn library(sources: usize, read: &Result<(), String>, is_kept: bool, place: Place) -> Finding {
    let verdict = match read {
        Ok(()) if !is_kept => ill(
            format!("is read, {sources} sources, and not kept: its folder cannot be written"),
            format!(
                "the disk is full, read-only or broken, or its folder is none: look at the disks below; {}",
                anew(Who::Media, place)
            ),
        ),
        Ok(()) => well(format!("is read, {sources} sources")),
        Err(why) => ill(
            format!("is not read: {why}"),
            format!("the service makes a new one of the music that is here; {}", anew(Who::Media, place)),
        ),
    };
    found(DATABASE, "library", verdict)
}

pub fn phones(is_kept: bool) -> Finding {
    let verdict = if is_kept {
        well("keeps who is paired and what was taken".to_owned())
    } else {
        ill(
            "does not take what was done with phones: a restart would undo it",
            "it is tried again; the disk is full, read-only or broken, or the file was taken away: look at the disks below",
        )
    };
    found(DATABASE, "phones", verdict)
}

/// What opened for music to play to, by `Media1`'s word; that a loudspeaker hangs on it nobody knows.
pub fn sound(device: &str, place: Place) -> Finding {
    let verdict = match (device, place) {
        ("null", Place::Car) => ill(NO_SOUND, "`systemctl status pipewire` and `/proc/asound/cards` say what there is"),
        // A simulation is heard where there is something to be heard by.
        ("null", Place::Desk) => well(NO_SOUND.to_owned()),
        (device, _) => well(format!("music plays to {device}")),
    };
    found(DEVICE, "sound", verdict)
}

pub fn room(room: &Room) -> Finding {
    let verdict = match &room.space {
        Ok(space) => of_space(*space),
        Err(why) => ill(
            format!("does not say what it has: {why}"),
            "`dmesg` has the kernel's word; what is no folder is named wrongly: XDG_STATE_HOME, HOME, or a service's `--state`",
        ),
    };
    found(DISK, &room.folders, verdict)
}

fn of_space(Space { free, takes_no_file, is_read_only }: Space) -> Verdict {
    let says = format!("{} MiB free", free >> 20);
    if is_read_only {
        return ill(format!("{says}, and is read-only"), "`findmnt` and `dmesg` say why: the disk may be broken");
    }
    if takes_no_file || free < LEAST_ROOM {
        let says = if takes_no_file { format!("{says}, and takes no further file") } else { says };
        return ill(says, "make room on that disk: downloads (`tandem media forget`), recordings, logs");
    }
    well(says)
}
