mod board;
mod feed;
mod screen;
mod terminal;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::live::{Bound, bound, warn_if_nothing_fits};
use super::rates::Rates;
use super::record::seconds;
use crate::dictionary::{Dictionary, Meaning, Private};
use crate::failure::Status;
use crate::interrupt::{GRACE, Stop, until_stopped};
use crate::labels::{Form, Labels, Paint};
use crate::say::complain;
use board::Board;
use feed::Feed;
use screen::Screen;
use terminal::{Key, Terminal};

/// How often the screen is drawn anew.
const REDRAW: Duration = Duration::from_millis(100);
/// How often lines are written where there is no screen, nanoseconds of the bus's time.
const EACH: u64 = 1_000_000_000;

/// Shows the ids of a bus as they come: rate, count, the bytes that change, and what they mean.
///
/// Frames come from real interfaces, from a recording at its own speed, or from candump through a pipe. Where standard output is no terminal a table is written each
/// second of the bus's time, and a last one at the end.
///
/// Keys: q quits; i, r and c sort by id, rate and count; the arrows, j and k scroll.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tandem bus top --can can0 --dbc car.dbc\n  candump -L can0 | tandem bus top -\n  tandem bus top drive.log --car demo --speed 2"
)]
pub struct Top {
    /// A recording; `-` is standard input, as it comes.
    #[arg(required_unless_present = "can", conflicts_with = "can")]
    log: Option<PathBuf>,
    /// A real interface instead, such as `can0`, or `can0=vcan0` if the car's bus has another name; may be given again.
    #[arg(long, value_name = "[BUS=]INTERFACE", value_parser = bound)]
    can: Vec<Bound>,
    #[command(flatten)]
    meaning: Meaning,
    #[command(flatten)]
    private: Private,
    #[command(flatten)]
    rates: Rates,
    /// By what the ids are sorted.
    #[arg(long, value_enum, default_value = "id")]
    sort: Sort,
    /// How fast a recording is played: 1 as it was, 2 twice as fast; 0 does not wait at all.
    #[arg(long, default_value_t = 1.0, conflicts_with = "can", value_parser = speed)]
    speed: f64,
    /// Ends after so many seconds of the bus's time.
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<u64>,
    /// When there are colours; NO_COLOR is heeded.
    #[arg(long, value_enum, default_value = "auto")]
    color: Paint,
}

/// By what the ids are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    Id,
    Rate,
    Count,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.0..=1e6).contains(&speed) => Ok(speed),
        _ => Err("expected a number, 0 or more".to_owned()),
    }
}

/// The board, which the feed writes and the screen reads.
pub type Shared = Arc<Mutex<Board>>;

impl Top {
    pub async fn run(self) -> anyhow::Result<Status> {
        until_stopped(Some(GRACE), move |stop| self.show(stop)).await
    }

    fn show(self, stop: Stop) -> anyhow::Result<Status> {
        let log = self.log.as_deref().filter(|log| *log != Path::new("-"));
        let dictionary = self.meaning.read(log)?;
        let privacy = self.private.privacy();
        warn_if_nothing_fits(&self.can, &dictionary);
        let mut feed = match &self.log {
            Some(log) => Feed::recording(log, self.speed)?,
            None => Feed::live(&self.can)?,
        };
        let shared = Shared::default();
        let end = self.seconds;
        if !io::stdout().is_terminal() {
            let labels = Labels::all(&dictionary, Form::Brief, Paint::Never, privacy);
            let mut screen =
                Screen { dictionary, labels, rates: self.rates, sort: self.sort, paint: Paint::Never, scroll: 0 };
            let outcome = lines(&mut feed, &shared, &stop, end, &mut screen);
            self.warn(&shared, &screen.dictionary);
            return outcome;
        }
        let paint = self.color.settled();
        let labels = Labels::all(&dictionary, Form::Brief, paint, privacy);
        let mut screen = Screen { dictionary, labels, rates: self.rates, sort: self.sort, paint, scroll: 0 };
        let (feeding, board) = (stop.clone(), Arc::clone(&shared));
        let feeder = thread::Builder::new().name("feed".into()).spawn(move || {
            while !feeding.is_asked() && feed.step(&board, end, &feeding)? {}
            lock(&board).is_over = true;
            anyhow::Ok(())
        })?;
        let mut terminal = Terminal::open()?;
        while !stop.is_asked() {
            let (columns, rows) = terminal.size();
            let picture = screen.picture(&lock(&shared), columns, Some(rows));
            terminal.draw(&picture)?;
            match terminal.key(REDRAW)? {
                Some(Key::Quit) => stop.ask(),
                Some(Key::Sort(sort)) => (screen.sort, screen.scroll) = (sort, 0),
                Some(Key::Down(lines)) => screen.scroll = screen.scroll.saturating_add(lines),
                Some(Key::Up(lines)) => screen.scroll = screen.scroll.saturating_sub(lines),
                None => {}
            }
            if feeder.is_finished() && lock(&shared).is_over && self.log.as_deref() == Some(Path::new("-")) {
                break;
            }
            // A feed that failed has nothing more to show.
            if feeder.is_finished() && !lock(&shared).is_over {
                break;
            }
        }
        drop(terminal);
        self.warn(&shared, &screen.dictionary);
        // One that waits for a pipe ends with the process.
        if feeder.is_finished()
            && let Ok(outcome) = feeder.join()
        {
            outcome?;
        }
        Ok(Status::OK)
    }

    /// Which buses a recording has is known at its end.
    fn warn(&self, shared: &Shared, dictionary: &Dictionary) {
        let board = lock(shared);
        let names = board.tally.buses.iter().map(|bus| bus.name.as_str());
        if self.log.is_some()
            && let Some((_, what)) = dictionary.misfit(names)
        {
            complain(&what);
        }
    }
}

/// Where there is no screen.
fn lines(
    feed: &mut Feed,
    shared: &Shared,
    stop: &Stop,
    end: Option<u64>,
    screen: &mut Screen,
) -> anyhow::Result<Status> {
    let mut due = None;
    let write = |screen: &mut Screen, board: &Board| -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(screen.picture(board, usize::MAX, None).as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()
    };
    let outcome = loop {
        match feed.step(shared, end, stop) {
            Ok(true) if !stop.is_asked() => {}
            outcome => break outcome,
        }
        let board = lock(shared);
        let Some(now) = board.now() else { continue };
        let next = now.saturating_add(EACH);
        if now >= *due.get_or_insert(next) {
            due = Some(next);
            write(screen, &board)?;
        }
    };
    write(screen, &lock(shared))?;
    outcome?;
    Ok(Status::OK)
}

/// What a thread left that panicked is still a board.
pub fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Board> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
