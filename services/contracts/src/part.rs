//! `org.tandem.Part1`: what every process of Tandem says of itself, at each connection that owns a name. Whoever has a name by [`crate::connect::own`] serves it.

pub const PATH: &str = "/org/tandem/Part1";

/// The object that serves the interface: there is nothing behind it but the program itself.
pub struct Part1;

#[zbus::interface(name = "org.tandem.Part1", proxy(default_path = "/org/tandem/Part1", visibility = "pub"))]
impl Part1 {
    /// Of the program that runs, which may be another one than lies on the disk by now: `0.1.0`.
    #[zbus(property(emits_changed_signal = "const"))]
    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }
}
