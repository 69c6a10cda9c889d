//! Whether all of Tandem is well, and what to do about what is not.

mod judge;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::Args;
use futures_util::future::join_all;
use serde::Serialize;
use tandem_contracts::bus::Bus1Proxy;
use tandem_contracts::media::Media1Proxy;
use tandem_contracts::phones::PhoneLink1Proxy;
use tandem_contracts::screen::{self, Screen1Proxy};
use tandem_contracts::settings::Settings1Proxy;
use tandem_contracts::{bus, calls, camera, driving, input, media, mpris, phones, sessions, settings, signals};
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::proxy::CacheProperties;

use crate::client::{CallError, connect, explain};
use crate::failure::Status;
use crate::output::Output;
use judge::{Finding, Health};

/// Looks whether every service is there and answers, whether the buses, the settings and the disks are well, and says what to do about what is not.
///
/// Ends with status 0 if all is well, 1 if something is not, 2 if there is no bus.
#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    output: Output,
}

/// A process of ours on the bus.
struct Part {
    /// As people call it.
    name: &'static str,
    unit: &'static str,
    names: &'static [&'static str],
    /// Whether it keeps something on the disk.
    keeps: bool,
    /// What a simulation is to be told to have it, where it may go without.
    option: Option<&'static str>,
}

const PARTS: [Part; 6] = [
    Part {
        name: "vehicle service",
        unit: "tandem-vehicle",
        names: &[signals::NAME, bus::NAME, driving::NAME, input::NAME],
        keeps: true,
        option: None,
    },
    Part { name: "settings service", unit: "tandem-settings", names: &[settings::NAME], keeps: true, option: None },
    Part { name: "cluster", unit: "tandem-cluster", names: &[screen::CLUSTER], keeps: false, option: None },
    Part { name: "centre display", unit: "tandem-centre", names: &[screen::CENTRE], keeps: false, option: None },
    Part {
        name: "media service",
        unit: "tandem-media",
        names: &[media::NAME, camera::NAME, mpris::NAME],
        keeps: true,
        option: Some("without --no-media"),
    },
    Part {
        name: "phone service",
        unit: "tandem-phone-link",
        names: &[phones::NAME, sessions::NAME, calls::NAME],
        keeps: true,
        option: Some("with --phones"),
    },
];

/// All that was found.
#[derive(Serialize)]
struct Report {
    /// Whether nothing is ill.
    well: bool,
    /// Of this program.
    version: &'static str,
    findings: Vec<Finding>,
}

impl Doctor {
    pub async fn run(self) -> anyhow::Result<Status> {
        let connection = connect().await?;
        let in_a_car = std::env::var_os("TANDEM_BUS").is_some_and(|name| name == "system");
        let names = DBusProxy::new(&connection).await?.list_names().await?;
        let owned: BTreeSet<String> = names.iter().map(|name| name.as_str().to_owned()).collect();
        let asked = join_all(PARTS.iter().map(|part| examine(&connection, part, &owned, in_a_car))).await;
        let mut findings: Vec<Finding> = asked.into_iter().flatten().collect();
        findings.extend(rooms(&folders(in_a_car)));
        let well = findings.iter().all(|finding| finding.health != Health::Ill);
        let report = Report { well, version: env!("CARGO_PKG_VERSION"), findings };
        self.output.print(&report, || judge::text(&report.findings))?;
        Ok(if well { Status::OK } else { Status::FAILED })
    }
}

async fn examine(connection: &Connection, part: &Part, owned: &BTreeSet<String>, in_a_car: bool) -> Vec<Finding> {
    let missing: Vec<_> = part.names.iter().copied().filter(|name| !owned.contains(*name)).collect();
    if missing.len() == part.names.len() {
        return vec![judge::absent(part.name, part.unit, part.option, in_a_car)];
    }
    if !missing.is_empty() {
        return vec![Finding::ill(
            part.name,
            format!("lacks {}", missing.join(", ")),
            format!("it has just begun, or did not get them; {}", judge::anew(part.unit, in_a_car)),
        )];
    }
    let asked = match part.unit {
        "tandem-vehicle" => buses(connection, part).await,
        "tandem-settings" => kept(connection, part).await,
        "tandem-media" => sources(connection, part, in_a_car).await,
        "tandem-phone-link" => paired(connection, part).await,
        _ => drawn(connection, part).await,
    };
    asked.unwrap_or_else(|error| {
        vec![Finding::ill(part.name, format!("does not answer: {error:#}"), judge::anew(part.unit, in_a_car))]
    })
}

