use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use futures_util::future::try_join_all;
use tandem_contracts::screen::{CENTRE, CLUSTER, Picture, Screen1Proxy, ScreenError};
use tandem_units::Nanoseconds;
use tokio::time::timeout;
use zbus::Connection;
use zbus::fdo::DBusProxy;

use crate::client::explain;
use crate::failure::SetUp;
use crate::places;
use crate::say::complain;
use crate::supervisor::{Program, Role};

/// A screen that was told nothing for so long, with nothing else to wait for, reads none of the car's signals.
const UNHEARD: Duration = Duration::from_secs(20);
/// A screen may say that it could not draw in time.
const TRIES: usize = 5;

/// How the screens look.
#[derive(Args, Clone, Debug)]
pub struct Look {
    /// By day or by night; without it by night.
    #[arg(long)]
    pub theme: Option<Theme>,
    /// The language of the screens; without it English.
    #[arg(long)]
    pub language: Option<Language>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Theme {
    Day,
    Night,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    En,
    #[value(name = "zh_CN")]
    ZhCn,
    De,
}

impl Theme {
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Night => "night",
        }
    }
}

impl Language {
    pub fn word(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh_CN",
            Self::De => "de",
        }
    }
}

/// One of the car's screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Screen {
    Cluster,
    Centre,
}

impl Screen {
    pub const ALL: [Self; 2] = [Self::Cluster, Self::Centre];

    pub fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Centre => "centre",
        }
    }

    /// Its name on the bus.
    pub fn bus_name(self) -> &'static str {
        match self {
            Self::Cluster => CLUSTER,
            Self::Centre => CENTRE,
        }
    }

    fn program_name(self) -> &'static str {
        match self {
            Self::Cluster => "tandem-cluster",
            Self::Centre => "tandem-centre",
        }
    }

    /// The screen as a program to run.
    ///
    /// # Errors
    /// It does not lie beside this program.
    pub fn program(self, shown: Shown, look: &Look) -> anyhow::Result<Program> {
        program(self.program_name(), Role::Window, shown, look)
    }
}

/// The virtual car's panel, as a program to run.
///
/// # Errors
/// It does not lie beside this program.
pub fn panel(shown: Shown, look: &Look) -> anyhow::Result<Program> {
    program("tandem-panel", Role::Tool, shown, look)
}

/// A program that draws; `role` is what it is where it has a window.
fn program(name: &'static str, role: Role, shown: Shown, look: &Look) -> anyhow::Result<Program> {
    let mut arguments: Vec<OsString> = match shown {
        Shown::Windows => Vec::new(),
        Shown::Headless => vec!["--headless".into()],
        Shown::Lockstep => vec!["--headless".into(), "--lockstep".into()],
    };
    let mut option = |name: &str, word: &str| arguments.extend([name.into(), word.into()]);
    if let Some(theme) = look.theme {
        option("--theme", theme.word());
    }
    if let Some(language) = look.language {
        option("--language", language.word());
    }
    Ok(Program {
        name,
        role: if shown == Shown::Windows { role } else { Role::Service },
        path: places::program(name)?,
        arguments,
        environment: Vec::new(),
    })
}

/// Where the screens are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Windows,
    Headless,
    /// Headless, and time waits for them.
    Lockstep,
}

/// Whether windows can be opened here.
pub fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Waits until a name is owned.
pub async fn wait_for_name(connection: &Connection, name: &str) -> zbus::Result<()> {
    let bus = DBusProxy::new(connection).await?;
    while !bus.name_has_owner(name.try_into()?).await? {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// What a screen shows: its newest batch, drawn.
///
/// # Errors
/// The screen is not there, or gives no picture in several tries.
pub async fn capture(connection: &Connection, screen: Screen) -> anyhow::Result<Picture> {
    let proxy = Screen1Proxy::builder(connection)
        .destination(screen.bus_name())
        .cache_properties(zbus::proxy::CacheProperties::No)
        .build()
        .await?;
    let mut tries = TRIES;
    loop {
        tries -= 1;
        match proxy.capture(0).await {
            // It could not be drawn in the time that the screen gives itself: the machine is busy.
            Err(ScreenError::CaptureFailed(_)) if tries > 0 => {}
            picture => {
                return picture.map_err(|error| explain(error).context(format!("no picture of the {}", screen.word())));
            }
        }
    }
}

/// Waits until both screens have drawn what the service told them at first: from then on they miss nothing.
///
/// # Errors
/// A screen gives no picture.
pub async fn wait_until_subscribed(connection: &Connection) -> anyhow::Result<()> {
    try_join_all(Screen::ALL.map(|screen| wait_until_heard(connection, screen))).await.map(drop)
}

async fn wait_until_heard(connection: &Connection, screen: Screen) -> anyhow::Result<()> {
    wait_for_name(connection, screen.bus_name()).await?;
    let heard = async {
        while capture(connection, screen).await?.sequence == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    match timeout(UNHEARD, heard).await {
        Ok(heard) => heard?,
        Err(_) => complain(&format!("the {} shows nothing that this car has", screen.word())),
    }
    Ok(())
}

/// A folder for pictures, made if need be.
///
/// # Errors
/// It cannot be made.
pub fn picture_folder(folder: &Path) -> anyhow::Result<PathBuf> {
    let wrong = || SetUp(format!("cannot make the folder {}", folder.display()));
    fs::create_dir_all(folder).with_context(wrong)?;
    std::path::absolute(folder).with_context(wrong)
}

/// Takes a picture of both screens, into `cluster.png` and `centre.png`. Whoever looks finds a whole file or none. Returns the time of the oldest batch in them
/// that a screen was told, if any was.
///
/// # Errors
/// A screen gives no picture, or the folder cannot be written.
pub async fn capture_both(connection: &Connection, folder: &Path) -> anyhow::Result<Option<Nanoseconds>> {
    let mut oldest = None;
    for screen in Screen::ALL {
        let picture = capture(connection, screen).await?;
        save(&picture, &folder.join(format!("{}.png", screen.word())))?;
        let heard = (picture.sequence > 0).then_some(Nanoseconds(picture.now_ns));
        oldest = oldest.into_iter().chain(heard).min();
    }
    Ok(oldest)
}

/// Writes a picture's file in one step.
///
/// # Errors
/// There is no picture in it, or the file cannot be written.
pub fn save(picture: &Picture, file: &Path) -> anyhow::Result<()> {
    if picture.png.is_empty() {
        bail!("the picture for {} is empty", file.display());
    }
    let draft = file.with_extension(format!("png.{}", std::process::id()));
    let write = || fs::write(&draft, &picture.png).and_then(|()| fs::rename(&draft, file));
    write().with_context(|| {
        // Half a picture is of no use to anybody; that it may not be there at all is no second error.
        let _ = fs::remove_file(&draft);
        format!("cannot write {}", file.display())
    })
}
