//! What both interfaces share: properties from a table, methods from a list, errors by the D-Bus specification.
//! zbus's `#[interface]` would signal a property at once after its `Set`, from a snapshot that does not have it yet, and call a read-only property unknown.

use std::collections::HashMap;
use std::fmt::Write;
use std::marker::PhantomData;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::time::timeout;
use zbus::message::{Header, Message};
use zbus::names::{InterfaceName, MemberName};
use zbus::object_server::{DispatchResult, Interface, SignalEmitter};
use zbus::{BoxDBusError, Connection, ObjectServer, OwnedVariant, Variant, fdo};

use crate::state::{Handle, Request, Snapshot};

/// `Set` answers when the property is as wished, or after this time: a core may refuse.
const SETTLED_AFTER: Duration = Duration::from_millis(500);

/// What a client wants to be, and when it is so.
pub struct Wish {
    pub request: Request,
    pub granted: Box<dyn Fn(&Snapshot) -> bool + Send + Sync>,
}

pub type Set = fn(&Variant<'_>) -> Result<Wish, fdo::Error>;

pub struct Property {
    pub name: &'static str,
    /// D-Bus's own notation.
    pub signature: &'static str,
    pub read: fn(&Snapshot) -> Variant<'static>,
    pub set: Option<Set>,
    /// False for what changes without a signal, or never.
    pub told: bool,
}

/// How a method ended, or how it goes on.
pub enum Called {
    Done(fdo::Result<()>),
    /// It waits for the core; other calls do not wait for it.
    Later(Box<dyn Future<Output = fdo::Result<()>> + Send + Unpin>),
}

/// An interface by its table.
pub trait Face: Send + Sync + 'static {
    const NAME: &'static str;
    /// Introspection data of the methods and signals.
    const MEMBERS: &'static str;
    const PROPERTIES: &'static [Property];

    /// Calls a method; `None` if there is none of this name.
    fn call(handle: &Handle, method: &str, message: &Message) -> Option<Called>;
}

/// A face as zbus serves it.
pub struct Served<F> {
    handle: Handle,
    face: PhantomData<F>,
}

impl<F: Face> Served<F> {
    pub fn new(handle: &Handle) -> Self {
        Self { handle: handle.clone(), face: PhantomData }
    }

    async fn grant(&self, wish: fdo::Result<Wish>) -> Result<(), BoxDBusError> {
        let Wish { request, granted } = wish?;
        ask(&self.handle, request)?;
        // Whether granted, refused or the core gone: the client reads or hears what became of it.
        let _ = timeout(SETTLED_AFTER, self.handle.snapshot.clone().wait_for(|snapshot| granted(snapshot))).await;
        Ok(())
    }
}

/// Sends a request in the order of its call; the bus never waits for the core.
pub fn ask(handle: &Handle, request: Request) -> fdo::Result<()> {
    handle.requests.try_send(request).map_err(|error| match error {
        TrySendError::Full(_) => fdo::Error::LimitsExceeded("too much is asked of the player at once".into()),
        TrySendError::Closed(_) => fdo::Error::Failed("the player is ending".into()),
    })
}

#[zbus::export::async_trait::async_trait]
impl<F: Face> Interface for Served<F> {
    fn name() -> InterfaceName<'static> {
        InterfaceName::from_static_str_unchecked(F::NAME)
    }

    /// Calls are served in their order: play and then pause is not pause and then play.
    fn spawn_tasks_for_methods(&self) -> bool {
        false
    }

    async fn get(
        &self,
        name: &str,
        _: &ObjectServer,
        _: &Connection,
        _: Option<&Header<'_>>,
        _: &SignalEmitter<'_>,
    ) -> Option<Result<OwnedVariant, BoxDBusError>> {
        let property = F::PROPERTIES.iter().find(|property| property.name == name)?;
        let value = (property.read)(&self.handle.snapshot.borrow());
        Some(OwnedVariant::try_from(value).map_err(Into::into))
    }

    async fn get_all(
        &self,
        _: &ObjectServer,
        _: &Connection,
        _: Option<&Header<'_>>,
        _: &SignalEmitter<'_>,
    ) -> fdo::Result<HashMap<String, OwnedVariant>> {
        let snapshot = self.handle.snapshot.borrow().clone();
        let read = |property: &Property| Ok((property.name.to_owned(), (property.read)(&snapshot).try_into()?));
        F::PROPERTIES.iter().map(read).collect()
    }

    fn set<'call>(
        &'call self,
        name: &'call str,
        value: &'call Variant<'_>,
        _: &'call ObjectServer,
        _: &'call Connection,
        _: Option<&'call Header<'_>>,
        _: &'call SignalEmitter<'_>,
    ) -> DispatchResult<'call> {
        let Some(property) = F::PROPERTIES.iter().find(|property| property.name == name) else {
            return DispatchResult::NotFound;
        };
        let wish = match property.set {
            Some(set) => set(value),
            None => Err(fdo::Error::PropertyReadOnly(format!("{name} is read-only"))),
        };
        DispatchResult::Async(Box::pin(self.grant(wish)))
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
        message: &'call Message,
        name: MemberName<'call>,
    ) -> DispatchResult<'call> {
        match F::call(&self.handle, name.as_str(), message) {
            None => DispatchResult::NotFound,
            Some(Called::Done(result)) => DispatchResult::new_async(connection, message, std::future::ready(result)),
            Some(Called::Later(work)) => {
                let (connection, message) = (connection.clone(), message.clone());
                tokio::spawn(async move {
                    let header = message.header();
                    // A client that went before its answer is no error.
                    let _ = match work.await {
                        Ok(()) => connection.reply(&header, &()).await,
                        Err(error) => connection.reply_dbus_error(&header, error).await,
                    };
                });
                DispatchResult::Async(Box::pin(std::future::ready(Ok(()))))
            }
        }
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
        // Writing into a string does not fail.
        let _ = writer.write_str(&introspection::<F>(level));
    }
}

fn introspection<F: Face>(level: usize) -> String {
    let mut xml = format!("<interface name=\"{}\">\n{}", F::NAME, F::MEMBERS);
    for Property { name, signature, set, told, .. } in F::PROPERTIES {
        let access = if set.is_some() { "readwrite" } else { "read" };
        let open = format!("  <property name=\"{name}\" type=\"{signature}\" access=\"{access}\"");
        xml.push_str(&open);
        xml.push_str(if *told {
            "/>\n"
        } else {
            ">\n    <annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"false\"/>\n  </property>\n"
        });
    }
    xml.push_str("</interface>\n");
    xml.lines().map(|line| format!("{:level$}{line}\n", "")).collect()
}
