mod ctl;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tandem_contracts::{calls, camera, driving, health, screen, settings};
use tokio::time::{Instant, timeout_at};
use zbus::Connection;

use crate::failure::{Status, set_up};
use crate::places;
use crate::private_bus::PrivateBus;
use crate::published::Published;
use crate::say::{complain, say};
use crate::screens::{self, Look, Screen, Shown};
use crate::stage::{Cut, Stage};
use crate::supervisor::{OnDeath, Program, Role};
use crate::vss::Vss;

/// Beside a car's car.toml: which cameras it has.
const CAMERAS: &str = "cameras.toml";
/// Which bus of the system a program meets.
const SYSTEM_BUS: &str = "DBUS_SYSTEM_BUS_ADDRESS";
/// How long before the end the pictures are taken.
const BEFORE_END: Duration = Duration::from_secs(1);
/// Of the phone service and of a simulated phone.
const CAR: &str = "127.0.0.1";
const PHONE: &str = "127.0.0.2";
/// A run of limited time gives up if the screens are not up by then.
const START_UP: Duration = Duration::from_secs(60);

/// Runs the virtual car, the vehicle service, the settings, the media and the lifecycle service, the cluster, the centre display and the car's panel on a D-Bus of their own.
///
/// A program that dies is reported and comes back (after 200 ms, doubling to 5 s; 10 s of life begin anew). Ctrl-C, SIGTERM, the end of the time and closing
/// the windows of both screens end everything; nothing is left behind even if this program is killed. Without a display it runs headless. The bus's address is printed, and
/// `tandem signals`, `climate`, `driving`, `input`, `bus show`, `media`, `phone`, `settings`, `screen` and `doctor` find a running simulation by themselves.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Sim {
    #[command(subcommand)]
    order: Option<Order>,
    /// The car: a name in the assets, or a folder with a car.toml.
    #[arg(long, default_value = "demo")]
    car: String,
    /// What the virtual car does. The demo car: charging, city, get-out, motorway, night-rain, parked or reverse-parking.
    #[arg(long, default_value = "city")]
    scenario: String,
    /// Opens no windows: the screens are drawn in memory.
    #[arg(long)]
    headless: bool,
    /// Opens the virtual car's panel headless, too: without this it opens where the screens have windows.
    #[arg(long, conflicts_with = "no_panel")]
    panel: bool,
    /// Runs without the virtual car's panel.
    #[arg(long)]
    no_panel: bool,
    /// Ends by itself, this long after everything is up.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    seconds: Option<u64>,
    /// Leaves cluster.png and centre.png there, taken 1 s before the end.
    #[arg(long, value_name = "DIR", requires = "seconds")]
    screenshots: Option<PathBuf>,
    /// Ends everything when a program dies, with its status (128 + n after signal n; 1 if it ended unasked with status 0).
    #[arg(long)]
    fail_fast: bool,
    /// A folder of music, again and again for more; without it the music that comes with Tandem.
    #[arg(long, value_name = "DIR", conflicts_with = "no_media")]
    music: Vec<PathBuf>,
    /// Where the media service keeps its library and where it was; without it they are forgotten at the end.
    #[arg(long, value_name = "DIR", conflicts_with = "no_media")]
    media_state: Option<PathBuf>,
    /// Where the vehicle service keeps its last values, the odometer among them; without it nothing of the car is remembered.
    #[arg(long, value_name = "DIR")]
    vehicle_state: Option<PathBuf>,
    /// Where the settings service keeps what is set; without it that is forgotten at the end.
    #[arg(long, value_name = "DIR")]
    settings_state: Option<PathBuf>,
    /// Runs without the media service.
    #[arg(long)]
    no_media: bool,
    /// Lets phones of this network come near, by KDE Connect: `tandem phone pair` pairs one.
    #[arg(long)]
    phones: bool,
    /// A simulated phone on this machine, which plays a story: the name of one in assets/phones, or a file. Nothing of it leaves the machine. `tandem sim ctl phone`
    /// and the panel make it come, play and walk away.
    #[arg(long, value_name = "STORY", conflicts_with = "phones")]
    phone: Option<String>,
    /// Where the phone service keeps who is paired; without it all are forgotten at the end.
    #[arg(long, value_name = "DIR")]
    phone_state: Option<PathBuf>,
    #[command(flatten)]
    vss: Vss,
    #[command(flatten)]
    look: Look,
}

