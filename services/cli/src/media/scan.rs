//! Scans, watched until they are done.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use futures_util::StreamExt;
use tandem_contracts::media::{ScanProgress, Source};
use tokio::time::timeout;

use super::{Output, Service, explain, show};
use crate::failure::{Status, set_up};

/// A scan tells ten times a second how it goes; a stick that does not answer takes its time.
const PATIENCE: Duration = Duration::from_secs(60);
/// One source after the other is scanned, and a short scan may not be told of at all: when the latest is over and nothing follows, all of them are.
const QUIET: Duration = Duration::from_secs(2);
const CLEAR: &str = "\r\x1b[K";

pub async fn scan(source: Option<String>, output: Output) -> anyhow::Result<Status> {
    let service = Service::connect().await?;
    let sources = service.media.sources().await.map_err(explain)?;
    let wanted = wanted(&sources, source.as_deref())?;
    if wanted.is_empty() {
        return Err(set_up("there is no folder and no stick to scan: `tandem media add FOLDER`"));
    }
    let listening = Service::listen().await?;
    let mut watch = Watch::new(listening.receive_scan_progressed().await?, wanted);
    service.media.scan(source.unwrap_or_default()).await.map_err(explain)?;
    watch.until_done(&service, output).await
}

pub async fn add(folder: &Path, output: Output) -> anyhow::Result<Status> {
    if !folder.is_dir() {
        return Err(set_up(format!("{} is no folder", folder.display())));
    }
    let folder = folder.canonicalize()?;
    let path = folder.to_str().with_context(|| format!("{} is no text", folder.display()))?;
    let service = Service::connect().await?;
    let listening = Service::listen().await?;
    let told = listening.receive_scan_progressed().await?;
    let source = service.media.add_folder(path.to_owned()).await.map_err(explain)?;
    Watch::new(told, vec![source]).until_done(&service, output).await
}

/// The sources that a scan looks through: those with files, and in the car.
fn wanted(sources: &[Source], chosen: Option<&str>) -> anyhow::Result<Vec<String>> {
    let is_scanned = |source: &&Source| ["local", "usb"].contains(&source.kind.as_str());
    match chosen {
        None => {
            let there = sources.iter().filter(is_scanned).filter(|source| source.available);
            Ok(there.map(|source| source.id.clone()).collect())
        }
        Some(id) => match sources.iter().find(|source| source.id == id) {
            Some(source) if is_scanned(&source) => Ok(vec![source.id.clone()]),
            Some(source) => Err(set_up(format!("{} has no files to scan", source.name))),
            None => Err(set_up(format!("there is no source `{id}`: `tandem media sources` lists them"))),
        },
    }
}

struct Watch<S> {
    told: S,
    /// What is known of each source that is waited for.
    sources: BTreeMap<String, ScanProgress>,
}

impl<S: futures_util::Stream<Item = tandem_contracts::media::ScanProgressed> + Unpin> Watch<S> {
    fn new(told: S, sources: Vec<String>) -> Self {
        let nothing = |source: String| (source.clone(), ScanProgress { source, ..ScanProgress::default() });
        Self { told, sources: sources.into_iter().map(nothing).collect() }
    }

    async fn until_done(&mut self, service: &Service, output: Output) -> anyhow::Result<Status> {
        let line = Line::new(output);
        let mut patience = QUIET;
        while !self.sources.values().all(is_over) {
            let told = match timeout(patience, self.told.next()).await {
                Err(_) if patience == QUIET => {
                    let latest = service.media.scan_progress().await.map_err(explain)?;
                    if is_over(&latest) {
                        break;
                    }
                    patience = PATIENCE;
                    continue;
                }
                told => told.context("the media service says nothing about the scan")?.context("the bus is gone")?,
            };
            let progress = told.args()?.progress;
            line.show(&progress);
            if let Some(known) = self.sources.get_mut(&progress.source) {
                patience = if is_over(&progress) { QUIET } else { PATIENCE };
                *known = progress;
            }
        }
        drop(line);
        for source in service.media.sources().await.map_err(explain)? {
            if let Some(untold) = self.sources.get_mut(&source.id).filter(|progress| !is_over(progress)) {
                untold.state = "done".to_owned();
                untold.found = source.items;
            }
        }
        let over: Vec<&ScanProgress> = self.sources.values().collect();
        output.print(&over, || over.iter().map(|scan| show::progress(scan) + "\n").collect())?;
        Ok(if over.iter().any(|scan| scan.state == "failed") { Status::FAILED } else { Status::OK })
    }
}

fn is_over(progress: &ScanProgress) -> bool {
    ["done", "failed"].contains(&progress.state.as_str())
}

/// A line on the terminal that is drawn over and over, and wiped away at the end.
struct Line(bool);

impl Line {
    fn new(output: Output) -> Self {
        Self(!output.json && io::stderr().is_terminal())
    }

    fn show(&self, progress: &ScanProgress) {
        if self.0 {
            // A terminal that is gone misses nothing.
            let _ = write!(io::stderr(), "{CLEAR}{}", show::plain(&show::progress(progress)));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.0 {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(id: &str, kind: &str, available: bool) -> Source {
        Source { id: id.into(), kind: kind.into(), name: id.to_uppercase(), available, ..Source::default() }
    }

    #[test]
    fn a_scan_waits_for_the_folders_and_sticks_that_are_there() {
        let sources = [
            source("a", "local", true),
            source("b", "usb", false),
            source("c", "radio", true),
            source("d", "usb", true),
        ];
        assert_eq!(wanted(&sources, None).unwrap(), ["a", "d"]);
        assert_eq!(wanted(&sources, Some("b")).unwrap(), ["b"]);
        assert_eq!(wanted(&sources, Some("c")).unwrap_err().to_string(), "C has no files to scan");
        assert!(wanted(&sources, Some("x")).unwrap_err().to_string().contains("there is no source `x`"));
    }
}
