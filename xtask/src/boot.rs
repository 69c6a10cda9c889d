//! `cargo xtask boot`: the image in an emulated machine, with the time line of its start.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;
use tandem_machine::{Can, Data, Display, Machine, Point, Qemu, Setup, Timeline};

use crate::chores::Workspace;
use crate::guest;
use crate::image::{self, Image, Wish, lacks};
use crate::packages::Refusal;

/// Both screens must have drawn by then, or nothing will: an emulated machine takes half a minute, one beside builds two.
const STARTS_WITHIN: Duration = Duration::from_secs(240);
/// How long one without a window runs on if nobody says.
const SECONDS: f64 = 10.0;
const SCENARIO: &str = "city";
const HELP: &str = "boot: there is no WORD; there are --headless, --seconds N, --screenshots DIR, --can kvaser|vcan, --sound FILE.wav, \
                    --scenario NAME|none, --kernel-word WORD, --fresh, --programs DIR and --json";

struct Options {
    headless: bool,
    seconds: Option<f64>,
    screenshots: Option<PathBuf>,
    can: Can,
    sound: Option<PathBuf>,
    scenario: Option<String>,
    words: Vec<String>,
    fresh: bool,
    as_json: bool,
    wish: Wish,
}

impl Options {
    fn read(args: Vec<String>) -> Result<Self> {
        let display =
            ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|it| !it.is_empty()));
        let mut options = Self {
            headless: !display,
            seconds: None,
            screenshots: None,
            can: Can::Kvaser,
            sound: None,
            scenario: Some(SCENARIO.to_owned()),
            words: Vec::new(),
            fresh: false,
            as_json: false,
            wish: Wish::default(),
        };
        let mut args = args.into_iter();
        while let Some(word) = args.next() {
            let mut behind = |what| args.next().ok_or_else(|| lacks(&word, what));
            match word.as_str() {
                "--headless" => options.headless = true,
                "--fresh" => options.fresh = true,
                "--json" => options.as_json = true,
                "--seconds" => options.seconds = Some(seconds(&behind("a number of seconds")?)?),
                "--screenshots" => options.screenshots = Some(behind("a folder")?.into()),
                "--sound" => options.sound = Some(behind("a file")?.into()),
                "--programs" => options.wish.programs = Some(behind("a folder")?.into()),
                "--kernel-word" => options.words.push(behind("a word for the guest's kernel")?),
                "--scenario" => {
                    options.scenario = Some(behind("a scenario's name, or none")?).filter(|name| name != "none")
                }
                "--can" => {
                    options.can = match behind("kvaser or vcan")?.as_str() {
                        "kvaser" => Can::Kvaser,
                        "vcan" => Can::Virtual,
                        other => return Err(Refusal(format!("--can {other}: expected kvaser or vcan")).into()),
                    }
                }
                _ => return Err(Refusal(HELP.replace("WORD;", &format!("{word};"))).into()),
            }
        }
        Ok(options)
    }
}

fn seconds(text: &str) -> Result<f64> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err(Refusal(format!("--seconds {text}: expected a number from 0 to 86400")).into()),
    }
}

/// `cargo xtask boot ARGS`.
///
/// # Errors
/// There is no image and none can be made; QEMU ends early; or nothing comes in time. What the guest said last is told.
pub fn run(workspace: &Workspace, args: Vec<String>, may_install: bool) -> Result<()> {
    let options = Options::read(args)?;
    let image = image::provide(workspace, &options.wish, may_install)?;
    let qemu = guest::machine(workspace, true, may_install)?.context("there is no QEMU")?;
    let qemu = if options.headless { qemu } else { guest::window(workspace, may_install)? };
    for folder in
        options.screenshots.iter().chain(options.sound.as_deref().and_then(Path::parent).map(Path::to_owned).as_ref())
    {
        if !folder.as_os_str().is_empty() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
    }
    let mut session = Session::start(&image, &Qemu::at(&qemu), &options)?;
    let started = session.follow_start(&options);
    let told = started.and_then(|()| session.go_on(&options));
    session.end(&options, told)
}

struct Session {
    machine: Machine,
    timeline: Timeline,
    began: Instant,
}

impl Session {
    fn start(image: &Image, qemu: &Qemu, options: &Options) -> Result<Self> {
        let mut words = options.words.clone();
        words.extend(options.scenario.iter().map(|name| format!("tandem.scenario={name}")));
        let machine = Machine::start(
            qemu,
            &Setup {
                image: &image.folder,
                data: Data::Kept(&image.data(options.fresh)?),
                run: &image.folder,
                can: options.can,
                sound: options.sound.as_deref(),
                window: !options.headless,
                hand: false,
                cable: None,
                clock: None,
                resets: false,
                words: &words,
            },
        )?;
        eprintln!("the machine starts; what it says is kept in {}", machine.log().display());
        Ok(Self { machine, timeline: Timeline::default(), began: Instant::now() })
    }

    /// Until both screens have drawn.
    fn follow_start(&mut self, options: &Options) -> Result<()> {
        let until = self.began + STARTS_WITHIN;
        let frame = |display: Display| Point::Frame(display.name().to_owned());
        while !Display::ALL.iter().all(|display| self.timeline.has(&frame(*display))) {
            if !self.hear(until, options)? {
                let missing: Vec<_> =
                    Display::ALL.iter().filter(|it| !self.timeline.has(&frame(**it))).map(|it| it.name()).collect();
                bail!(
                    "within {} s nothing was drawn by: {}; {}",
                    STARTS_WITHIN.as_secs(),
                    missing.join(", "),
                    self.machine.last()
                );
            }
        }
        Ok(())
    }

    /// Until its time is over, or its window is closed.
    fn go_on(&mut self, options: &Options) -> Result<()> {
        let wish = options.seconds.or(options.headless.then_some(SECONDS));
        let until = wish.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds));
        loop {
            let next = until.unwrap_or_else(|| Instant::now() + Duration::from_secs(1));
            match self.hear(next, options) {
                Ok(true) => {}
                Ok(false) if until.is_none() => {}
                Ok(false) => break,
                // Somebody closed the window, or turned it off.
                Err(_) if until.is_none() && self.machine.ended_by_order()? => return Ok(()),
                Err(why) => return Err(why),
            }
        }
        if let Some(folder) = &options.screenshots {
            for display in Display::ALL {
                let to = std::path::absolute(folder)?.join(format!("{}.png", display.name()));
                self.machine.picture(display, &to)?;
                eprintln!("{}", to.display());
            }
        }
        Ok(())
    }

    /// Takes in a line; says no if none came until then.
    fn hear(&mut self, until: Instant, options: &Options) -> Result<bool> {
        let Some(line) = self.machine.line(until)? else { return Ok(false) };
        if let Some((point, seconds)) = self.timeline.hear(&line)
            && !options.as_json
        {
            writeln!(std::io::stdout(), "{seconds:>8.2} s  {point}")?;
        }
        Ok(true)
    }

    fn end(self, options: &Options, told: Result<()>) -> Result<()> {
        if options.as_json {
            let points: Vec<_> = self
                .timeline
                .points()
                .iter()
                .map(|(point, seconds)| json!({"what": point.to_string(), "seconds": seconds}))
                .collect();
            let told = json!({
                "started": told.is_ok(),
                "emulated": "tcg",
                "timeline": points,
                "serial": self.machine.log(),
            });
            writeln!(std::io::stdout(), "{told}")?;
        }
        let stopped = self.machine.stop();
        told.and(stopped)
    }
}
