//! Calls of phones that are coupled by the hands-free profile, as oFono tells them on the system's bus. A car without oFono has none, and one that comes is found.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use tandem_contracts::connect::METHOD_TIMEOUT;
use tokio::sync::watch;
use tracing::debug;
use zbus::names::InterfaceName;
use zbus::{Connection, MatchRule, MessageStream, OwnedObjectPath, OwnedVariant, Proxy, message};

use crate::core::{Act, CallOrder, HandsFree, Phase};

const NAME: &str = "org.ofono";
const CALLS: &str = "org.ofono.VoiceCallManager";
const CALL: &str = "org.ofono.VoiceCall";
/// Whose signals may mean another call: oFono also tells how strong a network is, all the time.
const TELLING: [&str; 4] = ["org.ofono.Manager", "org.ofono.Modem", CALLS, CALL];
/// How long a system without a bus, or an oFono that does not answer, is left alone.
const AGAIN: Duration = Duration::from_secs(5);
/// Phones that are asked, and calls of one of them.
const MODEMS: usize = 8;
const CALLS_OF_ONE: usize = 8;

type Listed = Vec<(OwnedObjectPath, HashMap<String, OwnedVariant>)>;

async fn connect() -> zbus::Result<Connection> {
    zbus::connection::Builder::system().method_timeout(METHOD_TIMEOUT).build().await
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
    let signals = connect().await?;
    let calls = connect().await?;
    let rule = MatchRule::builder().msg_type(message::Type::Signal).sender(NAME).build()?;
    let mut news = MessageStream::for_match_rule(rule, &signals, None).await?;
    let bus = zbus::fdo::DBusProxy::new(&signals).await?;
    let mut owners = bus.receive_name_owner_changed_with_args(&[(0, NAME)]).await?;
    loop {
        // Who is not there has no calls; to ask would start it, and that is not ours to do.
        let is_there = bus.name_has_owner(NAME.try_into()?).await?;
        let now = if is_there { all(&calls).await.unwrap_or_default() } else { Vec::new() };
        tell_of(told, now);
        loop {
            tokio::select! {
                message = news.next() => match message {
                    Some(Ok(message)) if is_telling(message.header().interface()) => break,
                    Some(_) => {}
                    None => return Ok(()),
                },
                owner = owners.next() => match owner {
                    Some(_) => break,
                    None => return Ok(()),
                },
                () = told.closed() => return Ok(()),
            }
        }
    }
}

fn is_telling(interface: Option<&InterfaceName<'_>>) -> bool {
    interface.is_some_and(|interface| TELLING.contains(&interface.as_str()))
}

fn tell_of(told: &watch::Sender<Vec<HandsFree>>, now: Vec<HandsFree>) {
    told.send_if_modified(|before| {
        let is_other = *before != now;
        *before = now;
        is_other
    });
}

/// Every call of every phone.
async fn all(bus: &Connection) -> zbus::Result<Vec<HandsFree>> {
    let modems: Listed = proxy(bus, "/", "org.ofono.Manager").await?.call("GetModems", &()).await?;
    let mut calls = Vec::new();
    for (path, modem) in modems.into_iter().take(MODEMS) {
        if !texts(&modem, "Interfaces").iter().any(|interface| interface == CALLS) {
            continue;
        }
        // A phone that goes in this moment has none.
        let Ok(manager) = proxy(bus, path.as_str(), CALLS).await else { continue };
        let Ok(listed) = manager.call::<_, _, Listed>("GetCalls", &()).await else { continue };
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