/// What is said to a simulation that runs.
#[derive(clap::Subcommand)]
enum Order {
    #[command(subcommand)]
    Ctl(ctl::Ctl),
}

/// Everything that a run needs, found before anything is started.
struct Cast {
    car: Program,
    others: Vec<Program>,
    shown: Shown,
    pictures: Option<PathBuf>,
    /// Folders; none if the media service does not run.
    music: Option<Vec<PathBuf>>,
}

impl Sim {
    pub async fn run(self) -> anyhow::Result<Status> {
        if let Some(Order::Ctl(ctl)) = self.order {
            return ctl.run().await;
        }
        let places = places::places(&[])?;
        let car = places::car_folder(&places, &self.car)?;
        // What is wrong with it is better told here than by programs that end at once.
        self.vss.catalogue()?;
        let bus = PrivateBus::prepare()?;
        let cast = self.cast(&car, &places.assets, &bus)?;
        let on_death = if self.fail_fast { OnDeath::Report } else { OnDeath::Restart };
        let mut stage = Stage::open(&bus, on_death, &places.assets, "warn,winit=error,zbus=error")?;
        let outcome = self.play(&mut stage, &bus, cast).await;
        stage.end().await;
        match outcome? {
            // Ctrl-C is how a simulation is meant to end.
            Err(Cut::Told(_)) | Ok(()) => Ok(Status::OK),
            Err(cut) => Ok(cut.status()),
        }
    }

    fn cast(&self, car: &Path, assets: &Path, bus: &PrivateBus) -> anyhow::Result<Cast> {
        let shown = if self.headless {
            Shown::Headless
        } else if screens::has_display() {
            Shown::Windows
        } else {
            say("No display (neither DISPLAY nor WAYLAND_DISPLAY is set): running headless.");
            Shown::Headless
        };
        let link = bus.link();
        let scenario = Path::new(&self.scenario);
        let mut virtual_car = service("tandem-sim", &[("--link", &link), ("--car", car), ("--scenario", scenario)])?;
        virtual_car.arguments.extend(self.vss.arguments());
        if let Some(story) = &self.phone {
            virtual_car.arguments.extend(self.phone(story, assets, bus)?);
        }
        let mut others = vec![self.vehicle(car, &link)?, self.settings(bus)?];
        let music = if self.no_media { None } else { Some(self.music(assets)?) };
        if let Some(folders) = &music {
            others.push(self.media(car, folders, bus)?);
        }
        if self.has_phones() {
            others.push(self.phone_link(bus)?);
        }
        others.push(self.lifecycle(bus)?);
        for screen in Screen::ALL {
            others.push(screen.program(shown, &self.look)?);
        }
        if self.has_panel(shown) {
            others.push(screens::panel(shown, &self.look)?);
        }
        let pictures = self.screenshots.as_deref().map(screens::picture_folder).transpose()?;
        Ok(Cast { car: virtual_car, others, shown, pictures, music })
    }

    fn has_panel(&self, shown: Shown) -> bool {
        self.panel || (shown == Shown::Windows && !self.no_panel)
    }

    fn vehicle(&self, car: &Path, link: &Path) -> anyhow::Result<Program> {
        let mut program = service("tandem-vehicle", &[("--car", car), ("--link", link)])?;
        program.arguments.extend(self.vss.arguments());
        if let Some(folder) = &self.vehicle_state {
            program.arguments.extend(["--state".into(), std::path::absolute(folder)?.into()]);
        }
        Ok(program)
    }

    fn settings(&self, bus: &PrivateBus) -> anyhow::Result<Program> {
        service("tandem-settings", &[("--state", &self.settings_state(bus)?)])
    }

    fn settings_state(&self, bus: &PrivateBus) -> anyhow::Result<PathBuf> {
        Ok(match &self.settings_state {
            Some(folder) => std::path::absolute(folder)?,
            None => bus.settings_state(),
        })
    }

    /// Who looks after the others and where they keep what they do, and does not miss what this run goes without.
    fn lifecycle(&self, bus: &PrivateBus) -> anyhow::Result<Program> {
        let mut folders = vec![self.settings_state(bus)?];
        if !self.no_media {
            folders.push(self.media_state(bus)?);
        }
        if self.has_phones() {
            folders.push(self.phone_state(bus)?);
        }
        if let Some(folder) = &self.vehicle_state {
            folders.push(std::path::absolute(folder)?);
        }
        let state: Vec<_> = folders.iter().map(|folder| ("--state", folder.as_path())).collect();
        let mut program = service("tandem-lifecycle", &state)?;
        for part in [("media", !self.no_media), ("phone-link", self.has_phones())] {
            if let (name, false) = part {
                program.arguments.extend(["--without", name].map(Into::into));
            }
        }
        Ok(program)
    }

