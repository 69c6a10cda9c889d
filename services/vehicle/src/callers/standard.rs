//! What every object has beside its own interfaces. zbus starts a task for each call of them; so its own are put aside, and the same is served with the bound of all others.

use std::collections::{BTreeMap, BTreeSet};

use zbus::object_server::Interface;
use zbus::{ObjectServer, fdo};

use super::{Bounded, Callers};

const HEAD: &str = r#"<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
<node>
"#;

struct Peer;

#[zbus::interface(name = "org.freedesktop.DBus.Peer", introspection_docs = false)]
impl Peer {
    fn ping(&self) {}

    fn get_machine_id(&self) -> fdo::Result<String> {
        let read = std::fs::read_to_string;
        let id = read("/var/lib/dbus/machine-id").or_else(|_| read("/etc/machine-id"));
        let id = id.map_err(|error| fdo::Error::IOError(format!("/etc/machine-id: {error}")))?;
        Ok(id.trim_end().to_owned())
    }
}

/// The page of one object.
struct Introspectable(String);

#[zbus::interface(name = "org.freedesktop.DBus.Introspectable", introspection_docs = false)]
impl Introspectable {
    fn introspect(&self) -> String {
        self.0.clone()
    }
}

/// Bounds what zbus serves beside these objects and above them. Each path comes with the page of its own interfaces.
///
/// # Errors
/// zbus serves it under other names.
pub async fn bound(server: &ObjectServer, objects: &BTreeMap<&str, String>, callers: &Callers) -> zbus::Result<()> {
    let mut children: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for path in objects.keys() {
        let mut node = *path;
        children.entry(node).or_default();
        while let Some((parent, name)) = node.rsplit_once('/').filter(|(_, name)| !name.is_empty()) {
            node = if parent.is_empty() { "/" } else { parent };
            children.entry(node).or_default().insert(name);
        }
    }
    for (path, children) in children {
        let page = page(objects.get(path).map_or("", String::as_str), &children);
        replace(server, path, Introspectable(page), callers).await?;
        replace(server, path, fdo::Properties, callers).await?;
    }
    // Whatever the path of a call, zbus looks for it here.
    replace(server, "/", Peer, callers).await
}

async fn replace<I: Interface>(server: &ObjectServer, path: &str, interface: I, callers: &Callers) -> zbus::Result<()> {
    server.remove_named(path, I::name()).await?;
    server.at(path, Bounded::new(interface, callers)).await?;
    Ok(())
}

fn page(own: &str, children: &BTreeSet<&str>) -> String {
    let mut page = HEAD.to_owned();
    let standard: [&dyn Interface; 3] = [&Introspectable(String::new()), &Peer, &fdo::Properties];
    for interface in standard {
        interface.introspect_to_writer(&mut page, 2);
    }
    page.push_str(own);
    for child in children {
        page.push_str(&format!("  <node name=\"{child}\"/>\n"));
    }
    page.push_str("</node>\n");
    page
}
