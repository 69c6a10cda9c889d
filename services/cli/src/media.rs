mod lists;
mod scan;
mod show;
mod transport;
mod what;

use std::path::PathBuf;

use clap::Subcommand;
use tandem_contracts::media::Media1Proxy;
use tandem_contracts::mpris::{NAME, PlayerProxy};
use zbus::proxy::CacheProperties;

use crate::client::{self, CallError};
use crate::failure::{SetUp, Status, set_up};
use crate::output::Output;

/// Plays music, and asks what there is to play.
///
/// WHAT is a text to be searched for, the id of an item as `search` and `list` print it, a file, or the address of a stream.
#[derive(Subcommand)]
pub enum Media {
    /// Plays WHAT, else what the queue has; prints what plays once it does. Status 1 if it does not.
    Play {
        what: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Pauses.
    Pause(Output),
    /// Pauses if it plays, plays if it does not.
    Toggle(Output),
    /// Plays the next entry of the queue.
    Next(Output),
    /// Plays the entry before, or this one from its start.
    Previous(Output),
    /// Stops.
    Stop(Output),
    /// Goes to a position: 90, 1:30 or 1:02:03 from the start, 50%, or +10 and -10 seconds from here.
    Seek {
        #[arg(allow_hyphen_values = true)]
        position: transport::Target,
        #[command(flatten)]
        output: Output,
    },
    /// What plays, from where, how far it is, and what the library does.
    Status(Output),
    /// What is to be played, the entry that plays marked.
    Queue(lists::Range),
    /// Puts WHAT at the end of the queue.
    Enqueue {
        what: String,
        /// Behind the entry that plays, not at the end.
        #[arg(long)]
        next: bool,
    },
    /// What a text finds, best first: words or their beginnings in any order, Chinese by any part or its pinyin's initials.
    Search {
        text: String,
        /// So many at most.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        #[command(flatten)]
        output: Output,
    },
    /// The rows of a view: artists, albums, genres, folders, tracks, playlists, recent, stations, podcasts, players.
    List {
        view: String,
        /// Only what lies in the item, or the source, of this id.
        parent: Option<String>,
        #[command(flatten)]
        range: lists::Range,
    },
    /// Where things to play come from: folders, sticks, radio, podcasts, other players.
    Sources(Output),
    /// The cameras of the car, and how they are.
    Cameras(Output),
    /// Looks for what is new in a source, or in all of them, and shows how far it is until it is done.
    Scan {
        /// The id of a source, as `sources` prints it.
        source: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Takes a folder into the library and scans it.
    Add {
        folder: PathBuf,
        #[command(flatten)]
        output: Output,
    },
    /// Takes in a list: podcasts from OPML; radio stations from radio-browser's JSON, M3U, PLS or XSPF. `-` reads standard input.
    Import {
        file: PathBuf,
        #[command(flatten)]
        output: Output,
    },
    #[command(subcommand)]
    Podcast(lists::Podcast),
    /// Forgets a source, a station, a podcast, or an episode's file. Music files stay.
    Forget { id: String },
    /// Evens the loudness of tracks, of albums, or not at all.
    Gain {
        #[arg(value_parser = ["off", "track", "album"])]
        mode: String,
    },
}

impl Media {
    pub async fn run(self) -> anyhow::Result<Status> {
        use transport::Order;
        match self {
            Self::Play { what, output } => transport::play(what.as_deref(), output).await,
            Self::Pause(output) => transport::order(Order::Pause, output).await,
            Self::Toggle(output) => transport::order(Order::Toggle, output).await,
            Self::Next(output) => transport::order(Order::Next, output).await,
            Self::Previous(output) => transport::order(Order::Previous, output).await,
            Self::Stop(output) => transport::order(Order::Stop, output).await,
            Self::Seek { position, output } => transport::seek(position, output).await,
            Self::Status(output) => {
                let media = Service::connect().await?;
                let told = media.told().await?;
                output.print(&told, || show::status(&told))?;
                Ok(Status::OK)
            }
            Self::Queue(range) => lists::queue(range).await,
            Self::Enqueue { what, next } => lists::enqueue(&what, next).await,
            Self::Search { text, limit, output } => lists::search(&text, limit, output).await,
            Self::List { view, parent, range } => lists::list(view, parent.unwrap_or_default(), range).await,
            Self::Sources(output) => lists::sources(output).await,
            Self::Cameras(output) => lists::cameras(output).await,
            Self::Scan { source, output } => scan::scan(source, output).await,
            Self::Add { folder, output } => scan::add(&folder, output).await,
            Self::Import { file, output } => lists::import(&file, output).await,
            Self::Podcast(podcast) => podcast.run().await,
            Self::Forget { id } => lists::forget(id).await,
            Self::Gain { mode } => {
                Service::connect().await?.media.set_replay_gain(mode).await.map_err(explain)?;
                Ok(Status::OK)
            }
        }
    }
}

/// The media service, by both of its interfaces.
struct Service {
    media: Media1Proxy<'static>,
    player: PlayerProxy<'static>,
}

impl Service {
    /// # Errors
    /// There is no bus.
    async fn connect() -> anyhow::Result<Self> {
        let connection = client::connect().await?;
        let media = Media1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
        let player =
            PlayerProxy::builder(&connection).destination(NAME).cache_properties(CacheProperties::No).build().await?;
        Ok(Self { media, player })
    }

    /// A Media1 on a connection of its own, for its signals: unread ones would block the calls behind them.
    async fn listen() -> anyhow::Result<Media1Proxy<'static>> {
        let connection = client::connect().await?;
        Ok(Media1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?)
    }

    /// Everything that `status` tells.
    async fn told(&self) -> anyhow::Result<show::Told> {
        let now = self.media.now().await.map_err(explain)?;
        let queue = self.media.queue(0, 0).await.map_err(explain)?;
        let metadata = self.player.metadata().await.map_err(explain)?;
        Ok(show::Told {
            position_us: if now.state == "stopped" { 0 } else { self.player.position().await.map_err(explain)? },
            length_us: show::length(&metadata, &now),
            title: show::word(&metadata, "xesam:title").unwrap_or_else(|| now.item.title.clone()),
            artist: show::artists(&metadata).unwrap_or_else(|| now.item.artist.clone()),
            album: show::word(&metadata, "xesam:album").unwrap_or_else(|| now.item.album.clone()),
            rate: self.player.rate().await.map_err(explain)?,
            volume: self.player.volume().await.map_err(explain)?,
            shuffle: self.player.shuffle().await.map_err(explain)?,
            repeat: self.player.loop_status().await.map_err(explain)?.to_lowercase(),
            replay_gain: self.media.replay_gain().await.map_err(explain)?,
            place: u32::try_from(queue.current).ok(),
            entries: queue.total,
            scan: self.media.scan_progress().await.map_err(explain)?,
            now,
        })
    }
}

/// As [`client::explain`]; a player that is not there is the media service's.
fn explain(error: impl CallError) -> anyhow::Error {
    let error = client::explain(error);
    if error.downcast_ref::<SetUp>().is_some() { set_up(client::absent("media service", client::MEDIA)) } else { error }
}
