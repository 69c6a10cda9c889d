//! Calls of phones that are coupled by the hands-free profile, as oFono tells them on the system's bus. A car without oFono has none, and one that comes is found.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use tandem_contracts::connect::{METHOD_TIMEOUT, reach};
use tokio::sync::watch;
use tracing::debug;
use zbus::fdo::{self, DBusProxy};
use zbus::message::{self, Header};
use zbus::names::OwnedUniqueName;
use zbus::{Connection, MatchRule, MessageStream, OwnedObjectPath, OwnedVariant, Proxy};

use crate::core::{Act, CallOrder, HandsFree, Phase};

const NAME: &str = "org.ofono";
const CALLS: &str = "org.ofono.VoiceCallManager";
const CALL: &str = "org.ofono.VoiceCall";
/// Whose signals may mean another call: oFono also tells how strong a network is, all the time.
const TELLING: [&str; 4] = ["org.ofono.Manager", "org.ofono.Modem", CALLS, CALL];
/// How long a system without a bus, or an oFono that does not answer, is left alone.
const AGAIN: Duration = Duration::from_secs(5);
/// Before that, one that does not tell its calls is soon asked again.
const PAUSES: [Duration; 1] = [Duration::from_secs(1)];
/// Phones that are asked, and calls of one of them.
const MODEMS: usize = 8;
const CALLS_OF_ONE: usize = 8;

type Listed = Vec<(OwnedObjectPath, HashMap<String, OwnedVariant>)>;

async fn connect() -> zbus::Result<Connection> {
    reach(zbus::connection::Builder::system().method_timeout(METHOD_TIMEOUT)).await
}

async fn proxy<'a>(bus: &Connection, path: &'a str, interface: &'a str) -> zbus::Result<Proxy<'a>> {
    zbus::proxy::Builder::new(bus)
        .destination(NAME)
        .path(path)
        .interface(interface)
        .cache_properties(zbus::proxy::CacheProperties::No)
        .build()
        .await
}

/// Tells a hands-free phone what to do with a call; returns when the phone has taken it.
///
/// # Errors
/// oFono is away, or the phone refuses.
pub async fn tell(order: &CallOrder) -> zbus::Result<()> {
    let bus = connect().await?;
    match order.act {
        Act::Answer => proxy(&bus, &order.path, CALL).await?.call("Answer", &()).await,
        Act::HangUp => proxy(&bus, &order.path, CALL).await?.call("Hangup", &()).await,
        Act::HoldAndAnswer => proxy(&bus, &order.modem, CALLS).await?.call("HoldAndAnswer", &()).await,
    }
}

