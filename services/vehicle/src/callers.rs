//! How many calls of one caller may be on their way: a program that floods the service is refused, and whoever else asks waits behind a handful of its calls.
//!
//! A caller may have one call on its way as often as it likes, [`MAX_CALLS`] at a time, and [`MAX_ALONGSIDE`] a second beside another one, over all interfaces together.
//! zbus starts a task for every call and has no bound for them, so each interface is served through [`Bounded`], which counts before anything is kept. A refusal is one
//! message and a wish that is done a handful, to everybody: the bus itself is what a flood of them keeps busy, so few of those who do not wait are done.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use tandem_contracts::connect::{MAX_ALONGSIDE, MAX_CALLS};
use tokio::time::Instant;
use tracing::warn;
use zbus::message::{Flags, Header};
use zbus::names::{InterfaceName, MemberName};
use zbus::object_server::{DispatchResult, Interface, SignalEmitter};
use zbus::{BoxDBusError, Connection, Message, ObjectServer, OwnedVariant, Variant, fdo};

use crate::seldom::Seldom;

/// How long [`MAX_ALONGSIDE`] is counted.
const SECOND: Duration = Duration::from_secs(1);
/// So many callers are remembered before those who have nothing on its way are looked through.
const MANY: usize = 256;
/// Neither counted nor refused, for without it a subscription ends and a recording stands still. Nothing is kept of it either: what comes behind it waits until it is done.
const ACKNOWLEDGE: &str = "Acknowledge";

/// Who has calls on their way, over all interfaces of the service.
#[derive(Clone, Default)]
pub struct Callers(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    /// By unique name.
    callers: HashMap<String, Caller>,
    refused: Seldom,
}

struct Caller {
    on_their_way: usize,
    /// Came beside another one, in the second that began then.
    alongside: u32,
    since: Instant,
    /// Since the last line of the log.
    refused: u64,
}

/// One call on its way.
struct Turn {
    callers: Callers,
    caller: String,
}

impl Callers {
    /// None if this caller may not have one more on its way now.
    fn admit(&self, caller: &str, now: Instant) -> Option<Turn> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |since| now.saturating_duration_since(since) >= SECOND;
        if waiting.callers.len() >= MANY {
            waiting.callers.retain(|_, one| one.on_their_way > 0 || !is_over(one.since));
        }
        let new = || Caller { on_their_way: 0, alongside: 0, since: now, refused: 0 };
        let one = waiting.callers.entry(caller.to_owned()).or_insert_with(new);
        if is_over(one.since) {
            (one.alongside, one.since) = (0, now);
        }
        let alongside = one.on_their_way > 0;
        if !alongside || (one.on_their_way < MAX_CALLS && one.alongside < MAX_ALONGSIDE) {
            one.on_their_way += 1;
            one.alongside += u32::from(alongside);
            return Some(Turn { callers: self.clone(), caller: caller.to_owned() });
        }
        one.refused += 1;
        if let Some((caller, most, times)) = waiting.worst(now) {
            warn!(
                caller,
                most, times, "calls were refused, most of them this caller's: it does not wait for its answers"
            );
        }
        None
    }
}

impl Waiting {
    /// After a refusal, if it is time for a line: who was refused most since the last one, how often, and how often all were.
    fn worst(&mut self, now: Instant) -> Option<(String, u64, u64)> {
        let times = self.refused.happened(now)?;
        let (caller, most) = self.callers.iter().max_by_key(|(_, one)| one.refused)?;
        let told = (caller.clone(), most.refused, times);
        self.callers.values_mut().for_each(|one| one.refused = 0);
        Some(told)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut waiting = self.callers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = waiting.callers.get_mut(&self.caller) {
            one.on_their_way -= 1;
        }
    }
}

/// An interface whose calls are counted, and done in their order as far as they need not wait. Its methods take `&self`.
pub struct Bounded<I> {
    interface: Arc<I>,
    callers: Callers,
}

impl<I: Interface> Bounded<I> {
    pub fn new(interface: I, callers: &Callers) -> Self {
        Self { interface: Arc::new(interface), callers: callers.clone() }
    }
}

