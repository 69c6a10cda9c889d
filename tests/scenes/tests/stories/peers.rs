//! A program that is not ours is the car: python-can, on the buses that the vehicle service opens on this machine.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Stdio};

use tandem_contracts::signals;
use tandem_scenes::{Bus, Daemon, Listener, binary, demo_log, peer_python, root, tied, within};
use tandem_units::Value;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where the two buses of the service listen, as its log says. What else it says is read, so that it never waits for us.
fn addresses(log: ChildStderr) -> [String; 2] {
    let mut lines = BufReader::new(log).lines().map(Result::unwrap);
    let addresses = ["can0", "can1"].map(|bus| {
        let mine = |line: &String| line.contains("listening") && line.contains(bus);
        let line = lines.find(mine).expect("the service ended");
        line.split_once("address=").expect("an address").1.trim().to_owned()
    });
    std::thread::spawn(move || lines.for_each(|line| eprintln!("{line}")));
    addresses
}

#[tokio::test]
async fn python_can_drives_the_car_and_is_asked_for_a_temperature() {
    let Some(python) = peer_python() else { return };
    let daemon = Daemon::start();
    let mut service = tied(binary("tandem-vehicle"));
    service.args(["--car", "demo", "--assets"]).arg(root().join("assets")).env("TANDEM_BUS", daemon.address());
    service.args(["--cannelloni", "can0=127.0.0.1:0", "--cannelloni", "can1=127.0.0.1:0"]).stderr(Stdio::piped());
    let mut service = Running(service.spawn().unwrap());
    let addresses = addresses(service.0.stderr.take().unwrap());
    let bus = Bus::open(daemon.address()).await;
    within("the service", async { while bus.owner(signals::NAME).await.is_none() {} }).await;
    let mut listener = Listener::new(&bus, &["Vehicle.Speed"]).await;

    let cars = root().join("assets/cars/demo");
    let mut drive = tied(python);
    drive.arg(root().join("tests/scenes/peer/drive.py")).arg(demo_log());
    drive.args([cars.join("powertrain.dbc"), cars.join("body.dbc")]).args(addresses);
    let mut drive = Running(drive.stdout(Stdio::piped()).spawn().unwrap());
    let mut told = BufReader::new(drive.0.stdout.take().unwrap()).lines();
    let mut next = |word: &str| -> f64 {
        let line = told.next().expect("python-can ended").unwrap();
        line.strip_prefix(word).unwrap_or_else(|| panic!("{line}")).trim().parse().unwrap()
    };
    let said = next("speed");
    assert!(said > 0.0);
    // It says nothing after it, so this value stays; whether it is stale already does not matter.
    let heard = listener.until("Vehicle.Speed", |speed| {
        speed.value.as_ref().and_then(Value::as_f64).is_some_and(|heard| (heard - said).abs() < 1e-9)
    });
    within("the speed that was said last", heard).await;

    bus.climate().await.set_driver_temperature(23.5).await.unwrap();
    assert_eq!(next("asked"), 23.5);
}