/// Follows oFono until nobody wants to know any more.
pub async fn follow(told: watch::Sender<Vec<HandsFree>>) {
    loop {
        if let Err(error) = listen(&told).await {
            debug!(error = &error as &dyn std::error::Error, "hands-free calls cannot be heard");
        }
        tell_of(&told, Vec::new());
        tokio::select! {
            () = told.closed() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

async fn listen(told: &watch::Sender<Vec<HandsFree>>) -> zbus::Result<()> {
    hear(told, &connect().await?, &connect().await?).await
}

async fn hear(told: &watch::Sender<Vec<HandsFree>>, signals: &Connection, calls: &Connection) -> zbus::Result<()> {
    let rule = MatchRule::builder().msg_type(message::Type::Signal).sender(NAME).build()?;
    let mut news = MessageStream::for_match_rule(rule, signals, None).await?;
    let mut owners = DBusProxy::new(signals).await?.receive_name_owner_changed_with_args(&[(0, NAME)]).await?;
    let bus = DBusProxy::new(calls).await?;
    let mut owner = None;
    let mut pauses = PAUSES.into_iter();
    loop {
        let pause = match look(calls, &bus).await {
            Ok((now, all)) => {
                (owner, pauses) = (now, PAUSES.into_iter());
                tell_of(told, all);
                None
            }
            // Who talks goes on talking, whether oFono has the time to say so or not.
            Err(error) => {
                debug!(error = &error as &dyn std::error::Error, "oFono does not tell its calls");
                Some(pauses.next().unwrap_or(AGAIN))
            }
        };
        let passed = tokio::time::sleep(pause.unwrap_or_default());
        tokio::pin!(passed);
        loop {
            tokio::select! {
                () = &mut passed, if pause.is_some() => break,
                message = news.next() => match message {
                    Some(Ok(message)) if is_telling(&message.header(), owner.as_ref()) => break,
                    Some(_) => {}
                    None => return Ok(()),
                },
                other = owners.next() => match other {
                    Some(_) => break,
                    None => return Ok(()),
                },
                () = told.closed() => return Ok(()),
            }
        }
    }
}

/// Who oFono is now, and every call that it has. Who is not there has none; to ask would start it, and that is not ours to do.
async fn look(calls: &Connection, bus: &DBusProxy<'_>) -> zbus::Result<(Option<OwnedUniqueName>, Vec<HandsFree>)> {
    match bus.get_name_owner(NAME.try_into()?).await {
        Ok(owner) => Ok((Some(owner), all(calls).await?)),
        Err(fdo::Error::NameHasNoOwner(_)) => Ok((None, Vec::new())),
        Err(error) => Err(error.into()),
    }
}

/// Whether it is oFono that says it, and means a call: anybody may send a signal to us alone.
fn is_telling(said: &Header<'_>, owner: Option<&OwnedUniqueName>) -> bool {
    said.interface().is_some_and(|interface| TELLING.contains(&interface.as_str()))
        && owner.is_some_and(|owner| said.sender().is_some_and(|sender| *sender == **owner))
}

fn tell_of(told: &watch::Sender<Vec<HandsFree>>, now: Vec<HandsFree>) {
    told.send_if_modified(|before| {
        let is_other = *before != now;
        *before = now;
        is_other
    });
}

/// Phones that can be called.
async fn phones(bus: &Connection) -> zbus::Result<Listed> {
    let mut phones: Listed = proxy(bus, "/", "org.ofono.Manager").await?.call("GetModems", &()).await?;
    phones.truncate(MODEMS);
    phones.retain(|(_, modem)| texts(modem, "Interfaces").iter().any(|interface| interface == CALLS));
    Ok(phones)
}

/// Every call of every phone.
async fn all(bus: &Connection) -> zbus::Result<Vec<HandsFree>> {
    let mut calls = Vec::new();
    for (path, modem) in phones(bus).await? {
        let listed: Listed = match proxy(bus, path.as_str(), CALLS).await?.call("GetCalls", &()).await {
            Ok(listed) => listed,
            Err(error) if phones(bus).await?.iter().any(|(there, _)| *there == path) => return Err(error),
            // A phone that went in this moment has none.
            Err(_) => continue,
        };
        let of_this = |(call, facts): (OwnedObjectPath, HashMap<String, OwnedVariant>)| {
            let state = text(&facts, "State");
            Some(HandsFree {
                path: call.to_string(),
                modem: path.to_string(),
                phone_name: text(&modem, "Name"),
                name: text(&facts, "Name"),
                number: Some(text(&facts, "LineIdentification")).filter(|line| line != "withheld").unwrap_or_default(),
                phase: phase(&state)?,
                is_waiting: state == "waiting",
            })
        };
        calls.extend(listed.into_iter().take(CALLS_OF_ONE).filter_map(of_this));
    }
    Ok(calls)
}

/// None for one that is over.
fn phase(state: &str) -> Option<Phase> {
    match state {
        "incoming" | "waiting" => Some(Phase::Ringing),
        "dialing" | "alerting" => Some(Phase::Dialing),
        "active" => Some(Phase::Active),
        "held" => Some(Phase::Held),
        _ => None,
    }
}

fn text(facts: &HashMap<String, OwnedVariant>, key: &str) -> String {
    facts.get(key).and_then(|value| String::try_from(value.clone()).ok()).unwrap_or_default()
}

fn texts(facts: &HashMap<String, OwnedVariant>, key: &str) -> Vec<String> {
    facts.get(key).and_then(|value| Vec::<String>::try_from(value.clone()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
