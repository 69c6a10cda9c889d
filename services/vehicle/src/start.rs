//! From a command line to a service in motion.

use std::future::Future;
use std::path::PathBuf;
use std::time::SystemTime;

use tandem_can::{Cannelloni, Interface, ListenError, Port, Wanted};
use tandem_contracts::connect;
use tandem_gate::Gate;
use tandem_runtime::{Supervisor, state_folder};
use tandem_signals::Mistake;
use tandem_store::{Bus, Car, LoadError, Places, catalogue, load};
use tandem_units::plain;
use tokio::sync::mpsc;
use tracing::info;

use crate::actor::{Actor, ActorError};
use crate::core::Core;
use crate::keeper::Keeper;
use crate::link::Place;
use crate::region::{Region, RegionError};
use crate::{bus, link};

/// Link events that may wait for the actor: about a tenth of a second of a full bus.
const LINK_QUEUE: usize = 512;

/// Reads the car's buses and tells D-Bus: Signals1, Bus1, Driving1 and, as far as the car has them, Climate1, Body1, Seats1, Charging1 and Input1.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "tandem-vehicle", version)]
pub struct Options {
    /// The car: a name under assets/cars, or the path of a folder with a car.toml
    #[arg(long)]
    pub car: String,
    /// The link to the car: the socket that the simulator or the replay listens at
    #[arg(long, required_unless_present_any = ["can", "cannelloni"], conflicts_with_all = ["can", "cannelloni"])]
    pub link: Option<PathBuf>,
    /// A real CAN interface instead: a bus of the car, and its interface here if that has another name, such as can0=vcan0; may be given again
    #[arg(long, value_name = "BUS[=INTERFACE]", conflicts_with = "cannelloni")]
    pub can: Vec<String>,
    /// A bus for programs of this machine instead: a bus of the car, and the address to listen at for cannelloni over TCP, such as can0=127.0.0.1:20000, with `,fd` behind it
    /// to let CAN FD frames on it; may be given again
    #[arg(long, value_name = "BUS=ADDRESS:PORT[,fd]")]
    pub cannelloni: Vec<String>,
    /// Lets --cannelloni listen at addresses that other machines reach: whoever does may say anything on the car's buses
    #[arg(long, requires = "cannelloni")]
    pub cannelloni_from_anywhere: bool,
    /// Sends the car nothing, whatever its car.toml lists
    #[arg(long)]
    pub listen_only: bool,
    /// A folder with DBC files, searched before $TANDEM_DBC_PATH and the car's own folder; may be given again
    #[arg(long)]
    pub dbc_path: Vec<PathBuf>,
    /// The folder where attributes, the odometer and what the car keeps outlive a power cut; no other service may use it
    /// [default: with --can $STATE_DIRECTORY or $XDG_STATE_HOME/tandem/vehicle; without it none, for nothing is remembered of a car that is not real]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Whose rules hold for what may be shown and done while driving: a name under assets/regions, or the path of a file like those
    #[arg(long, value_name = "NAME", default_value = crate::region::DEFAULT)]
    pub region: String,
    /// The folder that holds cars/ and regions/
    #[arg(long, env = "TANDEM_ASSETS", default_value = "/usr/share/tandem")]
    pub assets: PathBuf,
    /// The signals of VSS as COVESA releases them, as JSON: their leaves can be mapped, too
    #[arg(long, value_name = "FILE")]
    pub vss: Option<PathBuf>,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Car(#[from] LoadError),
    #[error("the car's allow-list cannot be kept to:{}", .0.iter().map(|mistake| format!("\n  {mistake}")).collect::<String>())]
    Gate(Vec<Mistake>),
    #[error("cannot serve on the bus (is TANDEM_BUS right, and is no other vehicle service running?)")]
    Bus(#[source] zbus::Error),
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
    #[error("{option} {}: this car has no bus `{}`, but {}", plain(given), plain(bus), plain(&has.join(", ")))]
    NoBus { option: &'static str, given: String, bus: String, has: Vec<String> },
    #[error("{option} names the {what} `{}` twice", plain(name))]
    Twice { option: &'static str, what: &'static str, name: String },
    #[error(
        "--cannelloni {}: expected a bus, an address and a port, such as can0=127.0.0.1:20000 or can0=127.0.0.1:20000,fd",
        plain(given)
    )]
    Address { given: String },
    #[error(
        "--cannelloni {}: other machines reach this address, and could say anything on the car's bus. Use 127.0.0.1, or give --cannelloni-from-anywhere as well",
        plain(given)
    )]
    Reachable { given: String },
    #[error(transparent)]
    Region(#[from] RegionError),
    #[error(transparent)]
    Listen(#[from] ListenError),
}

/// Loads the car, takes the names on the bus and connects to the car. What comes back runs until `stop`.
///
/// # Errors
/// [`StartError`]: nothing that trying again would mend.
pub async fn start(
    options: Options,
    supervisor: Supervisor,
    stop: impl Future<Output = std::io::Result<()>>,
) -> Result<impl Future<Output = Result<(), ActorError>>, StartError> {
    let Options {
        car,
        link,
        can,
        cannelloni,
        cannelloni_from_anywhere,
        listen_only,
        mut dbc_path,
        state,
        region,
        assets,
        vss,
    } = options;
    dbc_path.extend(std::env::var_os("TANDEM_DBC_PATH").iter().flat_map(std::env::split_paths));
    let region = Region::load(&region, &assets)?;
    let (catalogue, _) = catalogue(vss.as_deref())?;
    let (car, warnings) = load(&car, &Places { assets, dbc: dbc_path }, catalogue)?;
    info!(car = car.profile.name, leaves = car.leaves().count(), repairs = warnings.len(), "car loaded");
    let gate = way_out(&car, listen_only)?;
    let listen_only = gate.is_none();
    let place = match &link {
        Some(path) => Place::Socket(path.clone()),
        None if cannelloni.is_empty() => Place::Interfaces(interfaces(&car, &can)?),
        None => Place::Peers(Cannelloni::new(ports(&car, &cannelloni, cannelloni_from_anywhere)?)?),
    };
    let generation =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    let state = state.or_else(|| if can.is_empty() { None } else { state_folder("vehicle") });
    let name = car.profile.name.clone();
    let mut core = Core::new(car, gate, generation);
    core.set_region(region);
    let keeper = match state {
        Some(folder) => {
            let (keeper, last) = Keeper::open(&folder, &name).map_err(StartError::Thread)?;
            core.remember(last);
            Some(keeper)
        }
        None => None,
    };
    let serving = bus::serve(connect::builder(), &core).await.map_err(StartError::Bus)?;
    let (sender, news) = mpsc::channel(LINK_QUEUE);
    link::spawn(place, sender, listen_only).map_err(StartError::Thread)?;
    Ok(Actor::new(core, serving, keeper, supervisor).run(news, stop))
}

/// What may leave for this car; none if it has no allow-list, or is only to be listened to.
fn way_out(car: &Car, listen_only: bool) -> Result<Option<Gate>, StartError> {
    let databases = car.buses.iter().map(|bus| &bus.database);
    let gate = tandem_gate::bind("car.toml", &car.profile, databases).map_err(StartError::Gate)?;
    if listen_only || gate.is_read_only() {
        info!("nothing is sent to the car: it is only listened to");
        return Ok(None);
    }
    Ok(Some(gate))
}

/// Which interface is which bus of the car. Of each, the ids that the car's DBC file knows are of use: those to be sent are among them.
fn interfaces(car: &Car, given: &[String]) -> Result<Vec<(String, Interface)>, StartError> {
    const OPTION: &str = "--can";
    let mut found: Vec<(String, Interface)> = Vec::new();
    for given in given {
        let (name, interface) = given.split_once('=').unwrap_or((given, given));
        let bus = bus(car, OPTION, given, name)?;
        let twice = |what, name: &str| Err(StartError::Twice { option: OPTION, what, name: name.to_owned() });
        if found.iter().any(|(bus, _)| bus == name) {
            return twice("bus", name);
        }
        if found.iter().any(|(_, other)| other.name == interface) {
            return twice("interface", interface);
        }
        let messages = &bus.database.messages;
        // A parameter group of J1939 has as many ids as there may be senders.
        let by_group = messages.iter().any(|message| message.parameter_group().is_some());
        let ids = || Wanted::Ids(messages.iter().map(|message| message.id).collect());
        let wanted = if by_group { Wanted::All } else { ids() };
        found.push((name.to_owned(), Interface { name: interface.to_owned(), wanted }));
    }
    Ok(found)
}

/// The car's bus of that name.
fn bus<'a>(car: &'a Car, option: &'static str, given: &str, name: &str) -> Result<&'a Bus, StartError> {
    car.buses.iter().find(|bus| bus.interface == name).ok_or_else(|| StartError::NoBus {
        option,
        given: given.to_owned(),
        bus: name.to_owned(),
        has: car.buses.iter().map(|bus| bus.interface.clone()).collect(),
    })
}

/// Which bus of the car listens where.
fn ports(car: &Car, given: &[String], from_anywhere: bool) -> Result<Vec<Port>, StartError> {
    const OPTION: &str = "--cannelloni";
    let mut found: Vec<Port> = Vec::new();
    for given in given {
        let read = || {
            let (name, address) = given.split_once('=')?;
            let (address, fd) = address.strip_suffix(",fd").map_or((address, false), |address| (address, true));
            Some(Port { name: name.to_owned(), address: address.parse().ok()?, fd })
        };
        let port = read().ok_or_else(|| StartError::Address { given: given.clone() })?;
        bus(car, OPTION, given, &port.name)?;
        if !from_anywhere && !port.address.ip().is_loopback() {
            return Err(StartError::Reachable { given: given.clone() });
        }
        if found.iter().any(|other| other.name == port.name) {
            return Err(StartError::Twice { option: OPTION, what: "bus", name: port.name });
        }
        found.push(port);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use tandem_signals::Catalogue;

    use super::*;

    fn demo() -> Car {
        let assets = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets").into();
        load("demo", &Places { assets, dbc: Vec::new() }, Catalogue::ours()).unwrap().0
    }

    fn bound(given: &[&str]) -> Result<Vec<(String, Interface)>, String> {
        let given: Vec<_> = given.iter().map(|given| (*given).to_owned()).collect();
        interfaces(&demo(), &given).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn each_bus_of_the_car_has_an_interface_of_its_own_and_the_ids_of_its_dbc_file() {
        let bound = bound(&["can1=vcan7", "can0"]).unwrap();
        let names: Vec<_> = bound.iter().map(|(bus, interface)| (bus.as_str(), interface.name.as_str())).collect();
        assert_eq!(names, [("can1", "vcan7"), ("can0", "can0")]);
        let car = demo();
        for (name, interface) in &bound {
            let bus = car.buses.iter().find(|bus| bus.interface == *name).unwrap();
            let Wanted::Ids(ids) = &interface.wanted else { panic!("everything is wanted") };
            assert!(!ids.is_empty() && ids.len() == bus.database.messages.len());
            for sent in car.profile.transmit.iter().filter(|sent| car.buses[sent.bus].interface == *name) {
                let message = bus.database.messages.iter().find(|message| message.name == sent.message).unwrap();
                assert!(ids.contains(&message.id), "{} is not heard when it is sent", sent.message);
            }
        }
    }

    #[test]
    fn an_interface_that_fits_no_bus_is_refused_and_says_what_would() {
        assert_eq!(bound(&["can9"]).unwrap_err(), "--can can9: this car has no bus `can9`, but can0, can1, can2");
        assert_eq!(bound(&["can0", "can0=vcan0"]).unwrap_err(), "--can names the bus `can0` twice");
        assert_eq!(bound(&["can0=x", "can1=x"]).unwrap_err(), "--can names the interface `x` twice");
    }

    #[test]
    fn the_car_is_at_a_socket_or_at_interfaces_and_never_at_both() {
        let parse = |rest: &[&str]| Options::try_parse_from([&["tandem-vehicle", "--car", "demo"], rest].concat());
        assert!(parse(&["--link", "x"]).is_ok() && parse(&["--can", "can0", "--can", "can1=vcan1"]).is_ok());
        assert!(parse(&[]).is_err() && parse(&["--link", "x", "--can", "can0"]).is_err());
        let peers = ["--cannelloni", "can0=127.0.0.1:20000"];
        assert!(parse(&peers).is_ok() && parse(&[&peers[..], &["--cannelloni-from-anywhere"]].concat()).is_ok());
        assert!(parse(&[&peers[..], &["--can", "can0"]].concat()).is_err());
        assert!(parse(&[&peers[..], &["--link", "x"]].concat()).is_err());
    }

    fn listening(given: &[&str], from_anywhere: bool) -> Result<Vec<Port>, String> {
        let given: Vec<_> = given.iter().map(|given| (*given).to_owned()).collect();
        ports(&demo(), &given, from_anywhere).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_bus_listens_on_this_machine_alone_unless_more_is_asked_for() {
        let port = |name: &str, address: &str, fd| Port { name: name.into(), address: address.parse().unwrap(), fd };
        assert_eq!(
            listening(&["can1=127.0.0.1:20001,fd", "can0=[::1]:0"], false).unwrap(),
            [port("can1", "127.0.0.1:20001", true), port("can0", "[::1]:0", false)]
        );
        let refused = |given: &str| listening(&[given], false).unwrap_err();
        for reachable in ["can0=0.0.0.0:20000", "can0=192.168.1.7:20000", "can0=[::]:20000,fd"] {
            assert!(refused(reachable).contains("--cannelloni-from-anywhere"), "{reachable}");
            assert!(listening(&[reachable], true).is_ok(), "{reachable}");
        }
        for nonsense in ["can0", "can0=", "can0=20000", "can0=localhost:20000", "can0=127.0.0.1:20000,xl"] {
            assert!(refused(nonsense).contains("such as can0=127.0.0.1:20000"), "{nonsense}");
        }
        assert!(refused("can9=127.0.0.1:1").starts_with("--cannelloni can9=127.0.0.1:1: this car has no bus `can9`"));
        let twice = listening(&["can0=127.0.0.1:1", "can0=127.0.0.1:2"], false).unwrap_err();
        assert_eq!(twice, "--cannelloni names the bus `can0` twice");
    }
}