fn told<T>(answer: Result<T, impl CallError>) -> anyhow::Result<T> {
    answer.map_err(explain)
}

async fn buses(connection: &Connection, part: &Part) -> anyhow::Result<Vec<Finding>> {
    let proxy = Bus1Proxy::new(connection).await?;
    let buses = told(proxy.buses().await)?;
    let service = Finding::well(part.name, "answers".to_owned());
    Ok(std::iter::once(service).chain(buses.iter().map(judge::bus)).collect())
}

async fn kept(connection: &Connection, part: &Part) -> anyhow::Result<Vec<Finding>> {
    let proxy = Settings1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
    let table = told(proxy.list().await)?;
    Ok(vec![Finding::well(part.name, "answers".to_owned()), judge::settings(&table)])
}

async fn sources(connection: &Connection, part: &Part, in_a_car: bool) -> anyhow::Result<Vec<Finding>> {
    let proxy = Media1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
    let sources = told(proxy.sources().await)?.len();
    // The one call that reads the library's database and nothing else.
    let read = told(proxy.resume_points(1).await);
    let library = match read {
        Ok(_) => Finding::well("library", format!("is read, {sources} sources")),
        Err(error) => Finding::ill(
            "library",
            format!("is not read: {error:#}"),
            format!("the service makes a new one of the music that is here; {}", judge::anew(part.unit, in_a_car)),
        ),
    };
    Ok(vec![Finding::well(part.name, "answers".to_owned()), library])
}

async fn paired(connection: &Connection, part: &Part) -> anyhow::Result<Vec<Finding>> {
    let proxy = PhoneLink1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
    let phones = told(proxy.phones().await)?.len();
    Ok(vec![Finding::well(part.name, format!("answers, {phones} phones"))])
}

async fn drawn(connection: &Connection, part: &Part) -> anyhow::Result<Vec<Finding>> {
    let name = part.names.first().copied().unwrap_or_default();
    let proxy =
        Screen1Proxy::builder(connection).destination(name).cache_properties(CacheProperties::No).build().await?;
    let wrong = proxy.misdrawn().await?;
    Ok(vec![judge::screen(part.name, &wrong)])
}

/// Where the parts keep what is to outlive a power cut.
fn folders(in_a_car: bool) -> Vec<PathBuf> {
    if in_a_car {
        let kept = PARTS.iter().filter(|part| part.keeps);
        return kept.map(|part| Path::new("/var/lib").join(part.unit)).collect();
    }
    let named = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state"));
    named.or_else(home).map(|state| state.join("tandem")).into_iter().collect()
}

/// The room on the disks of folders, each of which its owner alone may open: the file system is asked, and not the folder. Folders of one disk are one finding.
fn rooms(folders: &[PathBuf]) -> Vec<Finding> {
    let mut disks = BTreeMap::<Option<u64>, Vec<&Path>>::new();
    for folder in folders {
        let disk = std::fs::metadata(there(folder)).ok().map(|metadata| metadata.dev());
        disks.entry(disk).or_default().push(folder);
    }
    disks.values().map(|folders| room(folders)).collect()
}

/// The folder, or what is to hold it.
fn there(folder: &Path) -> &Path {
    folder.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"))
}

fn room(folders: &[&Path]) -> Finding {
    let name = folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ");
    match rustix::fs::statvfs(folders.first().map_or(Path::new("/"), |folder| there(folder))) {
        Ok(told) => {
            let read_only = told.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY);
            let free = told.f_bavail.saturating_mul(told.f_frsize);
            judge::room(&name, free, told.f_files > 0 && told.f_favail == 0, read_only)
        }
        Err(error) => {
            Finding::ill(&name, format!("its disk does not say: {error}"), "`dmesg` has the kernel's word".to_owned())
        }
    }
}