/// Lets the interface answer, as zbus's own task for a call would.
async fn answer<I: Interface>(interface: Arc<I>, connection: Connection, call: Message) {
    let header = call.header();
    let Some(member) = header.member() else { return };
    let answered = match interface.call(connection.object_server(), &connection, &call, member.clone()) {
        DispatchResult::Async(answer) => answer.await,
        DispatchResult::NotFound | DispatchResult::RequiresMut => {
            Err(fdo::Error::UnknownMethod(format!("Unknown method '{member}'")).into())
        }
    };
    if let Err(refusal) = answered {
        // A bus that is gone ends the service elsewhere.
        let _ = connection.reply_dbus_error(&header, refusal).await;
    }
}

#[async_trait]
impl<I: Interface> Interface for Bounded<I> {
    fn name() -> InterfaceName<'static> {
        I::name()
    }

    fn spawn_tasks_for_methods(&self) -> bool {
        false
    }

    async fn get(
        &self,
        property: &str,
        server: &ObjectServer,
        connection: &Connection,
        header: Option<&Header<'_>>,
        emitter: &SignalEmitter<'_>,
    ) -> Option<Result<OwnedVariant, BoxDBusError>> {
        self.interface.get(property, server, connection, header, emitter).await
    }

    async fn get_all(
        &self,
        server: &ObjectServer,
        connection: &Connection,
        header: Option<&Header<'_>>,
        emitter: &SignalEmitter<'_>,
    ) -> fdo::Result<HashMap<String, OwnedVariant>> {
        self.interface.get_all(server, connection, header, emitter).await
    }

    fn set<'call>(
        &'call self,
        property: &'call str,
        value: &'call Variant<'_>,
        server: &'call ObjectServer,
        connection: &'call Connection,
        header: Option<&'call Header<'_>>,
        emitter: &'call SignalEmitter<'_>,
    ) -> DispatchResult<'call> {
        self.interface.set(property, value, server, connection, header, emitter)
    }

    async fn set_mut(
        &mut self,
        _: &str,
        _: &Variant<'_>,
        _: &ObjectServer,
        _: &Connection,
        _: Option<&Header<'_>>,
        _: &SignalEmitter<'_>,
    ) -> Option<Result<(), BoxDBusError>> {
        None
    }

    fn call<'call>(
        &'call self,
        _: &'call ObjectServer,
        connection: &'call Connection,
        call: &'call Message,
        _: MemberName<'call>,
    ) -> DispatchResult<'call> {
        let header = call.header();
        if header.member().is_some_and(|member| member == ACKNOWLEDGE) {
            let done = answer(Arc::clone(&self.interface), connection.clone(), call.clone());
            return DispatchResult::Async(Box::pin(done.map(Ok)));
        }
        let caller = header.sender().map_or("", |sender| sender.as_str());
        let Some(turn) = self.callers.admit(caller, Instant::now()) else {
            return DispatchResult::Async(Box::pin(async move {
                if call.header().primary().flags().contains(Flags::NO_REPLY_EXPECTED) {
                    return Ok(());
                }
                let why =
                    "too many calls of yours are on their way: wait for their answers, then call again".to_owned();
                Err(fdo::Error::LimitsExceeded(why).into())
            }));
        };
        let answered = answer(Arc::clone(&self.interface), connection.clone(), call.clone());
        let mut answered = Box::pin(async move {
            answered.await;
            drop(turn);
        });
        DispatchResult::Async(Box::pin(async move {
            // At once if it can be; what has to wait does so by itself, behind the calls that came before it.
            if answered.as_mut().now_or_never().is_none() {
                tokio::spawn(answered);
            }
            Ok(())
        }))
    }

    fn call_mut<'call>(
        &'call mut self,
        _: &'call ObjectServer,
        _: &'call Connection,
        _: &'call Message,
        _: MemberName<'call>,
    ) -> DispatchResult<'call> {
        DispatchResult::NotFound
    }

    fn introspect_to_writer(&self, writer: &mut dyn Write, level: usize) {
        self.interface.introspect_to_writer(writer, level);
    }
}

pub mod standard;

#[cfg(test)]
mod tests;
