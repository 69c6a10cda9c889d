//! Two recordings of real vehicles, each with its car's profile. They are not in the repository: the corpus has them.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tandem_scenes::{Bus, Tandem, corpus};

const DRIVE: &str = "logs/css_obd2_gnss_3BA199E2.log";
const HONDA: &str = "logs/icsim_honda_2014.log";

fn arguments(corpus: &Path, log: &str, car: &str, dbc: &str, more: &[&str]) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = vec!["replay".into(), corpus.join(log), "--car".into(), car.into()];
    all.extend(["--dbc-path".into(), corpus.join(dbc)]);
    all.extend(more.iter().map(PathBuf::from));
    all
}

fn reading<'a>(summary: &'a Value, path: &str) -> &'a Value {
    let readings = summary["readings"].as_array().unwrap();
    readings.iter().find(|reading| reading["path"] == path).unwrap_or_else(|| panic!("no {path} in {summary:#}"))
}

fn sum(of: &Value, key: &str) -> u64 {
    of.as_array().unwrap().iter().map(|one| one[key].as_u64().unwrap()).sum()
}

/// Nothing in a summary that was not asked for private things may tell where somebody was, or in which car.
fn tells_nothing_private(text: &str) {
    for word in ["Latitude", "Longitude", "Altitude", "Heading", "VIN"] {
        assert!(!text.contains(word), "{word} is private");
    }
}

#[test]
fn a_drive_of_nine_minutes() {
    let Some(corpus) = corpus() else { return };
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().to_string_lossy().into_owned();
    let more = ["--speed", "max", "--json", "--screenshot-at", "300", "--screenshots", &pictures];
    let outcome = Tandem::run(arguments(&corpus, DRIVE, "css-gnss", "dbc/css", &more)).well();
    let summary = outcome.json();
    assert_eq!(summary["log"]["frames"], 65_296);
    assert_eq!(summary["log"]["bad_lines"], 0);
    let speed = reading(&summary, "Vehicle.Speed");
    assert_eq!((&speed["quality"], &speed["unit"]), (&"valid".into(), &"km/h".into()));
    let accuracy = reading(&summary, "Vehicle.CurrentLocation.HorizontalAccuracy");
    assert!((0.0..=100.0).contains(&accuracy["value"].as_f64().unwrap()), "{accuracy}");
    tells_nothing_private(&outcome.stdout);
    tells_nothing_private(&outcome.stderr);
    for name in ["cluster.png", "centre.png"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }

    let told =
        Tandem::run(arguments(&corpus, DRIVE, "css-gnss", "dbc/css", &["--speed", "max", "--json", "--private"]));
    let told = told.well().json();
    assert!(reading(&told, "Vehicle.CurrentLocation.Latitude")["value"].is_f64(), "--private tells it");
}

#[test]
fn a_honda_that_stands() {
    let Some(corpus) = corpus() else { return };
    let options = ["--speed", "max", "--json"];
    let outcome = Tandem::run(arguments(&corpus, HONDA, "honda-2014", "dbc/opendbc", &options)).well();
    let summary = outcome.json();
    assert_eq!(summary["log"]["frames"], 6158);
    assert_eq!(sum(&summary["buses"], "frames"), 6158);
    assert_eq!(summary["unknown_ids"].as_array().unwrap().len(), 34 - 12, "12 of the 34 ids are known");
    let errors = summary["errors"].as_array().unwrap();
    let of = |kind: &str| errors.iter().filter(|error| error["kind"] == kind).collect::<Vec<_>>();
    assert!(of("checksum").is_empty(), "every Honda checksum passes: {errors:?}");
    assert!(of("counter").is_empty(), "every counter but that of 1D0 passes, and that one is exempt: {errors:?}");
    assert_eq!(reading(&summary, "Vehicle.Speed")["value"], 0.0);
    assert_eq!(reading(&summary, "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen")["value"], false);
    tells_nothing_private(&outcome.stdout);
}

/// Asks the service of a running replay how many frames it sent, as often as it answers, until the replay ends.
async fn listens_only(arguments: Vec<PathBuf>) {
    let mut tandem = Tandem::start(arguments);
    let bus = Bus::open(&tandem.published().await).await;
    let statistics = bus.statistics().await;
    let (mut heard, mut answers) = (0, 0);
    while let Ok(buses) = statistics.buses().await {
        assert_eq!(buses.iter().map(|bus| bus.sent).sum::<u64>(), 0);
        heard = heard.max(buses.iter().map(|bus| bus.frames).sum::<u64>());
        answers += 1;
        assert!(
            bus.climate().await.set_driver_temperature(20.0).await.is_err(),
            "there is nobody to ask in a recording"
        );
    }
    assert!(heard > 100 && answers > 1, "{heard} frames in {answers} answers");
    tandem.finish().well();
}

#[tokio::test]
async fn nothing_is_sent_to_a_recording() {
    let Some(corpus) = corpus() else { return };
    listens_only(arguments(&corpus, HONDA, "honda-2014", "dbc/opendbc", &["--speed", "1", "--no-screens"])).await;
    listens_only(arguments(&corpus, DRIVE, "css-gnss", "dbc/css", &["--speed", "100", "--no-screens"])).await;
}
