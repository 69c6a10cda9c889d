//! The cars that Tandem ships say nothing odd.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use tandem_scenes::{corpus, root};
use tandem_signals::Catalogue;
use tandem_store::{LoadError, Places, load};

#[test]
fn every_car_that_is_shipped_passes_its_check_without_a_warning() {
    let corpus = corpus();
    let dbc = corpus.iter().flat_map(|corpus| ["dbc/css", "dbc/opendbc"].map(|folder| corpus.join(folder))).collect();
    let places = Places { assets: root().join("assets"), dbc };
    let mut checked = Vec::new();
    for entry in std::fs::read_dir(places.assets.join("cars")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        match load(&name, &places, Catalogue::ours()) {
            Ok((car, _)) => {
                let warnings: Vec<_> = car.warnings.iter().map(ToString::to_string).collect();
                assert_eq!(warnings, Vec::<String>::new(), "{name}");
                checked.push(name);
            }
            // What others wrote lies in a folder of its own, which not everybody has.
            Err(LoadError::NoDbc { .. }) if corpus.is_none() => {}
            Err(error) => panic!("{name}: {error}"),
        }
    }
    assert!(checked.contains(&"demo".to_owned()), "{checked:?}");
}
