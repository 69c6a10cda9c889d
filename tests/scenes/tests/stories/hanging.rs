//! A client that hangs loses its subscription, and nobody else hears less for it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tandem_contracts::subscription::News;
use tandem_scenes::{Listener, Tandem, binary, tied, within};
use tandem_units::Nanoseconds;

/// On the car's own clock: two seconds and more than a tick.
const DROPPED_BY: Nanoseconds = Nanoseconds::from_millis(2_500);

#[tokio::test]
async fn a_client_that_hangs_is_dropped_and_the_others_miss_nothing() {
    let quiet = [("TANDEM_LOG", "warn".as_ref()), ("NO_COLOR", "1".as_ref())];
    let mut tandem = Tandem::start_with(["sim", "--headless"], &quiet);
    tandem.hears("Everything is up.");
    let bus = tandem.bus().await;
    let mut client = tied(binary("tandem"))
        .args(["signals", "watch", "Vehicle.Speed", "--json"])
        .env("TANDEM_BUS", &bus.address)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("Vehicle.Speed"));
    kill_process(Pid::from_child(&client), Signal::STOP).unwrap();

    let mut other = Listener::new(&bus, &["Vehicle.Speed"]).await;
    assert!(matches!(other.next().await, News::Subscribed(_)));
    let (mut since, mut heard) = (None, 0);
    let listen = async {
        loop {
            // A gap would be a subscription anew.
            let News::Batch(batch) = other.next().await else { panic!("batch {} was the last", heard) };
            heard += 1;
            assert_eq!(batch.sequence, heard);
            if batch.now.since(*since.get_or_insert(batch.now)) > DROPPED_BY {
                break;
            }
        }
    };
    within("two seconds of the car's time", listen).await;
    client.kill().unwrap();
    client.wait().unwrap();
    tandem.signal(Signal::TERM);
    let told = tandem.finish();
    let told = format!("{}{}", told.stdout, told.stderr);
    assert_eq!(told.matches("a subscriber fell silent").count(), 1, "{told}");
}
