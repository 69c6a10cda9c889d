//! The server's side of MPRIS, for every player that Tandem offers: properties from a table, methods from a list, errors by the D-Bus specification.
//! zbus's `#[interface]` would signal a property at once after its `Set`, from a snapshot that does not have it yet, and call a read-only property unknown.

use std::collections::HashMap;
use std::fmt::Write;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use zbus::message::{Header, Message};
use zbus::names::{BusName, InterfaceName, MemberName};
use zbus::object_server::{DispatchResult, Interface, SignalEmitter};
use zbus::{BoxDBusError, Connection, ObjectServer, OwnedVariant, Variant, fdo};

use super::PATH;

/// `Set` answers when the property is as wished, or after this time: a player may refuse.
const SETTLED_AFTER: Duration = Duration::from_millis(500);

/// The methods and signals of `org.mpris.MediaPlayer2`, as introspection data.
pub const ROOT_MEMBERS: &str = "  <method name=\"Raise\"/>\n  <method name=\"Quit\"/>\n";

/// Those of `org.mpris.MediaPlayer2.Player`.
pub const PLAYER_MEMBERS: &str = r#"  <method name="Next"/>
  <method name="Previous"/>
  <method name="Pause"/>
  <method name="PlayPause"/>
  <method name="Stop"/>
  <method name="Play"/>
  <method name="Seek">
    <arg name="Offset" type="x" direction="in"/>
  </method>
  <method name="SetPosition">
    <arg name="TrackId" type="o" direction="in"/>
    <arg name="Position" type="x" direction="in"/>
  </method>
  <method name="OpenUri">
    <arg name="Uri" type="s" direction="in"/>
  </method>
  <signal name="Seeked">
    <arg name="Position" type="x"/>
  </signal>
"#;

/// A player behind a face.
pub trait Source: Clone + Send + Sync + 'static {
    /// Everything that is to be seen of it, as of one moment.
    type Snapshot: Send + Sync + 'static;
    /// What it may be asked for.
    type Request: Send + 'static;

    /// The newest of it.
    fn snapshot(&self) -> watch::Receiver<Arc<Self::Snapshot>>;

    /// Sends a request in the order of its call; the bus never waits for the player.
    ///
    /// # Errors
    /// Too much was asked at once, or the player is ending.
    fn ask(&self, request: Self::Request) -> fdo::Result<()>;
}

type Granted<S> = Box<dyn Fn(&<S as Source>::Snapshot) -> bool + Send + Sync>;

/// What a client wants to be, and when it is so.
pub struct Wish<S: Source> {
    pub request: S::Request,
    pub granted: Granted<S>,
}

pub type Set<S> = fn(&Variant<'_>) -> fdo::Result<Wish<S>>;

pub struct Property<S: Source> {
    pub name: &'static str,
    /// D-Bus's own notation.
    pub signature: &'static str,
    pub read: fn(&S::Snapshot) -> Variant<'static>,
    pub set: Option<Set<S>>,
    /// False for what changes without a signal, or never.
    pub told: bool,
}

impl<S: Source> Property<S> {
    /// One that is told and cannot be set.
    pub const fn fact(name: &'static str, signature: &'static str, read: fn(&S::Snapshot) -> Variant<'static>) -> Self {
        Self { name, signature, read, set: None, told: true }
    }
}

/// How a method ended, or how it goes on.
pub enum Called {
    Done(fdo::Result<()>),
    /// It waits for the player; other calls do not wait for it.
    Later(Box<dyn Future<Output = fdo::Result<()>> + Send + Unpin>),
}

/// An interface by its table.
pub trait Face: Send + Sync + 'static {
    type Source: Source;
    const NAME: &'static str;
    /// Introspection data of the methods and signals.
    const MEMBERS: &'static str;
    const PROPERTIES: &'static [Property<Self::Source>];

    /// Calls a method; `None` if there is none of this name.
    fn call(source: &Self::Source, method: &str, message: &Message) -> Option<Called>;
}

type SnapshotOf<F> = <<F as Face>::Source as Source>::Snapshot;

/// Every property of a face that is told.
pub fn everything<F: Face>(snapshot: &SnapshotOf<F>) -> HashMap<&'static str, Variant<'static>> {
    let told = F::PROPERTIES.iter().filter(|property| property.told);
    told.map(|property| (property.name, (property.read)(snapshot))).collect()
}

/// Those that are not what they were.
pub fn difference<F: Face>(before: &SnapshotOf<F>, now: &SnapshotOf<F>) -> HashMap<&'static str, Variant<'static>> {
    let before = everything::<F>(before);
    let mut changed = everything::<F>(now);
    changed.retain(|name, value| before.get(name) != Some(value));
    changed
}

/// Tells properties of a face in one signal, if there are any.
///
/// # Errors
/// The bus is gone.
pub async fn tell_changed<F: Face>(
    connection: &Connection,
    changed: HashMap<&'static str, Variant<'static>>,
) -> zbus::Result<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let nothing_invalidated: [&str; 0] = [];
    let body = (F::NAME, changed, nothing_invalidated.as_slice());
    connection
        .emit_signal(None::<BusName<'_>>, PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged", &body)
        .await
}

/// Tells that playback jumped to a position, microseconds.
///
/// # Errors
/// The bus is gone.
pub async fn tell_seeked<F: Face>(connection: &Connection, micros: i64) -> zbus::Result<()> {
    connection.emit_signal(None::<BusName<'_>>, PATH, F::NAME, "Seeked", &(micros,)).await
}

/// A face as zbus serves it.
pub struct Served<F: Face> {
    source: F::Source,
    face: PhantomData<F>,
}

impl<F: Face> Served<F> {
    pub fn new(source: &F::Source) -> Self {
        Self { source: source.clone(), face: PhantomData }
    }

    async fn grant(&self, wish: fdo::Result<Wish<F::Source>>) -> Result<(), BoxDBusError> {
        let Wish { request, granted } = wish?;
        self.source.ask(request)?;
        // Whether granted, refused or the player gone: the client reads or hears what became of it.
        let _ = timeout(SETTLED_AFTER, self.source.snapshot().wait_for(|snapshot| granted(snapshot))).await;
        Ok(())
    }
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
        let value = (property.read)(&self.source.snapshot().borrow());
        Some(OwnedVariant::try_from(value).map_err(Into::into))
    }

    async fn get_all(
        &self,
        _: &ObjectServer,
        _: &Connection,
        _: Option<&Header<'_>>,
        _: &SignalEmitter<'_>,
    ) -> fdo::Result<HashMap<String, OwnedVariant>> {
        let snapshot = self.source.snapshot().borrow().clone();
        let read =
            |property: &Property<F::Source>| Ok((property.name.to_owned(), (property.read)(&snapshot).try_into()?));
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
        match F::call(&self.source, name.as_str(), message) {
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
