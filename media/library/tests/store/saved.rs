//! The queue comes back.

use proptest::prelude::*;
use tandem_library::{Gain, ItemId, Kind, Library, Opened, Playable, Repeat, Session, SessionEntry};

use crate::cast::fresh;

fn session(entries: u64) -> Session {
    let entry = |entry| SessionEntry {
        entry,
        playable: Playable::Item(ItemId { kind: Kind::Track, row: 7 * entry as i64 }),
        title: String::new(),
    };
    Session {
        entries: (1..=entries).map(entry).collect(),
        order: (1..=entries).rev().collect(),
        current: Some(3),
        position_us: 5,
        playing: true,
        shuffle: true,
        repeat: Repeat::Queue,
        volume: 0.5,
        gain: Gain::Album,
        rate: 1.25,
    }
}

#[tokio::test]
async fn a_session_survives_a_restart() {
    let (library, folder) = fresh().await;
    assert_eq!(library.load_session().await.unwrap(), None);
    let mut saved = session(2_000);
    library.save_session(&saved).await.unwrap();
    library.save_position(3, 77).await.unwrap();
    library.close().await.unwrap();

    let (library, opened) = Library::open(folder.path()).await.unwrap();
    assert_eq!(opened, Opened::Clean);
    saved.position_us = 77;
    assert_eq!(library.load_session().await.unwrap().as_ref(), Some(&saved));
    saved.entries.truncate(700);
    saved.entries.remove(0);
    saved.order.clear();
    saved.current = Some(9);
    saved.position_us = -1;
    library.save_session(&saved).await.unwrap();
    assert_eq!(library.load_session().await.unwrap().as_ref(), Some(&saved));
    library.save_position(8, 1).await.unwrap();
    assert_eq!(
        library.load_session().await.unwrap().unwrap().position_us,
        0,
        "of an entry that is not the current one"
    );
}

#[test]
fn any_session_comes_back() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (library, _folder) = runtime.block_on(fresh());
    let playable = prop_oneof![
        (0..3_usize, any::<i64>()).prop_map(|(kind, row)| Playable::Item(ItemId { kind: Kind::ALL[kind], row })),
        "\\PC{0,20}".prop_map(Playable::Address),
    ];
    let entry = (any::<u64>(), playable, "\\PC{0,10}").prop_map(|(entry, playable, title)| SessionEntry {
        entry,
        playable,
        title,
    });
    let entries = proptest::collection::vec(entry, 0..1_200);
    proptest!(ProptestConfig::with_cases(24), |(entries in entries, order: Vec<u64>, current: Option<u64>, position_us: i64, playing: bool, volume in 0.0..=1.0)| {
        let saved = Session {
            entries, order, current, playing, volume,
            position_us: if current.is_some() { position_us } else { 0 },
            shuffle: !playing, repeat: Repeat::Track, gain: Gain::Track, rate: 0.5,
        };
        runtime.block_on(async {
            library.save_session(&saved).await.unwrap();
            assert_eq!(library.load_session().await.unwrap(), Some(saved));
        });
    });
}
