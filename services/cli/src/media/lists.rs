//! Rows of the library, the queue and the sources, and what is taken into them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use tandem_contracts::camera::Camera1Proxy;
use tandem_contracts::media::{MAX_IMPORT, MAX_ROWS};
use zbus::proxy::CacheProperties;

use super::what::What;
use super::{Output, Service, explain, show};
use crate::client;
use crate::failure::{Status, set_up};
use crate::say::say;

/// Which rows are printed, and how.
#[derive(Args, Clone, Copy, Debug)]
pub struct Range {
    /// The first row, from 0.
    #[arg(long, default_value_t = 0)]
    offset: u32,
    /// So many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_ROWS)))]
    limit: u32,
    #[command(flatten)]
    output: Output,
}

/// Subscribes to podcasts, and fetches what is new.
#[derive(Subcommand)]
pub enum Podcast {
    /// Subscribes to the podcast at an http or https address.
    Subscribe { url: String },
    /// Asks all podcasts for new episodes; they come while this has ended already.
    Refresh,
    /// The podcasts, or the episodes of one.
    List {
        /// The id of a podcast.
        podcast: Option<String>,
        #[command(flatten)]
        range: Range,
    },
    /// Fetches an episode, to be played without a network.
    Download { id: String },
}

impl Podcast {
    pub async fn run(self) -> anyhow::Result<Status> {
        match self {
            Self::List { podcast, range } => {
                return list("podcasts".to_owned(), podcast.unwrap_or_default(), range).await;
            }
            Self::Subscribe { url } => {
                let id = Service::connect().await?.media.subscribe_podcast(url).await.map_err(explain)?;
                say(&id);
            }
            Self::Refresh => Service::connect().await?.media.refresh_podcasts().await.map_err(explain)?,
            Self::Download { id } => Service::connect().await?.media.download(id).await.map_err(explain)?,
        }
        Ok(Status::OK)
    }
}

pub async fn queue(Range { offset, limit, output }: Range) -> anyhow::Result<Status> {
    let queue = Service::connect().await?.media.queue(offset, limit).await.map_err(explain)?;
    output.print(&queue, || show::queue(&queue))?;
    Ok(Status::OK)
}

pub async fn list(view: String, parent: String, Range { offset, limit, output }: Range) -> anyhow::Result<Status> {
    let page = Service::connect().await?.media.page(view, parent, offset, limit).await.map_err(explain)?;
    output.print(&page, || show::page(&page))?;
    Ok(Status::OK)
}

/// Nothing found is status 1, as with grep.
pub async fn search(text: &str, limit: u32, output: Output) -> anyhow::Result<Status> {
    let found = Service::connect().await?.media.search(text.to_owned(), limit).await.map_err(explain)?;
    output.print(&found, || show::items(&found))?;
    Ok(if found.is_empty() { Status::FAILED } else { Status::OK })
}

pub async fn sources(output: Output) -> anyhow::Result<Status> {
    let sources = Service::connect().await?.media.sources().await.map_err(explain)?;
    output.print(&sources, || show::sources(&sources))?;
    Ok(Status::OK)
}

pub async fn cameras(output: Output) -> anyhow::Result<Status> {
    let connection = client::connect().await?;
    let cameras = Camera1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
    let cameras = cameras.list().await.map_err(explain)?;
    output.print(&cameras, || show::cameras(&cameras))?;
    Ok(Status::OK)
}

pub async fn enqueue(what: &str, next: bool) -> anyhow::Result<Status> {
    let what = What::of(what)?;
    let service = Service::connect().await?;
    let id = match what {
        What::Id(id) | What::Address(id) => id,
        What::Text(text) => {
            let item = What::item(&text, &service).await?;
            say(&show::plain(&item.title));
            item.id
        }
    };
    let place = if next { "next" } else { "last" };
    service.media.enqueue(id, place.to_owned()).await.map_err(explain)?;
    Ok(Status::OK)
}

pub async fn import(file: &Path, output: Output) -> anyhow::Result<Status> {
    let text = read(file)?;
    let service = Service::connect().await?;
    let imported = if is_opml(&text) {
        service.media.import_subscriptions(text).await.map_err(explain)?
    } else {
        service.media.import_stations(text).await.map_err(explain)?
    };
    output.print(&imported, || show::imported(&imported))?;
    Ok(if imported.added + imported.known == 0 { Status::FAILED } else { Status::OK })
}

/// A list's text; what is no UTF-8 in it is replaced, for old playlists are written in anything.
fn read(file: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let limit = MAX_IMPORT as u64 + 1;
    let name = file.display();
    if file == Path::new("-") {
        std::io::stdin().take(limit).read_to_end(&mut bytes).context("standard input")?;
    } else {
        let file = File::open(file).map_err(|error| set_up(format!("cannot read {name}: {error}")))?;
        file.take(limit).read_to_end(&mut bytes).with_context(|| format!("cannot read {name}"))?;
    }
    ensure!(bytes.len() <= MAX_IMPORT, "{name} is larger than a list may be: {} MiB", MAX_IMPORT >> 20);
    ensure!(!bytes.contains(&0), "{name} is no list: it has bytes that no text has");
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// OPML says so in its first element; what stands before it is a declaration and comments.
fn is_opml(text: &str) -> bool {
    let head: String = text.chars().take(4096).collect();
    head.to_lowercase().contains("<opml")
}

pub async fn forget(id: String) -> anyhow::Result<Status> {
    let service = Service::connect().await?;
    let sources = service.media.sources().await.map_err(explain)?;
    if sources.iter().any(|source| source.id == id) {
        service.media.forget_source(id).await.map_err(explain)?;
    } else {
        service.media.forget(id).await.map_err(explain)?;
    }
    Ok(Status::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opml_is_known_by_its_first_element() {
        assert!(is_opml("<?xml version=\"1.0\"?>\n<!-- mine -->\n<OPML version=\"2.0\">"));
        assert!(!is_opml("[{\"name\": \"Radio\", \"url\": \"http://radio.example/\"}]"));
        assert!(!is_opml("#EXTM3U\nhttp://radio.example/\n"));
    }

    #[test]
    fn a_list_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("old.m3u");
        std::fs::write(&file, b"#EXTM3U\nGr\xfc\xdfe.mp3\n").unwrap();
        assert_eq!(read(&file).unwrap(), "#EXTM3U\nGr\u{fffd}\u{fffd}e.mp3\n");
        File::create(&file).unwrap().set_len(MAX_IMPORT as u64 + 1).unwrap();
        assert!(read(&file).unwrap_err().to_string().ends_with("larger than a list may be: 8 MiB"));
        assert!(read(&folder.path().join("none")).unwrap_err().to_string().starts_with("cannot read "));
    }
}
