//! What the library, or an address itself, says of something in the queue.

use std::path::Path;

use tandem_contracts::media::{Item, Trouble};
use url::Url;

use crate::core::{Facts, Obstacle};
use crate::state::Playable;
use crate::why::Why;

/// What is known of an address: a file of this machine, or a stream.
pub fn of_address(address: &str) -> Facts {
    let Ok(url) = Url::parse(address) else { return nothing(address, "It is no address") };
    let name = url.path_segments().and_then(|mut parts| parts.next_back().map(str::to_owned)).unwrap_or_default();
    match url.scheme() {
        "file" => match url.to_file_path() {
            Ok(path) => of_file(&path),
            Err(()) => nothing(address, "It is no file of this machine"),
        },
        "http" | "https" => Facts {
            item: Item {
                id: address.to_owned(),
                kind: "stream".into(),
                title: url.host_str().map_or(name, str::to_owned),
                available: true,
                ..Item::default()
            },
            uri: Some(address.to_owned()),
            network: true,
            unresolved: true,
            source: ("radio".into(), "radio".into(), String::new()),
            ..Facts::default()
        },
        _ => nothing(address, "Only files and http addresses are played"),
    }
}

/// What is known of a file that is in no library.
pub fn of_file(path: &Path) -> Facts {
    let address = Url::from_file_path(path).map(String::from).ok();
    let title = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Facts {
        item: Item {
            id: address.clone().unwrap_or_default(),
            kind: "track".into(),
            title,
            available: true,
            ..Item::default()
        },
        uri: address,
        source: (String::new(), "local".into(), String::new()),
        ..Facts::default()
    }
}

/// What can never play, and why.
fn nothing(address: &str, reason: &str) -> Facts {
    let why = Why::new(Trouble::Unreadable, reason);
    let item = Item { id: address.to_owned(), kind: "stream".into(), title: address.to_owned(), ..Item::default() };
    Facts { item: why.on(item), obstacle: Some(Obstacle::Lasting(why)), ..Facts::default() }
}

/// What is known of it without a library.
pub fn without_library(what: &Playable) -> Option<Facts> {
    match what {
        Playable::Address(address) => Some(of_address(address)),
        Playable::File(path) => Some(of_file(path)),
        Playable::Item(_) => None,
    }
}
