//! From a screen's wish to a call, and what is said if it fails.

use tandem_contracts::media::{Media1Proxy, MediaError};
use tandem_contracts::mpris::{self, PlayerProxy};
use tokio::sync::mpsc;
use zbus::Connection;
use zbus::proxy::CacheProperties;

use super::{Cause, Denied, List, Media, MediaCommand, PAGE_ROWS, Part, Row, Rows};
use crate::line::each;
use crate::mailbox::Mailbox;

/// Calls under way at once; what comes on top waits.
const MAX_RUNNING: usize = 16;
/// What a search shows.
const MAX_FOUND: u32 = 100;

/// Carries out wishes until the connection breaks.
pub(super) async fn serve(
    calls: &Connection,
    mailbox: &Mailbox,
    commands: &mut mpsc::Receiver<MediaCommand>,
) -> zbus::Result<()> {
    let no = CacheProperties::No;
    let player = PlayerProxy::builder(calls).destination(mpris::NAME).cache_properties(no).build().await?;
    let media = Media1Proxy::builder(calls).cache_properties(no).build().await?;
    each(calls, commands, MAX_RUNNING, |command| carry_out(&player, &media, mailbox, command)).await;
    Ok(())
}

async fn carry_out(player: &PlayerProxy<'_>, media: &Media1Proxy<'_>, mailbox: &Mailbox, command: MediaCommand) {
    let done = match command {
        MediaCommand::Rows { list, offset } => {
            let answer = read(media, &list, offset).await.map_err(|error| Denied::from(&error));
            return mailbox.media(Media::Rows(Rows { list, offset, answer }));
        }
        MediaCommand::PlayPause => player.play_pause().await.map_err(MediaError::Bus),
        MediaCommand::Next => player.next().await.map_err(MediaError::Bus),
        MediaCommand::Previous => player.previous().await.map_err(MediaError::Bus),
        MediaCommand::Seek { track, position_us } => match zbus::ObjectPath::try_from(track) {
            Ok(track) => player.set_position(&track, position_us).await.map_err(MediaError::Bus),
            // Nothing plays that could jump.
            Err(_) => Ok(()),
        },
        MediaCommand::Shuffle(shuffle) => player.set_shuffle(shuffle).await.map_err(MediaError::Bus),
        MediaCommand::Repeat(repeat) => player.set_loop_status(repeat.word()).await.map_err(MediaError::Bus),
        MediaCommand::JumpTo(entry) => media.jump_to(entry).await,
        MediaCommand::PlayView { view, parent, index } => media.play_view(view, parent, index).await,
        MediaCommand::Play(id) => media.play(id, -1).await,
        MediaCommand::Enqueue { id, place } => {
            let queued = media.enqueue(id.clone(), place.word().to_owned()).await;
            queued.map(|_| mailbox.media(Media::Enqueued { id, place }))
        }
        MediaCommand::MoveEntry { entry, to } => media.move_entry(entry, to).await,
        MediaCommand::RemoveEntry(entry) => media.remove_entry(entry).await,
        MediaCommand::ClearQueue => media.clear_queue().await,
        MediaCommand::Scan => media.scan(String::new()).await,
    };
    if let Err(error) = done {
        mailbox.media(Media::Refused(Denied::from(&error)));
    }
}

async fn read(media: &Media1Proxy<'_>, list: &List, offset: u32) -> Result<Part, MediaError> {
    let part = |generation, total, rows: Vec<Row>, left_out| Part { generation, total, rows: rows.into(), left_out };
    match list {
        List::View { view, parent } => {
            let page = media.page(view.clone(), parent.clone(), offset, PAGE_ROWS).await?;
            let rows = page.rows.into_iter().map(|item| Row { entry: 0, item }).collect();
            Ok(part(page.generation, page.total, rows, page.left_out))
        }
        List::Search(text) => {
            let found = media.search(text.clone(), MAX_FOUND).await?;
            let total = u32::try_from(found.len()).unwrap_or(MAX_FOUND);
            Ok(part(0, total, found.into_iter().map(|item| Row { entry: 0, item }).collect(), 0))
        }
        List::Queue => {
            let page = media.queue(offset, PAGE_ROWS).await?;
            let rows = page.entries.into_iter().map(|entry| Row { entry: entry.entry, item: entry.item }).collect();
            Ok(part(page.generation, page.total, rows, page.left_out))
        }
    }
}

/// What is said of a wish while there is no connection.
pub(super) fn unanswered(command: MediaCommand) -> Media {
    let denied = Denied { cause: Cause::NoAnswer, sentence: String::new() };
    match command {
        MediaCommand::Rows { list, offset } => Media::Rows(Rows { list, offset, answer: Err(denied) }),
        _ => Media::Refused(denied),
    }
}

impl From<&MediaError> for Denied {
    fn from(error: &MediaError) -> Self {
        let (cause, sentence) = match error {
            MediaError::Bus(_) => (Cause::NoAnswer, ""),
            MediaError::NotFound(why) => (Cause::NotFound, why.as_str()),
            MediaError::Invalid(why) => (Cause::Invalid, why.as_str()),
            MediaError::NotAvailable(why) => (Cause::NotAvailable, why.as_str()),
            MediaError::Storage(why) => (Cause::Storage, why.as_str()),
            MediaError::Busy(why) => (Cause::Busy, why.as_str()),
            MediaError::Restricted(why) => (Cause::Restricted, why.as_str()),
        };
        Self { cause, sentence: sentence.chars().take(200).collect() }
    }
}
