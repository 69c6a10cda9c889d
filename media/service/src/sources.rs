//! Where things to play come from, as `Media1` lists it.

use tandem_contracts::media::{Source, Trouble};
use tandem_library::{Library, LibraryError, Parent, View, VolumeKind};

use crate::players::Players;

/// The source of all stations.
pub const RADIO: &str = "radio";
/// The source of all episodes.
pub const PODCASTS: &str = "podcasts";

/// All of them: volumes, those that are here first, then radio, podcasts, and the other players on the bus.
///
/// # Errors
/// The library cannot be read.
pub async fn all(library: &Library, players: &Players) -> Result<Vec<Source>, LibraryError> {
    let mut sources: Vec<Source> = library
        .volumes()
        .await?
        .into_iter()
        .map(|volume| {
            let usb = volume.kind == VolumeKind::Usb;
            let reason = match (volume.present, usb) {
                (true, _) => String::new(),
                (false, true) => format!("The stick {} is not in the car", volume.name),
                (false, false) => format!("The folder {} is not there", volume.name),
            };
            Source {
                id: volume.id.0,
                kind: if usb { "usb" } else { "local" }.into(),
                name: volume.name,
                available: volume.present,
                trouble: if volume.present { "" } else { Trouble::Away.word() }.into(),
                reason,
                items: volume.tracks,
            }
        })
        .collect();
    for (id, view) in [(RADIO, View::Stations), (PODCASTS, View::Podcasts)] {
        let items = library.page(view, &Parent::All, 0, 0).await?.total;
        sources.push(Source { id: id.into(), kind: id.into(), available: true, items, ..Source::default() });
    }
    sources.extend(players.sources());
    Ok(sources)
}