    /// The folders of music: those asked for, else the one that comes with Tandem, if it came.
    fn music(&self, assets: &Path) -> anyhow::Result<Vec<PathBuf>> {
        if self.music.is_empty() {
            return Ok(Some(assets.join("music")).filter(|folder| folder.is_dir()).into_iter().collect());
        }
        let folder = |folder: &PathBuf| match folder.canonicalize() {
            Ok(found) if found.is_dir() => Ok(found),
            _ => Err(set_up(format!("--music: {} is no folder", folder.display()))),
        };
        self.music.iter().map(folder).collect()
    }

    fn has_phones(&self) -> bool {
        self.phones || self.phone.is_some()
    }

    fn phone_state(&self, bus: &PrivateBus) -> anyhow::Result<PathBuf> {
        Ok(match &self.phone_state {
            Some(folder) => std::path::absolute(folder)?,
            None => bus.phone_state(),
        })
    }

    /// The phone service; it and a phone of this machine have each an address of its own that leads nowhere else.
    fn phone_link(&self, bus: &PrivateBus) -> anyhow::Result<Program> {
        let state = self.phone_state(bus)?;
        let mut link = service("tandem-phone-link", &[("--state", &state)])?;
        if let Some(language) = self.look.language {
            link.arguments.extend(["--language", language.word()].map(Into::into));
        }
        if self.phone.is_some() {
            link.arguments.extend(["--at", CAR, "--no-mdns"].map(Into::into));
        }
        // The hands-free calls of whoever sits before the simulation are their own, unless they say where else to look.
        if std::env::var_os(SYSTEM_BUS).is_none() {
            link.environment.push((SYSTEM_BUS, bus.no_system_bus()));
        }
        Ok(link)
    }

    /// What the virtual car is to know of the phone that comes near it.
    fn phone(&self, story: &str, assets: &Path, bus: &PrivateBus) -> anyhow::Result<Vec<OsString>> {
        let memory = self.phone_state(bus)?.join("phone");
        let stories = assets.join("phones");
        let arguments = [("--story", Path::new(story)), ("--stories", &stories), ("--state", &memory)];
        let mut phone = service("tandem-phone-sim", &arguments)?;
        phone.arguments.extend(["--at", PHONE, "--car", CAR].map(Into::into));
        let arguments = phone.arguments.into_iter().flat_map(|argument| ["--phone-argument".into(), argument]);
        Ok(["--phone".into(), phone.path.into()].into_iter().chain(arguments).collect())
    }

    fn media_state(&self, bus: &PrivateBus) -> anyhow::Result<PathBuf> {
        Ok(match &self.media_state {
            Some(folder) => std::path::absolute(folder)?,
            None => bus.media_state(),
        })
    }

    fn media(&self, car: &Path, folders: &[PathBuf], bus: &PrivateBus) -> anyhow::Result<Program> {
        let state = self.media_state(bus)?;
        let mut arguments = vec![("--state", state.as_path())];
        arguments.extend(folders.iter().map(|folder| ("--music", folder.as_path())));
        let cameras = car.join(CAMERAS);
        if cameras.is_file() {
            arguments.push(("--cameras", cameras.as_path()));
        }
        service("tandem-media", &arguments)
    }

    async fn play(&self, stage: &mut Stage, bus: &PrivateBus, cast: Cast) -> anyhow::Result<Result<(), Cut>> {
        let connection = match stage.during(bus.connect()).await {
            Ok(connection) => connection?,
            Err(cut) => return Ok(Err(cut)),
        };
        stage.start(cast.car)?;
        let start_up = self.seconds.map(|_| Instant::now() + START_UP);
        match stage.during(in_time(start_up, "the virtual car was", wait_for_file(&bus.link()))).await {
            Ok(there) => there?,
            Err(cut) => return Ok(Err(cut)),
        }
        for program in cast.others {
            stage.start(program)?;
        }
        let with_panel = self.has_panel(cast.shown);
        self.introduce(bus, cast.shown, cast.music.as_deref());
        let published = Published::publish(bus.address());
        if let Err(error) = &published {
            complain(&format!("other shells must be told the address of the bus: {error}"));
        }
        let work = async {
            in_time(
                start_up,
                "not everything was",
                everything_is_up(&connection, cast.music.is_some(), self.has_phones(), with_panel),
            )
            .await??;
            say("Everything is up.");
            self.last(bus, cast.pictures.as_deref()).await
        };
        Ok(match stage.during(work).await {
            Ok(done) => Ok(done?),
            Err(cut) => Err(cut),
        })
    }

