//! Each interface as a stranger on the bus sees it, beside the snapshot that a reviewer sees. A changed contract is a changed file.
//! `TANDEM_UPDATE_SNAPSHOTS=1 cargo nextest run -p tandem-contracts` writes them anew.

#![cfg(test)]

mod peer;

use std::path::Path;

use tandem_contracts::{
    body, bus, calls, charging, climate, media, phones, screen, seats, sessions, signals, simulator,
};
use zbus::Connection;
use zbus::fdo::IntrospectableProxy;

async fn introspect(client: &Connection, path: &str, interface: &str) -> zbus::Result<String> {
    let proxy = IntrospectableProxy::builder(client).destination("org.tandem.Any").path(path).build().await?;
    let xml = proxy.introspect().await?;
    let start = format!("<interface name=\"{interface}\">");
    let inner = xml.split_once(&start).and_then(|(_, rest)| rest.split_once("</interface>"));
    let (inner, _) = inner.unwrap_or_else(|| panic!("{path} does not show {interface}: {xml}"));
    let lines = inner.trim_matches('\n').lines().map(|line| line.strip_prefix("  ").unwrap_or(line).trim_end());
    Ok(format!("{start}\n{}\n</interface>\n", lines.collect::<Vec<_>>().join("\n").trim_end()))
}

#[tokio::test]
async fn every_interface_is_as_its_snapshot_says() {
    let (_service, client) = peer::pair().await.unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let mut changed = Vec::new();
    for (path, interface) in [
        (signals::PATH, signals::NAME),
        (bus::PATH, bus::NAME),
        (climate::PATH, climate::NAME),
        (body::PATH, body::NAME),
        (seats::PATH, seats::NAME),
        (charging::PATH, charging::NAME),
        (simulator::PATH, simulator::NAME),
        (tandem_contracts::driving::PATH, tandem_contracts::driving::NAME),
        (tandem_contracts::input::PATH, tandem_contracts::input::NAME),
        (screen::PATH, "org.tandem.Screen1"),
        (media::PATH, media::NAME),
        (sessions::PATH, sessions::NAME),
        (phones::PATH, phones::NAME),
        (calls::PATH, calls::NAME),
        (tandem_contracts::settings::PATH, tandem_contracts::settings::NAME),
        (tandem_contracts::camera::PATH, tandem_contracts::camera::NAME),
        (tandem_contracts::health::PATH, tandem_contracts::health::NAME),
        (tandem_contracts::part::PATH, "org.tandem.Part1"),
    ] {
        let shown = introspect(&client, path, interface).await.unwrap();
        assert!(!shown.contains("access=\"readwrite\""), "{interface}: wishes are methods");
        let file = folder.join(format!("{interface}.xml"));
        if std::env::var_os("TANDEM_UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&file, &shown).unwrap();
        }
        if std::fs::read_to_string(&file).unwrap_or_default() != shown {
            changed.push(shown);
        }
    }
    assert!(changed.is_empty(), "contracts that differ from their snapshots:\n{}", changed.join("\n"));
}
