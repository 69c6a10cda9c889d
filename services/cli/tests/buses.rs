//! The tools for those who live with buses, as far as they need no bus.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const DBC: &str = "BO_ 291 Motion: 3 X\n SG_ Speed : 0|16@1+ (0.01,0) [0|655.34] \"km/h\" X\n SG_ Gear : 16|8@1+ (1,0) [0|0] \"\" X\n\nVAL_ 291 Gear 0 \"P\" 3 \"D\" ;\n";

/// A folder with a DBC file and a recording: a hundred frames, a silence of two seconds, a hundred more.
fn garage() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("car.dbc"), DBC).unwrap();
    let mut log = String::new();
    for at in 0..200_u64 {
        let t_us = 7_000_000 + at * 20_000 + if at < 100 { 0 } else { 2_000_000 };
        let (speed, gear) = (at as u16 * 50, if at < 100 { 0 } else { 3 });
        let [low, high] = speed.to_le_bytes();
        log += &format!("({}.{:06}) can0 123#{low:02X}{high:02X}{gear:02X}\n", t_us / 1_000_000, t_us % 1_000_000);
    }
    log += "(13.0 can0 123#00\n(13.000000) can0 7FF#00\n";
    fs::write(folder.path().join("drive.log"), log).unwrap();
    folder
}

