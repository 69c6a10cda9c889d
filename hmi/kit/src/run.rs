use std::env;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use slint::ComponentHandle;
use tandem_runtime::Supervisor;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::beat::Beat;
use crate::commands::{Commands, Desk};
use crate::dress::Fixed;
use crate::headless::{Pace, Screen};
use crate::mailbox::Mailbox;
use crate::stage::{self, Applied, Stage};
use crate::{Face, Options, bus, fonts, pulse, touch};

/// How long the first connection to the bus may take.
const BUS_TIMEOUT: Duration = Duration::from_secs(3);

/// What keeps a screen from starting.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("no display: neither WAYLAND_DISPLAY nor DISPLAY is set (--headless draws without one)")]
    NoDisplay,
    #[error("no bus: {0} (TANDEM_BUS names it: session, system or an address)")]
    NoBus(#[source] zbus::Error),
    #[error("no bus: it does not answer within 3 s")]
    BusSilent,
    #[error("no window: {0}")]
    Window(#[from] slint::PlatformError),
    #[error("no fonts at all: install the Debian packages fonts-inter and fonts-noto-cjk")]
    NoFonts,
    #[error("no bus thread: {0}")]
    Thread(#[from] std::io::Error),
}

/// Runs a screen until its window is closed or the process is told to end. A wrong set-up is one line on stderr and exit code 2.
pub fn run<F: Face>(options: &Options) -> ExitCode {
    let filter = EnvFilter::try_from_env("TANDEM_LOG").unwrap_or_else(|_| EnvFilter::new("warn,winit=error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match start::<F>(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tandem-{}: {error}", F::NAME);
            ExitCode::from(2)
        }
    }
}

fn start<F: Face>(options: &Options) -> Result<(), SetupError> {
    let mailbox = Arc::new(Mailbox::new(|| drop(slint::invoke_from_event_loop(stage::turn))));
    let beat = Arc::new(Beat::new());
    let (commands, receivers) = Commands::new();
    let (applied_sender, applied) = watch::channel(Applied::default());
    let (reached, bus) = std::sync::mpsc::channel();
    bus::start(bus::Setup {
        bus_name: F::BUS_NAME,
        paths: F::paths(),
        asks: F::ASKS,
        follows_phones: F::FOLLOWS_PHONES,
        follows_calls: F::FOLLOWS_CALLS,
        follows_cameras: F::FOLLOWS_CAMERAS,
        follows_keys: F::FOLLOWS_KEYS,
        has_knob: F::HAS_KNOB,
        lockstep: options.lockstep,
        mailbox: Arc::clone(&mailbox),
        beat: Arc::clone(&beat),
        receivers,
        applied,
        reached,
    })?;
    let screen = fonts::needed(|| set_platform::<F>(options))??;
    let window = F::open()?;
    let (theme_is_fixed, language_is_fixed) = (options.theme.is_some(), options.language.is_some());
    let desk = Desk { commands, mailbox: Arc::clone(&mailbox), theme_is_fixed, language_is_fixed };
    let face = F::new(&window, desk);
    let fixed = Fixed { theme: options.theme, language: options.language, lockstep: options.lockstep };
    fonts::check();
    if !options.wait_for_bus {
        is_reached(&bus)?;
    }
    window.show()?;
    let line = stage::Line { mailbox: Arc::clone(&mailbox), beat: Arc::clone(&beat), applied: applied_sender };
    Stage::set(window, face, fixed, screen.clone(), line);
    mailbox.arm();
    if F::IS_TOUCHED && screen.is_none() && draws_without_desktop() {
        touch::start(Arc::clone(&mailbox))?;
    }
    let supervisor = Supervisor::of_environment();
    pulse::begin(supervisor.watchdog(), move || beat.age());
    slint::run_event_loop()?;
    supervisor.stopping();
    if let Some(screen) = screen {
        let frames = screen.frames();
        tracing::info!(drawn = frames.drawn, p50 = ?frames.quantile(0.5), p99 = ?frames.quantile(0.99), "frames");
    }
    Ok(())
}

fn set_platform<F: Face>(options: &Options) -> Result<Option<std::rc::Rc<Screen>>, SetupError> {
    if options.headless {
        let pace = if options.lockstep { Pace::OnDemand } else { Pace::Live };
        let screen = Screen::new(F::SIZE, pace);
        slint::platform::set_platform(screen.platform())
            .map_err(|error| slint::PlatformError::Other(error.to_string()))?;
        return Ok(Some(screen));
    }
    // Whoever names a backend knows where it draws: linuxkms needs no display server.
    if env::var_os("SLINT_BACKEND").is_none_or(|backend| backend.is_empty()) {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        if !is_set("WAYLAND_DISPLAY") && !is_set("DISPLAY") {
            return Err(SetupError::NoDisplay);
        }
        slint::BackendSelector::new().backend_name("winit".into()).renderer_name("software".into()).select()?;
    } else {
        slint::BackendSelector::new().select()?;
    }
    slint::set_xdg_app_id(format!("org.tandem.{}", F::NAME))?;
    Ok(None)
}

fn draws_without_desktop() -> bool {
    env::var("SLINT_BACKEND").is_ok_and(|backend| backend.starts_with("linuxkms"))
}

fn is_reached(bus: &Receiver<zbus::Result<()>>) -> Result<(), SetupError> {
    match bus.recv_timeout(BUS_TIMEOUT) {
        Ok(reached) => reached.map_err(SetupError::NoBus),
        Err(_) => Err(SetupError::BusSilent),
    }
}
