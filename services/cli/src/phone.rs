mod calls;
mod pair;
mod show;
mod wait;

use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use clap::Subcommand;
use tandem_contracts::phones::{Phone as Known, PhoneLink1Proxy};
use tandem_contracts::sessions::{Session, Sessions1Proxy};
use zbus::proxy::CacheProperties;

use crate::client::{self, CallError};
use crate::failure::Status;
use crate::output::Output;
use crate::say::say;

/// A service that says nothing for so long is asked whether it lives.
const QUIET: Duration = Duration::from_secs(1);

/// Phones: who is let in, what goes on from them in the car, and back.
///
/// CALL is a call's id or a part of the name; without one it is the first that may be answered, hung up or silenced.
/// PHONE is a phone's id or the beginning of its name, SESSION a session's id or a part of its title; without one it is the first that `list` or `sessions` shows.
#[derive(Subcommand)]
pub enum Phone {
    /// The phones that are paired, and those that are near while pairing is open.
    List(Output),
    /// Pairs a phone: the car has to be parked, and both screens have to show the same key. Ends by itself after a minute.
    Pair {
        /// The phone to ask; without it, the phone asks the car, or the only one that is near is asked.
        phone: Option<String>,
        /// Takes the key for right without asking. Whoever is near may be paired by that: for tests only.
        #[arg(long)]
        yes: bool,
    },
    /// Ends a pairing, and wipes everything that came from the phone.
    Forget {
        #[arg(required_unless_present = "all")]
        phone: Option<String>,
        /// All phones, here or away.
        #[arg(long, conflicts_with = "phone")]
        all: bool,
    },
    /// What could go on in the car, what does, and what is owed to a phone that is away.
    Sessions {
        #[command(flatten)]
        output: Output,
        /// Prints where destinations are, too.
        #[arg(long, requires = "json")]
        private: bool,
    },
    /// Follows sessions: a line whenever one changes, until Ctrl-C. Says so if the service does not answer, and goes on when it does.
    Watch,
    /// Has a session go on in the car; prints it once it does. Status 1 if it does not.
    Claim { session: Option<String> },
    /// Gives a session back to the phone, at once or when it is back.
    Release { session: Option<String> },
    /// Tells the phone's player to play, pause, or go to the next or previous.
    Steer {
        #[arg(value_parser = ["play", "pause", "next", "previous"])]
        order: String,
        session: Option<String>,
    },
    /// Who rings, who is talked to, and who was missed.
    Calls {
        #[command(flatten)]
        output: Output,
        /// Prints names and numbers, too.
        #[arg(long, requires = "json")]
        private: bool,
    },
    /// Answers a call that rings, if its phone is coupled hands-free.
    Answer { call: Option<String> },
    /// Ends a call, or declines one that rings.
    HangUp { call: Option<String> },
    /// Has a phone stop ringing for a call.
    Silence { call: Option<String> },
    /// Puts away a destination, a link, a note, or a player that is silent, until it plays again.
    Dismiss { session: String },
    /// Sends an address (http, https, geo), a text, or a file to a phone.
    Send {
        #[arg(required_unless_present = "file", conflicts_with = "file")]
        text: Option<String>,
        #[arg(long)]
        file: Option<PathBuf>,
        #[arg(long, value_name = "PHONE")]
        to: Option<String>,
    },
    /// Makes a phone ring.
    Ring { phone: Option<String> },
    /// Allows a phone something, or takes it back.
    Grant {
        #[arg(value_parser = tandem_contracts::phones::GRANTS)]
        what: String,
        #[arg(value_parser = ["on", "off"])]
        on: String,
        phone: Option<String>,
    },
    /// Whether something goes on in the car by itself when its owner sits down.
    Automatic {
        #[arg(value_parser = tandem_contracts::phones::AUTOMATIC)]
        kind: String,
        #[arg(value_parser = ["ask", "always", "never"])]
        word: String,
        phone: Option<String>,
    },
    /// Whether a phone is a guest's: then everything of it is wiped half an hour after the ignition is off.
    Guest {
        #[arg(value_parser = ["on", "off"])]
        on: String,
        phone: Option<String>,
    },
    /// Puts a phone first.
    Prefer { phone: String },
    /// What was taken from phones, given back and wiped, the latest first.
    Ledger {
        /// So many lines at most.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        #[command(flatten)]
        output: Output,
    },
}

/// The phone service, by both of its interfaces.
struct Service {
    phones: PhoneLink1Proxy<'static>,
    sessions: Sessions1Proxy<'static>,
}

impl Service {
    /// On a connection of its own. Signals and calls want one each: unread ones would block the calls behind them.
    async fn connect() -> anyhow::Result<Self> {
        let connection = client::connect().await?;
        let phones = PhoneLink1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
        let sessions = Sessions1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
        Ok(Self { phones, sessions })
    }

    /// The phone that is meant: among the paired ones, or among all that are near.
    async fn phone(&self, meant: Option<&str>) -> anyhow::Result<Known> {
        let phones = self.phones.phones().await.map_err(explain)?;
        let named = |phone: &&Known| {
            meant.is_none_or(|meant| phone.id == meant || phone.name.to_lowercase().starts_with(&meant.to_lowercase()))
        };
        let mut found: Vec<&Known> = phones.iter().filter(named).collect();
        if meant.is_none() {
            found.retain(|phone| phone.is_paired);
            found.truncate(1);
        }
        match (found.as_slice(), meant) {
            ([phone], _) => Ok((*phone).clone()),
            ([], Some(meant)) => bail!("there is no phone `{meant}`: `tandem phone list` shows them"),
            ([], None) => bail!("no phone is paired: `tandem phone pair` pairs one"),
            (several, _) => bail!("{} phones are called so: say its id", several.len()),
        }
    }