fn tandem(garage: &TempDir, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tandem"));
    command.args(arguments.split_whitespace()).current_dir(garage.path()).stdin(Stdio::null());
    for name in ["TANDEM_ASSETS", "TANDEM_DBC_PATH", "NO_COLOR"] {
        command.env_remove(name);
    }
    command
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("status {}\n{}{}", output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn tells(garage: &TempDir, arguments: &str) -> String {
    told(&tandem(garage, arguments).output().unwrap())
}

#[test]
fn candumps_text_is_decoded_in_a_pipe() {
    let garage = garage();
    let mut child = tandem(&garage, "bus decode --dbc car.dbc --color always");
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let text = b"(7.000001) can0 123#B80B03\n  can0  7FF   [1]  00\n";
    child.stdin.take().unwrap().write_all(text).unwrap();
    let output = child.wait_with_output().unwrap();
    insta::assert_snapshot!(told(&output).replace('\u{1b}', "^"), @r"
    status 0
    (7.000001) can0 ^[1;36mMotion^[0m: ^[2mSpeed^[0m=30 km/h, ^[2mGear^[0m=3 (D)
    can0 ^[2m7FF#00^[0m ^[31munknown^[0m
    2 frames, 1 of messages that the DBC file knows, 1 unknown id: 7FF
    ");
}

#[test]
fn a_recording_is_counted() {
    let garage = garage();
    insta::assert_snapshot!(tells(&garage, "bus stats drive.log --dbc car.dbc --bitrate 250000"), @r"
    status 0
    bus   frames  seconds  frames/s  kbit/s  load %  ids  error frames  lost
    can0     201    6.000      33.5     250    1.00    2             0     0

    bus   id   message  count  per s  period  least     most  jitter ms  length  bits  changing bytes
    can0  123  Motion     200   33.3   30.05  20.00  2020.00     141.42       3    15  0-2
    can0  7FF  -            1    0.0       -      -        -          -       1     0
    1 part without a frame, the first of them:
      line 201, column 6: expected `)` behind the time stamp
    ");
    let output = tandem(&garage, "bus stats drive.log --json").output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["buses"][0]["frames"], &document["ids"][0]["count"]), (&201.into(), &200.into()));
    assert_eq!(document["skipped"], 1);
}

#[test]
fn the_ids_of_a_recording_are_written_each_second_where_there_is_no_terminal() {
    let garage = garage();
    let output = tandem(&garage, "bus top drive.log --dbc car.dbc --speed 0").output().unwrap();
    let text = told(&output);
    let tables: Vec<_> = text.trim_end().split("\n\n").collect();
    assert_eq!(tables.len(), 5, "{text}");
    insta::assert_snapshot!(tables[4], @r"
    can0: 201 frames, 33.5 frames/s, load 0.7 % of 500 kbit/s (assumed, say --bitrate)
    bus   id        message     count    per s  data
    can0  123       Motion        200     50.0  DE 26 03  Speed=99.5 km/h, Gear=3 (D)
    can0  7FF                       1      0.0  00
    ");
}

#[test]
fn signals_are_drawn() {
    let garage = garage();
    let plot = "bus plot drive.log --dbc car.dbc --signal Motion.Speed --signal Motion.Gear";
    let output = tandem(&garage, &format!("{plot} -o drive.svg --json")).output().unwrap();
    let drawn: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&drawn[0]["points"], &drawn[0]["gaps"], &drawn[0]["most"]), (&200.into(), &1.into(), &99.5.into()));
    let svg = fs::read_to_string(garage.path().join("drive.svg")).unwrap();
    // Two lines and two steps, for both fell silent once; and the names at the side.
    assert_eq!(svg.matches("stroke-width=\"1.8\"").count(), 4);
    assert!([">P<", ">D<", ">Motion.Speed, km/h<"].iter().all(|text| svg.contains(text)), "{svg}");
    assert!(
        tells(&garage, &format!("{plot} -o drive.png --from 1 --to 1.5")).starts_with("status 0\ndrive.png: 52 values")
    );
    let png = fs::read(garage.path().join("drive.png")).unwrap();
    assert_eq!((&png[..8], &png[16..20]), (&b"\x89PNG\r\n\x1a\n"[..], &2400_u32.to_be_bytes()[..]));
}

#[test]
fn what_is_missing_is_said_in_one_line() {
    let garage = garage();
    let asked = [
        "bus decode drive.log",
        "bus stats lost.log",
        "bus stats car.dbc",
        "bus plot drive.log --dbc car.dbc --signal Motion.Sped -o x.svg",
        "bus plot drive.log --dbc car.dbc --signal Motion.Speed -o x.jpg",
        "bus plot drive.log --dbc car.dbc --signal Motion.Speed --from 100 -o x.svg",
        "bus send nosuch0 123#00",
        "bus send nosuch0 12#00",
        "bus send nosuch0 --message Motion Speed=1",
        "bus record nosuch0 -o x.log",
        "bus top --can nosuch0",
    ];
    insta::assert_snapshot!(asked.map(|asked| tells(&garage, asked)).join("\n"), @r"
    status 2
    tandem: decoded by what? Say --dbc FILE or --car NAME

    status 2
    tandem: cannot read the recording lost.log: No such file or directory (os error 2)

    status 2
    tandem: there is no frame in it; line 1, column 1: expected `(` before the time stamp

    status 2
    tandem: there is no signal Motion.Sped; did you mean Motion.Speed? (expected Message.Signal, or with --car a VSS path)

    status 2
    tandem: x.jpg: a picture ends in .svg or .png

    status 1
    tandem: 1 part without a frame
    tandem: Motion.Speed is not in this part of the recording

    status 2
    tandem: there is no interface nosuch0: `ip link show type can` lists those that are

    status 2
    tandem: `12#00` is no frame: expected such as 123#DEADBEEF, 18FEF100#00 with 8 digits for 29 bits, 123#R, or 123##1112233 for CAN FD

    status 2
    tandem: where does Motion stand? Say --dbc FILE or --car NAME

    status 2
    tandem: there is no interface nosuch0: `ip link show type can` lists those that are

    status 2
    tandem: there is no interface nosuch0: `ip link show type can` lists those that are
    ");
    assert!(!garage.path().join("x.log").exists() && !garage.path().join("x.svg").exists());
}

const CAR: &str = r#"name = "Own"
description = "A test."

[buses.can0]
dbc = "own.dbc"
bitrate = 500_000

[[signals]]
leaf = "Vehicle.CurrentLocation.Latitude"
bus = "can0"
message = "Place"
signal = "Latitude"
cycle_ms = 1000

[[signals]]
leaf = "Vehicle.Speed"
bus = "can0"
message = "Motion"
signal = "Speed"
valid_if = { signal = "Gear", equals = 3 }
cycle_ms = 20
stale_after_ms = 300
"#;

/// The car of its own DBC file and place, beside the recording.
fn own_car(log: &str) -> TempDir {
    let garage = garage();
    let place = "\nBO_ 292 Place: 3 X\n SG_ Latitude : 0|8@1+ (1,0) [0|0] \"degrees\" X\n SG_ Good : 16|8@1+ (1,0) [0|0] \"\" X\n";
    fs::write(garage.path().join("own.dbc"), DBC.replace("\n\nVAL_", &format!("\n{place}\nVAL_"))).unwrap();
    fs::write(garage.path().join("car.toml"), CAR).unwrap();
    fs::write(garage.path().join("own.log"), log).unwrap();
    garage
}

fn with_assets(garage: &TempDir, arguments: &str) -> String {
    let assets = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets");
    told(&tandem(garage, arguments).env("TANDEM_ASSETS", assets).output().unwrap())
}

#[test]
fn where_a_car_is_stays_with_it_unless_it_is_asked_for() {
    let garage = own_car("(7.000000) can0 124#2F\n(7.100000) can0 124#2F0001\n(7.200000) can0 123#B80B03\n");
    insta::assert_snapshot!(with_assets(&garage, "bus decode own.log --car ."), @r"
    status 0
    (7.000000) can0 124#private Place, too short
    (7.100000) can0 Place: Latitude=private, Good=1
    (7.200000) can0 Motion: Speed=30 km/h, Gear=3 (D)
    3 frames, 3 of messages that the DBC file knows, no unknown id
    Place: too short in 1 frame, not decoded
    ");
    insta::assert_snapshot!(with_assets(&garage, "bus decode own.log --car . --json"), @r#"
    status 0
    {"t":7.000000,"bus":"can0","id":"124","mark":"Place, too short"}
    {"t":7.100000,"bus":"can0","id":"124","message":"Place","signals":{"Good":1.0}}
    {"t":7.200000,"bus":"can0","id":"123","message":"Motion","signals":{"Speed":30.0,"Gear":3.0}}
    3 frames, 3 of messages that the DBC file knows, no unknown id
    Place: too short in 1 frame, not decoded
    "#);
    insta::assert_snapshot!(with_assets(&garage, "bus top own.log --car . --speed 0"), @r"
    status 0
    can0: 3 frames, 15.0 frames/s, load 0.0 % of 500 kbit/s
    bus   id        message     count    per s  data
    can0  123       Motion          1      0.0  B8 0B 03  Speed=30 km/h, Gear=3 (D)
    can0  124       Place           2     10.0  private  Latitude=private, Good=1
    ");
    insta::assert_snapshot!(with_assets(&garage, "bus plot own.log --car . --json -o x.svg --signal Place.Latitude"), @r"
    status 2
    tandem: Place.Latitude is private: say --private to have it drawn
    ");
    let path = "--signal Vehicle.CurrentLocation.Latitude -o x.svg --json";
    let refused = with_assets(&garage, &format!("bus plot own.log --car . {path}"));
    assert!(refused.starts_with("status 2\n") && refused.contains("--private"), "{refused}");
    assert!(!garage.path().join("x.svg").exists());
    let asked = [
        "bus decode own.log --car . --json --private",
        "bus top own.log --car . --speed 0 --private",
        &format!("bus plot own.log --car . --private {path}"),
        "bus decode own.log --dbc own.dbc --json",
    ];
    for asked in asked {
        let told = with_assets(&garage, asked);
        assert!(told.starts_with("status 0\n") && told.contains("47"), "{asked}: {told}");
    }
}

#[test]
fn a_message_that_the_car_calls_private_stays_untold() {
    let garage = own_car("(7.000000) can0 123#B80B03\n");
    let car = CAR.replacen("bitrate = 500_000\n", "bitrate = 500_000\nprivate_messages = [\"Motion\"]\n", 1);
    fs::write(garage.path().join("car.toml"), &car).unwrap();
    insta::assert_snapshot!(with_assets(&garage, "bus decode own.log --car ."), @r"
    status 0
    (7.000000) can0 Motion: Speed=private, Gear=private
    1 frame, 1 of messages that the DBC file knows, no unknown id
    ");
    fs::write(garage.path().join("car.toml"), car.replace("[\"Motion\"]", "[\"Motoin\"]")).unwrap();
    let refused = with_assets(&garage, "car check .");
    assert!(
        refused.contains("`private_messages`: the DBC file has no message `Motoin`; did you mean `Motion`?"),
        "{refused}"
    );
}

#[test]
fn a_leaf_is_drawn_as_its_reading_says() {
    let mut log = String::new();
    for at in 0..100_u64 {
        // Not valid in the middle; late once, though not too late for the car.toml.
        let gear = if (40..50).contains(&at) { 0 } else { 3 };
        let t_us = at * 20_000 + if at < 70 { 0 } else { 250_000 };
        log += &format!("({}.{:06}) can0 123#E803{gear:02X}\n", 7 + t_us / 1_000_000, t_us % 1_000_000);
    }
    // The second of these is on no globe.
    log += "(9.300000) can0 124#2F0001\n(9.400000) can0 124#C80001\n";
    let garage = own_car(&log);
    let drawn = |signal: &str| -> serde_json::Value {
        let told =
            with_assets(&garage, &format!("bus plot own.log --car . --private --signal {signal} -o x.svg --json"));
        serde_json::from_str(told.strip_prefix("status 0\n").unwrap_or_else(|| panic!("{told}"))).unwrap()
    };
    let points = |signal: &str| {
        let drawn = drawn(signal);
        (drawn[0]["points"].as_u64().unwrap(), drawn[0]["gaps"].as_u64().unwrap(), drawn[0]["most"].as_f64().unwrap())
    };
    assert_eq!((points("Vehicle.Speed"), points("Motion.Speed")), ((90, 1, 10.0), (100, 0, 10.0)));
    assert_eq!((points("Vehicle.CurrentLocation.Latitude"), points("Place.Latitude")), ((1, 0, 47.0), (2, 0, 200.0)));
}

#[test]
fn a_picture_is_drawn_over_another_but_never_over_the_recording() {
    let garage = garage();
    let plot = "--dbc car.dbc --signal Motion.Speed --from 0";
    for _ in 0..2 {
        assert!(tells(&garage, &format!("bus plot drive.log {plot} -o x.svg")).starts_with("status 0\n"));
    }
    fs::rename(garage.path().join("drive.log"), garage.path().join("drive.svg")).unwrap();
    let before = fs::read(garage.path().join("drive.svg")).unwrap();
    insta::assert_snapshot!(tells(&garage, &format!("bus plot drive.svg {plot} -o ./drive.svg")), @r"
    status 2
    tandem: ./drive.svg: the picture would be drawn over the recording
    ");
    assert_eq!(fs::read(garage.path().join("drive.svg")).unwrap(), before);
}

#[test]
fn a_png_that_memory_may_not_hold_is_refused() {
    let garage = garage();
    let signals: String = (0..200).map(|at| format!(" SG_ S{at} : 0|8@1+ (1,0) [0|0] \"u{at}\" X\n")).collect();
    fs::write(garage.path().join("many.dbc"), format!("BO_ 291 Many: 3 X\n{signals}")).unwrap();
    let wanted: String = (0..200).map(|at| format!(" --signal Many.S{at}")).collect();
    let told = tells(&garage, &format!("bus plot drive.log --dbc many.dbc{wanted} -o x.png"));
    assert!(told.starts_with("status 2\n") && told.contains("too large"), "{told}");
}

#[test]
fn an_option_that_would_do_nothing_is_refused() {
    let garage = garage();
    let asked = [
        "bus decode drive.log --dbc car.dbc --vss x.json",
        "bus decode drive.log --dbc car.dbc --dbc-path .",
        "bus decode drive.log --dbc car.dbc --private",
        "replay drive.log --dbc car.dbc --private",
        "replay drive.log --dbc car.dbc --dbc-path .",
        "replay drive.log --dbc car.dbc --vss x.json",
        "bus send nosuch0 123#00 --dbc car.dbc",
        "bus send nosuch0 123#00 --car demo",
        "bus top --can nosuch0 --speed 2",
    ];
    for asked in asked {
        let told = tells(&garage, asked);
        assert!(told.starts_with("status 2\n") && !told.contains("no interface"), "{asked}: {told}");
    }
}

#[test]
fn of_a_recording_that_breaks_off_is_told_what_there_is_and_that_it_is_not_all() {
    let garage = garage();
    let cut = garage.path().join("cut.log.gz");
    let mut writer = tandem_logs::Writer::create(&cut).unwrap();
    for frame in tandem_logs::open(garage.path().join("drive.log")).unwrap().filter_map(Result::ok) {
        writer.write(&frame, "can0").unwrap();
    }
    writer.finish().unwrap();
    let packed = fs::read(&cut).unwrap();
    fs::write(&cut, &packed[..packed.len() / 2]).unwrap();
    let plot = "bus plot cut.log.gz --dbc car.dbc --signal Motion.Speed -o cut.svg";
    for arguments in
        ["bus stats cut.log.gz", "bus decode cut.log.gz --dbc car.dbc", "bus top cut.log.gz --speed 0", plot]
    {
        let output = tandem(&garage, arguments).output().unwrap();
        let error = String::from_utf8(output.stderr.clone()).unwrap();
        assert!(error.contains("the recording breaks off here"), "{arguments}: {error}");
        assert!(!error.contains("without a frame"), "{arguments}: {error}");
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        assert!(!output.stdout.is_empty(), "{arguments}");
    }
    assert!(garage.path().join("cut.svg").exists());
}

#[test]
fn a_car_without_the_recordings_bus_is_told_and_so_is_a_bit_rate_that_nobody_says() {
    let garage = garage();
    for arguments in ["bus stats drive.log --dbc can1=car.dbc", "bus top drive.log --dbc can1=car.dbc --speed 0"] {
        let told = tells(&garage, arguments);
        assert!(told.contains("no DBC file is for a bus here: there is can0, they are for can1"), "{told}");
        assert!(told.contains("assumed"), "{told}");
        let told = tells(&garage, &format!("{arguments} --bitrate 250000"));
        assert!(told.contains("250") && !told.contains("assumed"), "{told}");
    }
}

#[test]
fn texts_of_a_dbc_file_break_no_line() {
    let garage = garage();
    let odd =
        "BO_ 291 Motion: 3 X\n SG_ Gear : 16|8@1+ (1,0) [0|0] \"a\nb\u{1b}[31m\" X\n\nVAL_ 291 Gear 3 \"x\ny\" ;\n";
    fs::write(garage.path().join("odd.dbc"), odd).unwrap();
    fs::write(garage.path().join("one.log"), "(7.000000) can0 123#000003\n").unwrap();
    for arguments in ["bus decode one.log --dbc odd.dbc", "replay one.log --dbc odd.dbc"] {
        let output = tandem(&garage, arguments).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "(7.000000) can0 Motion: Gear=3 a b [31m (x y)\n");
    }
}

#[test]
fn the_last_moment_that_there_is_does_not_end_the_top() {
    let garage = garage();
    fs::write(garage.path().join("late.log"), "(18446744073.709551) can0 123#000003\n").unwrap();
    let told = tells(&garage, "bus top late.log --speed 0");
    assert!(told.starts_with("status 0\n") && told.contains("123"), "{told}");
}

#[test]
fn who_waits_for_a_pipe_into_which_nobody_writes_ends_when_it_is_told() {
    let garage = garage();
    let pipe = garage.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    for command in ["stats", "top"] {
        let mut child = tandem(&garage, &format!("bus {command} pipe"));
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let process = rustix::process::Pid::from_child(&child);
        // Before it listens for it, the signal would end it at once.
        let caught = || {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
            let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t")).unwrap().to_owned();
            u64::from_str_radix(&mask, 16).unwrap() & (1 << 14) != 0
        };
        while !caught() {
            std::thread::yield_now();
        }
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        let mut error = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut error).unwrap();
        assert_eq!((child.wait().unwrap().code(), error.contains("interrupted")), (Some(1), true), "{error}");
    }
}
