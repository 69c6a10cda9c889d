//! An administrator with nothing of ours at hand reads our interfaces with busctl.

use std::process::Command;

use tandem_scenes::Tandem;

#[tokio::test]
async fn busctl_shows_a_tidy_interface() {
    let mut tandem = Tandem::sim(&[]);
    let bus = tandem.bus().await;
    let introspect = |service: &str, path: &str| {
        let mut busctl = Command::new("busctl");
        busctl.arg(format!("--address={}", bus.address)).args([
            "introspect",
            "--no-pager",
            "--no-legend",
            service,
            path,
        ]);
        busctl.output().map(|output| (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
    };
    let Ok((worked, signals)) = introspect("org.tandem.Signals1", "/org/tandem/Signals1") else {
        tandem_scenes::skip("there is no busctl; `apt-get install systemd` brings it");
        return;
    };
    assert!(worked, "{signals}");
    let members = |text: &str, interface: &str| -> Vec<String> {
        let start = format!("{interface} ");
        let lines = text.lines().skip_while(|line| !line.starts_with(&start)).skip(1);
        let own = lines.take_while(|line| line.starts_with('.'));
        own.map(|line| line.split_whitespace().take(3).collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(
        members(&signals, "org.tandem.Signals1"),
        [
            ".Acknowledge method ut",
            ".Actuate method sv",
            ".Actuators method -",
            ".Get method as",
            ".List method -",
            ".Release method s",
            ".Requests method -",
            ".Subscribe method asuu",
            ".Unsubscribe method u",
            ".Batch signal uttta(uytv)",
            ".RequestChanged signal (tsvsss)",
        ]
    );
    let (worked, climate) = introspect("org.tandem.Climate1", "/org/tandem/Climate1").unwrap();
    assert!(worked, "{climate}");
    assert_eq!(
        members(&climate, "org.tandem.Climate1"),
        [
            ".SetAirConditioning method b",
            ".SetAirDistribution method ss",
            ".SetDriverTemperature method d",
            ".SetFanSpeed method sd",
            ".SetFrontDefrost method b",
            ".SetRearDefrost method b",
            ".SetRecirculation method b",
            ".SetSeat method sd",
            ".SetSteeringWheel method d",
            ".SetTemperature method sd",
            ".Controls property a(sssdddas)",
            ".DriverTemperatureRange property (ddd)",
            ".DriverTemperatureRequest property (tdss)",
            ".RequestChanged signal (tdss)",
        ]
    );
    let (worked, settings) = introspect("org.tandem.Settings1", "/org/tandem/Settings1").unwrap();
    assert!(worked, "{settings}");
    assert_eq!(
        members(&settings, "org.tandem.Settings1"),
        [
            ".DismissNotice method -",
            ".Get method s",
            ".List method -",
            ".Reset method s",
            ".Set method sv",
            ".IsKept property b",
            ".Notice property (sss)",
            ".Changed signal ttsv",
            ".NoticeChanged signal (sss)",
        ]
    );
}