    /// The session that is meant, of those that may be.
    async fn session(&self, meant: Option<&str>, may: impl Fn(&Session) -> bool) -> anyhow::Result<Session> {
        let sessions = self.sessions.list().await.map_err(explain)?;
        let named = |session: &&Session| match meant {
            Some(meant) => session.id == meant || show::title(session).to_lowercase().contains(&meant.to_lowercase()),
            None => may(session),
        };
        let found: Vec<_> = sessions.iter().filter(named).collect();
        match (found.as_slice(), meant) {
            ([session], _) | ([session, ..], None) => Ok((*session).clone()),
            ([], Some(meant)) => bail!("there is no session `{meant}`: `tandem phone sessions` shows them"),
            ([], None) => bail!("there is nothing of that kind: `tandem phone sessions` shows what there is"),
            (several, Some(_)) => bail!("{} sessions are called so: say its id", several.len()),
        }
    }
}

/// As [`client::explain`]; a service that hangs is told in words of its own.
fn explain(error: impl CallError) -> anyhow::Error {
    if let Some(zbus::Error::InputOutput(error)) = error.of_the_bus()
        && error.kind() == ErrorKind::TimedOut
    {
        return anyhow!("the phone service does not answer: it hangs, or the machine is too busy");
    }
    client::explain(error)
}

impl Phone {
    pub async fn run(self) -> anyhow::Result<Status> {
        let service = Service::connect().await?;
        let (phones, sessions) = (&service.phones, &service.sessions);
        match self {
            Self::List(output) => {
                let all = phones.phones().await.map_err(explain)?;
                output.print(&all, || show::phones(&all))?;
            }
            Self::Pair { phone, yes } => return pair::pair(&service, phone.as_deref(), yes).await,
            Self::Forget { phone: Some(phone), .. } => {
                let phone = service.phone(Some(&phone)).await?;
                phones.forget(phone.id).await.map_err(explain)?;
                say(&format!("{} is forgotten", show::name(&phone.name)));
            }
            Self::Forget { .. } => {
                let count = phones.forget_all().await.map_err(explain)?;
                say(&format!("{} forgotten", crate::table::counted(count.into(), "phone")));
            }
            Self::Sessions { output, private } => {
                let all = sessions.list().await.map_err(explain)?;
                let told = show::discreet(&all, private)?;
                output.print(&told, || show::sessions(&all))?;
            }
            Self::Calls { output, private } => return calls::list(output, private).await,
            Self::Answer { call } => return calls::act(calls::Deed::Answer, call.as_deref()).await,
            Self::HangUp { call } => return calls::act(calls::Deed::HangUp, call.as_deref()).await,
            Self::Silence { call } => return calls::act(calls::Deed::Silence, call.as_deref()).await,
            Self::Watch => return wait::watch(&service).await,
            Self::Claim { session } => {
                let offered = |it: &Session| it.stage == "offered" && it.kind != "note" && it.mode != "control";
                let session = service.session(session.as_deref(), offered).await?;
                return wait::claim(&service, &session).await;
            }
            Self::Release { session } => {
                let held = |it: &Session| it.owner == "car" || it.stage == "starting";
                let session = service.session(session.as_deref(), held).await?;
                return wait::release(&service, &session).await;
            }
            Self::Steer { order, session } => {
                let session = service.session(session.as_deref(), |it| it.kind == "media").await?;
                sessions.steer(session.id, order).await.map_err(explain)?;
            }
            Self::Dismiss { session } => {
                let session = service.session(Some(&session), |_| true).await?;
                sessions.dismiss(session.id).await.map_err(explain)?;
            }
            Self::Send { text, file, to } => return send(&service, text, file, to.as_deref()).await,
            Self::Ring { phone } => {
                let phone = service.phone(phone.as_deref()).await?;
                phones.ring(phone.id).await.map_err(explain)?;
            }
            Self::Grant { what, on, phone } => {
                let phone = service.phone(phone.as_deref()).await?;
                phones.grant(phone.id, what, on == "on").await.map_err(explain)?;
            }
            Self::Automatic { kind, word, phone } => {
                let phone = service.phone(phone.as_deref()).await?;
                phones.set_automatic(phone.id, kind, word).await.map_err(explain)?;
            }
            Self::Guest { on, phone } => {
                let phone = service.phone(phone.as_deref()).await?;
                phones.set_guest(phone.id, on == "on").await.map_err(explain)?;
            }
            Self::Prefer { phone } => {
                let phone = service.phone(Some(&phone)).await?;
                phones.prefer(phone.id).await.map_err(explain)?;
            }
            Self::Ledger { limit, output } => {
                let entries = phones.ledger(limit).await.map_err(explain)?;
                output.print(&entries, || show::ledger(&entries))?;
            }
        }
        Ok(Status::OK)
    }
}

async fn send(
    service: &Service,
    text: Option<String>,
    file: Option<PathBuf>,
    to: Option<&str>,
) -> anyhow::Result<Status> {
    let phone = service.phone(to).await?;
    if let Some(text) = text {
        service.phones.send(phone.id.clone(), text).await.map_err(explain)?;
    }
    if let Some(file) = file {
        let path = file.canonicalize().with_context(|| format!("{} cannot be read", file.display()))?;
        let path = path.to_str().map(str::to_owned);
        ensure!(path.is_some(), "{} has a name that is no text", file.display());
        // A large file takes longer than a call may.
        let connection = client::patient().await?;
        let phones = PhoneLink1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
        phones.send_file(phone.id.clone(), path.unwrap_or_default()).await.map_err(explain)?;
    }
    say(&format!("sent to {}", show::name(&phone.name)));
    Ok(Status::OK)
}
