//! Recordings of real vehicles, when the corpus is there: each line reads, and is written again byte for byte.

use tandem_frame::BusIndex;
use tandem_frame::text::{LogReader, write_line};
use tandem_scenes::corpus;

#[test]
fn every_line_reads_and_is_written_the_same() {
    let Some(logs) = corpus().map(|corpus| corpus.join("logs")) else { return };
    let frames = |name: &str| {
        let log = std::fs::read(logs.join(name)).unwrap();
        let (mut written, mut frames) = (String::new(), 0);
        for (number, line) in LogReader::new(&log) {
            let line = line.unwrap_or_else(|error| panic!("{name}:{number}: {error}"));
            write_line(&mut written, &line.frame(BusIndex(0)), line.interface).unwrap();
            frames += 1;
        }
        // Not assert_eq: the recordings hold positions, and those are not to be printed.
        assert!(written.as_bytes() == log, "{name} is written differently");
        frames
    };
    for (name, expected) in [
        ("css_gnss_uds_2F6913DB.log", 5_588),
        ("css_j1939_gnss_11111111.log", 57_849),
        ("css_j1939tp_FCBF0606.log", 1_815),
        ("css_nmea2000_94C49784_a.log", 9_600),
        ("css_obd2_gnss_3BA199E2.log", 65_296),
        ("css_uds_ev_17BD1DB7.log", 2_010),
        ("icsim_honda_2014.log", 6_158),
    ] {
        assert_eq!(frames(name), expected, "{name}");
    }
}