    /// Lasts as long as it was asked to.
    async fn last(&self, bus: &PrivateBus, pictures: Option<&Path>) -> anyhow::Result<()> {
        let Some(seconds) = self.seconds else { return std::future::pending().await };
        let end = Instant::now() + Duration::from_secs(seconds);
        if let Some(folder) = pictures {
            tokio::time::sleep_until(end - BEFORE_END).await;
            // The daemon may have died and come back since: an old connection would be of no use.
            screens::capture_both(&bus.connect().await?, folder).await?;
            say(&format!("Pictures of both screens are in {}.", folder.display()));
        }
        tokio::time::sleep_until(end).await;
        Ok(())
    }

    fn introduce(&self, bus: &PrivateBus, shown: Shown, music: Option<&[PathBuf]>) {
        let place = if shown == Shown::Windows { "in windows" } else { "headless" };
        let stop = match self.seconds {
            Some(seconds) => format!("by itself after {seconds} s, or Ctrl-C"),
            None if shown == Shown::Windows => "Ctrl-C, or close the windows of both screens".to_owned(),
            None => "Ctrl-C".to_owned(),
        };
        let media = if music.is_some() { " media service," } else { "" };
        let screens = if self.has_panel(shown) { "cluster, centre and panel" } else { "cluster and centre" };
        say(&format!(
            "Car {}, scenario {}, vehicle service, settings service,{media} lifecycle service, {screens} {place}.",
            self.car, self.scenario
        ));
        say(&format!("  bus    {}", bus.address()));
        say(&format!(
            "  look   tandem signals watch     (finds this bus; or TANDEM_BUS={} tandem signals watch)",
            bus.address()
        ));
        if let Some(folders) = music {
            let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
            let from = if folders.is_empty() { String::new() } else { format!(" from {}", folders.join(", ")) };
            say(&format!("  music  tandem media play night   (plays what `night` finds{from})"));
        }
        if self.has_phones() {
            say("  phone  tandem phone pair         (while the car is parked)");
        }
        if self.phone.is_some() {
            say("         tandem sim ctl phone walk-away, come, play, pause, leave");
        }
        say(&format!("  stop   {stop}"));
    }
}

/// A program beside this one, with its options.
fn service(name: &'static str, arguments: &[(&str, &Path)]) -> anyhow::Result<Program> {
    let arguments = arguments.iter().flat_map(|(name, value)| [(*name).into(), (*value).into()]).collect();
    Ok(Program { name, role: Role::Service, path: places::program(name)?, arguments, environment: Vec::new() })
}

/// Waits for a part of the start-up; a run of unlimited time waits for ever.
async fn in_time<T>(deadline: Option<Instant>, who: &str, up: impl Future<Output = T>) -> anyhow::Result<T> {
    match deadline {
        Some(deadline) => {
            timeout_at(deadline, up).await.with_context(|| format!("{who} not up within {} s", START_UP.as_secs()))
        }
        None => Ok(up.await),
    }
}

async fn wait_for_file(path: &Path) {
    while !path.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn everything_is_up(
    connection: &Connection,
    with_media: bool,
    with_phones: bool,
    with_panel: bool,
) -> zbus::Result<()> {
    // Of each service the name that it owns last.
    screens::wait_for_name(connection, driving::NAME).await?;
    screens::wait_for_name(connection, settings::NAME).await?;
    screens::wait_for_name(connection, health::NAME).await?;
    if with_media {
        screens::wait_for_name(connection, camera::NAME).await?;
    }
    if with_phones {
        screens::wait_for_name(connection, calls::NAME).await?;
    }
    for screen in Screen::ALL {
        screens::wait_for_name(connection, screen.bus_name()).await?;
    }
    if with_panel {
        screens::wait_for_name(connection, screen::PANEL).await?;
    }
    Ok(())
}
