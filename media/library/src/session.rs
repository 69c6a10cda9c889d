//! The queue and the place in it, for the next start. A change writes only what it changed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use crate::Library;
use crate::error::LibraryError;
use crate::model::{Gain, Playable, Repeat, Session, SessionEntry};

/// Entries of one piece.
const PIECE: usize = 512;

/// What the pieces on the disk hold, by list and place.
pub(crate) type Pieces = HashMap<(&'static str, usize), u64>;

#[derive(Serialize, Deserialize)]
struct State {
    current: Option<u64>,
    playing: bool,
    shuffle: bool,
    repeat: u8,
    /// As bits: the same number comes back.
    volume: u64,
    gain: u8,
    rate: u64,
}

/// An entry as it is written: a text for an item starts with its kind, one for an address with `=`.
type Written = (u64, String, String);

impl Library {
    /// Saves what a restart goes on with. When it returns, a power cut does not undo it.
    pub async fn save_session(&self, session: &Session) -> Result<(), LibraryError> {
        let entries: Vec<Written> = session.entries.iter().map(write).collect();
        let mut bodies = pieces("entries", &entries)?;
        bodies.extend(pieces("order", &session.order)?);
        let bits = |number: f64| if number.is_finite() { number.to_bits() } else { 1_f64.to_bits() };
        let state = State {
            current: session.current,
            playing: session.playing,
            shuffle: session.shuffle,
            repeat: session.repeat as u8,
            volume: bits(session.volume),
            gain: session.gain as u8,
            rate: bits(session.rate),
        };
        let state = serde_json::to_string(&state).map_err(LibraryError::Saved)?;

        let mut change = self.0.change().await?;
        // Taken: if this fails, nobody knows what is there.
        let mut known = match change.pieces().take() {
            Some(known) => known,
            None => {
                sqlx::query("DELETE FROM session_piece").execute(change.connection()).await?;
                Pieces::new()
            }
        };
        let mut now = Pieces::with_capacity(bodies.len());
        for ((list, place), body) in bodies {
            let mut hasher = DefaultHasher::new();
            body.hash(&mut hasher);
            let hash = hasher.finish();
            now.insert((list, place), hash);
            if known.remove(&(list, place)) != Some(hash) {
                sqlx::query(
                    "INSERT INTO session_piece (list, place, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
                )
                .bind(list)
                .bind(i64::try_from(place).unwrap_or(i64::MAX))
                .bind(body)
                .execute(change.connection())
                .await?;
            }
        }
        for (list, place) in known.into_keys() {
            sqlx::query("DELETE FROM session_piece WHERE list = ? AND place = ?")
                .bind(list)
                .bind(i64::try_from(place).unwrap_or(i64::MAX))
                .execute(change.connection())
                .await?;
        }
        sqlx::query(
            "INSERT INTO session_state (one, body) VALUES (1, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
        )
        .bind(state)
        .execute(change.connection())
        .await?;
        position(change.connection(), session.current.unwrap_or(0), session.position_us).await?;
        change.commit_pieces(now).await
    }

    /// Saves only how far the current entry is: one small page.
    pub async fn save_position(&self, entry: u64, position_us: i64) -> Result<(), LibraryError> {
        let mut change = self.0.change().await?;
        position(change.connection(), entry, position_us).await?;
        change.commit().await
    }

    /// What was saved last; none if nothing ever was.
    ///
    /// # Errors
    /// [`LibraryError::Saved`] if it is not what this program writes.
    pub async fn load_session(&self) -> Result<Option<Session>, LibraryError> {
        let mut reader = self.0.readers.acquire().await?;
        // One statement, one state of the database: a save may come in between two.
        let rows: Vec<(String, i64, String)> = sqlx::query_as(
            "SELECT list, place, body FROM session_piece UNION ALL SELECT 'state', 0, body FROM session_state
             UNION ALL SELECT 'position', 0, json_array(entry, position_us) FROM session_position ORDER BY 1, 2",
        )
        .fetch_all(&mut *reader)
        .await?;
        let mut entries: Vec<Written> = Vec::new();
        let mut order: Vec<u64> = Vec::new();
        let mut state: Option<State> = None;
        let mut at: Option<(i64, i64)> = None;
        for (list, _, body) in rows {
            let outcome = match list.as_str() {
                "entries" => serde_json::from_str(&body).map(|more: Vec<Written>| entries.extend(more)),
                "order" => serde_json::from_str(&body).map(|more: Vec<u64>| order.extend(more)),
                "state" => serde_json::from_str(&body).map(|saved| state = Some(saved)),
                _ => serde_json::from_str(&body).map(|saved| at = Some(saved)),
            };
            outcome.map_err(LibraryError::Saved)?;
        }
        let Some(state) = state else { return Ok(None) };
        let position_us = match (at, state.current) {
            (Some((entry, position_us)), Some(current)) if entry.cast_unsigned() == current => position_us,
            _ => 0,
        };
        Ok(Some(Session {
            entries: entries.into_iter().filter_map(read).collect(),
            order,
            current: state.current,
            position_us,
            playing: state.playing,
            shuffle: state.shuffle,
            repeat: match state.repeat {
                1 => Repeat::Track,
                2 => Repeat::Queue,
                _ => Repeat::Off,
            },
            volume: f64::from_bits(state.volume),
            gain: match state.gain {
                1 => Gain::Track,
                2 => Gain::Album,
                _ => Gain::Off,
            },
            rate: f64::from_bits(state.rate),
        }))
    }
}

async fn position(connection: &mut SqliteConnection, entry: u64, position_us: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO session_position (one, entry, position_us) VALUES (1, ?, ?)
         ON CONFLICT DO UPDATE SET entry = excluded.entry, position_us = excluded.position_us",
    )
    .bind(entry.cast_signed())
    .bind(position_us)
    .execute(connection)
    .await?;
    Ok(())
}

fn write(entry: &SessionEntry) -> Written {
    let what = match &entry.playable {
        Playable::Item(id) => id.to_string(),
        Playable::Address(address) => format!("={address}"),
    };
    (entry.entry, what, entry.title.clone())
}

fn read((entry, what, title): Written) -> Option<SessionEntry> {
    let playable = match what.strip_prefix('=') {
        Some(address) => Playable::Address(address.to_owned()),
        None => Playable::Item(what.parse().ok()?),
    };
    Some(SessionEntry { entry, playable, title })
}

type Bodies = Vec<((&'static str, usize), String)>;

fn pieces<T: Serialize>(list: &'static str, all: &[T]) -> Result<Bodies, LibraryError> {
    let body = |(place, piece)| Ok(((list, place), serde_json::to_string(piece).map_err(LibraryError::Saved)?));
    all.chunks(PIECE).enumerate().map(body).collect()
}
