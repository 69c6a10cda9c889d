//! A phone that comes near the car, plays, and walks away: a program of its own, which does what it is told a line each and says what happens as JSON.

#[cfg(test)]
mod tests;
mod told;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex as Shared, PoisonError};
use std::time::Duration;

use tandem_contracts::simulator::{PhoneDeed, PhoneState, SimulatorError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use self::told::{Outcome, Told};

/// So long may the phone take for what it is told.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a phone is started.
#[derive(Clone, Debug)]
pub struct Setup {
    /// `tandem-phone-sim`, or what speaks as it does.
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
}

/// Where the phone is kept.
#[derive(Debug)]
pub struct Pocket {
    setup: Option<Setup>,
    running: Mutex<Option<Running>>,
    told: Arc<Shared<Told>>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    input: ChildStdin,
    outcomes: mpsc::Receiver<Outcome>,
}

impl Pocket {
    /// Without a set-up no phone ever comes.
    pub fn new(setup: Option<Setup>) -> Self {
        let told = Told::new(if setup.is_some() { "gone" } else { "" });
        Self { setup, running: Mutex::default(), told: Arc::new(Shared::new(told)) }
    }

    pub fn may_come(&self) -> bool {
        self.setup.is_some()
    }

    /// How the phone is.
    pub fn state(&self) -> PhoneState {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).state.clone()
    }

    /// Makes the phone do something, and waits until it has.
    ///
    /// # Errors
    /// No such word, no phone in this simulation, or the phone's own reason.
    pub async fn order(&self, word: &str) -> Result<(), SimulatorError> {
        let deed: PhoneDeed = word.parse()?;
        let no_phone = || refused("no phone comes in this simulation; `tandem sim --phone phone` is one with a phone");
        let setup = self.setup.as_ref().ok_or_else(no_phone)?;
        let mut running = self.running.lock().await;
        let lives = running.as_mut().is_some_and(Running::lives);
        match (deed, lives, running.as_mut()) {
            (PhoneDeed::Leave, ..) => {
                if let Some(mut running) = running.take() {
                    // It may have gone by itself.
                    let _ = running.child.kill().await;
                }
                *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Told::new("gone");
                Ok(())
            }
            (_, true, Some(running)) => running.obey(self.line(deed)).await,
            (PhoneDeed::Come, ..) => {
                let told = Told::new("searching");
                *self.told.lock().unwrap_or_else(PoisonError::into_inner) = told;
                running.insert(Running::start(setup, Arc::clone(&self.told))?).is_ready().await
            }
            _ => Err(refused("the phone is not there: `come` brings it")),
        }
    }

    /// What the program calls it.
    fn line(&self, deed: PhoneDeed) -> &'static str {
        match deed {
            PhoneDeed::Come => "come",
            // Both sides may begin.
            PhoneDeed::Pair if self.told.lock().unwrap_or_else(PoisonError::into_inner).is_asked => "accept",
            PhoneDeed::Pair => "pair",
            PhoneDeed::Play => "play",
            PhoneDeed::Pause => "pause",
            PhoneDeed::Next => "next",
            PhoneDeed::WalkAway => "vanish",
            PhoneDeed::Leave => "die",
        }
    }
}

impl Running {
    fn start(setup: &Setup, told: Arc<Shared<Told>>) -> Result<Self, SimulatorError> {
        let mut child = Command::new(&setup.program)
            .args(&setup.arguments)
            .args(["--json", "--tied"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| refused(&format!("cannot start {}: {error}", setup.program.display())))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or_else(|| refused("the phone has no pipes"))?;
        let (outcome, outcomes) = mpsc::channel(16);
        tokio::spawn(listen(output, told, outcome));
        Ok(Self { child, input, outcomes })
    }

    fn lives(&mut self) -> bool {
        // Its last word may come before its end.
        !self.outcomes.is_closed() && matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until a phone that has just been started is there.
    async fn is_ready(&mut self) -> Result<(), SimulatorError> {
        self.until(|outcome| matches!(outcome, Outcome::Ready).then_some(Ok(()))).await
    }

    async fn obey(&mut self, line: &str) -> Result<(), SimulatorError> {
        // What its own story did meanwhile is nobody's answer.
        while self.outcomes.try_recv().is_ok() {}
        let told = self.input.write_all(format!("{line}\n").as_bytes()).await;
        told.map_err(|error| refused(&format!("the phone does not listen: {error}")))?;
        self.until(|outcome| match outcome {
            Outcome::Done(deed) if deed == line => Some(Ok(())),
            Outcome::NotDone { deed, why } if deed == line => Some(Err(refused(&why))),
            _ => None,
        })
        .await
    }

    async fn until(
        &mut self,
        wanted: impl Fn(Outcome) -> Option<Result<(), SimulatorError>>,
    ) -> Result<(), SimulatorError> {
        let says = async {
            while let Some(outcome) = self.outcomes.recv().await {
                if let Some(done) = wanted(outcome) {
                    return done;
                }
            }
            Err(refused("the phone has ended"))
        };
        timeout(PATIENCE, says).await.unwrap_or_else(|_| Err(refused("the phone does not answer")))
    }
}

/// Takes in what the phone says until it has ended.
async fn listen(output: ChildStdout, told: Arc<Shared<Told>>, outcomes: mpsc::Sender<Outcome>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let outcome = told.lock().unwrap_or_else(PoisonError::into_inner).hear(&line);
        if let Some(outcome) = outcome {
            // Nobody waits for most of them.
            let _ = outcomes.try_send(outcome);
        }
    }
    // Another one may have come meanwhile; this one's last word is that it went.
    if !outcomes.is_closed() {
        *told.lock().unwrap_or_else(PoisonError::into_inner) = Told::new("gone");
    }
}

fn refused(sentence: &str) -> SimulatorError {
    SimulatorError::Refused(sentence.to_owned())
}
