//! What `tandem` does by itself, without a service: decoding by a DBC file, checking cars, saying what is wrong.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const DBC: &str = "BO_ 291 Motion: 2 X\n SG_ Speed : 0|16@1+ (0.01,0) [0|655.34] \"km/h\" X\n\nBA_DEF_ BO_ \"GenMsgCycleTime\" INT 0 1000;\nBA_DEF_DEF_ \"GenMsgCycleTime\" 20;\n";
const CAR: &str = "name = \"Two\"\ndescription = \"A test.\"\n[buses.can0]\ndbc = \"two.dbc\"\ndbc_source = \"the moon\"\nbitrate = 500_000\n\n[[signals]]\nleaf = \"Vehicle.Speed\"\nbus = \"can0\"\nmessage = \"Motion\"\nsignal = \"Speed\"\n";
const LOG: &str = "(7.000001) can0 123#B80B\n(7.5 can0 123#0000\n(8.000000) can0 124#00\n";

/// A folder with an invented car, its DBC file beside it, and a recording.
fn garage() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let car = folder.path().join("assets/cars/two");
    fs::create_dir_all(&car).unwrap();
    fs::write(car.join("car.toml"), CAR).unwrap();
    fs::write(car.join("two.dbc"), DBC).unwrap();
    fs::write(folder.path().join("drive.log"), LOG).unwrap();
    folder
}

fn tandem(garage: &TempDir, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tandem"));
    command.args(arguments.split_whitespace()).current_dir(garage.path()).stdin(Stdio::null());
    for name in ["TANDEM_ASSETS", "TANDEM_DBC_PATH", "TANDEM_BUS", "DISPLAY", "WAYLAND_DISPLAY"] {
        command.env_remove(name);
    }
    command.env("XDG_RUNTIME_DIR", garage.path()).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    command
}

/// Exit status, standard output and standard error, without the folder's own name.
fn told(garage: &TempDir, output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&garage.path().display().to_string(), "GARAGE");
    format!("status {}\n{}{}", output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn tells(arguments: &str) -> String {
    let garage = garage();
    told(&garage, &tandem(&garage, arguments).output().unwrap())
}

#[test]
fn a_dbc_file_alone_decodes_a_recording() {
    insta::assert_snapshot!(tells("replay drive.log --dbc assets/cars/two/two.dbc"), @r"
    status 0
    (7.000001) can0 Motion: Speed=30 km/h
    2 frames, 1 of messages that the DBC file knows, 1 unknown id: 124
    1 line left out, the first of them:
      line 2, column 5: expected `)` behind the time stamp
    ");
    insta::assert_snapshot!(tells("replay drive.log --dbc assets/cars/two/two.dbc --json --strict"), @r#"
    status 1
    {"t":7.000001,"bus":"can0","id":"123","message":"Motion","signals":{"Speed":30.0}}
    tandem: drive.log: line 2, column 5: expected `)` behind the time stamp (--strict stops here)
    "#);
}

#[test]
fn a_recording_may_come_from_standard_input() {
    let garage = garage();
    let mut command = tandem(&garage, "replay - --dbc assets/cars/two/two.dbc");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(LOG.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(told(&garage, &output).contains("(7.000001) can0 Motion: Speed=30 km/h\n"));
}

#[test]
fn a_recording_is_what_its_bytes_say_and_not_its_name() {
    let garage = garage();
    let packed = garage.path().join("packed.gz");
    let mut log = tandem_logs::open(garage.path().join("drive.log")).unwrap();
    let mut writer = tandem_logs::Writer::create(&packed).unwrap();
    for frame in log.by_ref().filter_map(Result::ok) {
        writer.write(&frame, "can0").unwrap();
    }
    writer.finish().unwrap();
    let packed = fs::read(packed).unwrap();
    fs::write(garage.path().join("cut.bin"), &packed[..packed.len() - 4]).unwrap();
    fs::write(garage.path().join("packed.bin"), packed).unwrap();
    fs::write(garage.path().join("vector.bin"), "base hex\n7.000001 1 123 Rx d 2 B8 0B\n7.1 1 1x Rx d 9\n").unwrap();
    fs::write(garage.path().join("other.log"), "MDF     4.10    ").unwrap();
    let asked = ["packed.bin", "vector.bin", "cut.bin", "other.log"];
    let told = asked.map(|asked| {
        let asked = format!("replay {asked} --dbc assets/cars/two/two.dbc");
        told(&garage, &tandem(&garage, &asked).output().unwrap())
    });
    insta::assert_snapshot!(told.join("\n"), @r"
    status 0
    (7.000001) can0 Motion: Speed=30 km/h
    2 frames, 1 of messages that the DBC file knows, 1 unknown id: 124

    status 0
    (7.000001) can0 Motion: Speed=30 km/h
    1 frame, 1 of messages that the DBC file knows, no unknown id
    1 line left out, the first of them:
      line 3, column 16: expected a byte

    status 1
    (7.000001) can0 Motion: Speed=30 km/h
    tandem: cut.bin: line 3, the recording breaks off here: unexpected end of file

    status 2
    tandem: cannot read the recording other.log: it is an ASAM MDF file; read are candump text, Vector ASC and BLF, and each of them in gzip, xz or zstd: python-can's `can_logconvert` makes one of them from it
    ");
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let garage = garage();
    let line = "(7.000001) can0 123#B80B\n";
    fs::write(garage.path().join("long.log"), line.repeat(100_000)).unwrap();
    let mut command = tandem(&garage, "replay long.log --dbc assets/cars/two/two.dbc");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(told(&garage, &output), "status 0\n");
}

#[test]
fn a_replay_says_in_one_line_what_it_lacks() {
    let asked = [
        "replay drive.log",
        "replay drive.log --car three",
        "replay lost.log --car two",
        "replay assets/cars/two/two.dbc --car two",
        "replay drive.log --car two --strict",
        "replay drive.log --dbc lost.dbc",
        "replay drive.log --dbc drive.log",
    ];
    insta::assert_snapshot!(asked.map(tells).join("\n"), @r"
    status 2
    tandem: which car is this a recording of? Say --car NAME (two knows 1 of its 2 ids)

    status 2
    tandem: there is no car `three`: looked for GARAGE/assets/cars/three/car.toml; the cars here are: two (a path to a folder with a car.toml does as well)

    status 2
    tandem: cannot read the recording lost.log: No such file or directory (os error 2)

    status 2
    tandem: assets/cars/two/two.dbc has no frame: record one with `candump -l can0`, or give a Vector ASC or BLF file; line 1, column 1: expected `(` before the time stamp

    status 1
    tandem: drive.log:2: column 5: expected `)` behind the time stamp (--strict stops here)

    status 2
    tandem: cannot read the DBC file lost.dbc: No such file or directory (os error 2)

    status 2
    tandem: drive.log: line 1, column 1: expected a statement (BO_, CM_, BA_DEF_, BA_, VAL_ and so on), found `(7.000001) can0 123#B80B`
    ");
}

#[test]
fn a_car_without_its_dbc_file_says_where_that_comes_from() {
    let garage = garage();
    fs::rename(garage.path().join("assets/cars/two/two.dbc"), garage.path().join("two.dbc")).unwrap();
    let without = tandem(&garage, "replay drive.log --car two").output().unwrap();
    let check = tandem(&garage, "car check two --dbc-path .").output().unwrap();
    insta::assert_snapshot!(told(&garage, &without) + &told(&garage, &check), @r"
    status 2
    tandem: the car two cannot be used: can0 of this car needs `two.dbc`, which is in none of: GARAGE/assets/cars/two. Put it into one of them or name its folder with --dbc-path. It comes from the moon
    status 0
    Two: 1 signal from 1 bus, no mistake
    ");
}

#[test]
fn a_file_beside_the_recording_that_makes_no_sense_is_shown() {
    let garage = garage();
    fs::write(garage.path().join("drive.toml"), "# a drive\ncar = 3\n").unwrap();
    let output = tandem(&garage, "replay drive.log").output().unwrap();
    assert_eq!(
        told(&garage, &output),
        "status 2\ntandem: drive.toml:2: invalid type: integer `3`, expected a string\n"
    );
}

#[test]
fn every_mistake_of_a_car_is_shown_at_once() {
    let garage = garage();
    let car = garage.path().join("assets/cars/two/car.toml");
    fs::write(&car, CAR.replace("Vehicle.Speed", "Vehicle.Sped") + "skale = 2\n").unwrap();
    let check = tandem(&garage, "car check assets/cars/two").output().unwrap();
    let replay = tandem(&garage, "replay drive.log --car two").output().unwrap();
    insta::assert_snapshot!(told(&garage, &check) + &told(&garage, &replay), @r"
    status 1
    GARAGE/assets/cars/two/car.toml:9:8: `leaf`: no leaf `Vehicle.Sped` in the catalogue: did you mean `Vehicle.Speed`?
    GARAGE/assets/cars/two/car.toml:13:1: unknown key `skale` in [[signals]]: did you mean `scale`?
    2 mistakes
    status 2
    tandem: GARAGE/assets/cars/two/car.toml:9:8: `leaf`: no leaf `Vehicle.Sped` in the catalogue: did you mean `Vehicle.Speed`? (and 1 more: `tandem car check GARAGE/assets/cars/two` lists all)
    ");
}

/// Breaks the format in every way that is mended, and is odd in every way that is not.
const FLAWED: &str = include_str!("flawed.dbc");

#[test]
fn every_flaw_of_a_dbc_file_is_named_by_its_line() {
    let garage = garage();
    fs::write(garage.path().join("flawed.dbc"), FLAWED).unwrap();
    fs::write(garage.path().join("quote.dbc"), "BO_ 1 A: 8 X\nCM_ \"no end\n").unwrap();
    let asked = ["bus lint flawed.dbc", "bus lint assets/cars/two/two.dbc", "bus lint quote.dbc", "bus lint lost.dbc"];
    insta::assert_snapshot!(asked.map(|asked| told(&garage, &tandem(&garage, asked).output().unwrap())).join("\n"));
}

#[test]
fn flaws_are_told_as_a_document() {
    let garage = garage();
    fs::write(garage.path().join("flawed.dbc"), FLAWED).unwrap();
    let output = tandem(&garage, "bus lint --json flawed.dbc").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["file"], "flawed.dbc");
    let found = document["findings"].as_array().unwrap();
    let kinds: std::collections::BTreeSet<_> = found.iter().map(|found| found["kind"].as_str().unwrap()).collect();
    assert_eq!((found.len(), kinds.len()), (21, 16));
    let first = &found[0];
    assert_eq!((&first["line"], &first["kind"]), (&5.into(), &"wide-id".into()));
    let none = tandem(&garage, "bus lint --json assets/cars/two/two.dbc").output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&none.stdout).unwrap();
    assert_eq!((none.status.code(), &document["findings"]), (Some(0), &serde_json::json!([])));
}

#[test]
fn a_cars_check_names_what_the_lint_mends() {
    let garage = garage();
    let flawed = FLAWED.to_owned() + &DBC.replace("BO_ 291", "BO_ 292");
    fs::write(garage.path().join("assets/cars/two/two.dbc"), flawed).unwrap();
    let text = |arguments: &str| String::from_utf8(tandem(&garage, arguments).output().unwrap().stdout).unwrap();
    let (check, lint) = (text("car check two"), text("bus lint assets/cars/two/two.dbc"));
    let mended: Vec<_> = check.lines().filter_map(|line| line.split_once(": mended: ").map(|(_, what)| what)).collect();
    let odd = |line: &&str| line.ends_with("[overlap]") || line.ends_with("[duplicate-message]");
    let found = lint.lines().filter(|line| line.ends_with(']') && !odd(line));
    let found: Vec<_> =
        found.map(|line| line.splitn(3, ':').nth(2).unwrap().rsplit_once(" [").unwrap().0.trim()).collect();
    assert!(mended.len() > 15);
    assert_eq!(mended, found);
}

#[test]
fn cars_are_listed() {
    insta::assert_snapshot!(tells("car list"), @r"
    status 0
    car  buses            signals  what it is
    two  can0 by two.dbc        1  Two: A test.
    ");
}

#[test]
fn without_a_bus_or_cars_it_says_what_to_do() {
    let garage = garage();
    let nowhere = tandem(&garage, "car list").env("TANDEM_ASSETS", garage.path()).output().unwrap();
    insta::assert_snapshot!(tells("signals get") + &told(&garage, &nowhere), @r"
    status 2
    tandem: there is no bus (No such file or directory (os error 2)): start `tandem sim` in another shell, or set TANDEM_BUS to the address of the bus; in a car that is `system`
    status 2
    tandem: TANDEM_ASSETS is GARAGE, which has no folder `cars`
    ");
}

const TREE: &str = r#"{"Vehicle": {"type": "branch", "children": {"Cabin": {"type": "branch", "children": {
  "RearShade": {"type": "branch", "children": {"Position": {"type": "actuator", "datatype": "uint8", "unit": "percent", "max": 100,
    "deprecation": "v9.0 - use another."}}}}}}}}"#;
const OVERLAY: &str = "Vehicle.Speed:\n  type: sensor\n  dbc2vss: {signal: Speed, interval_ms: 100}\nVehicle.Cabin.RearShade.Position:\n  type: actuator\n  dbc2vss:\n    signal: Speed\n    transform: {math: \"x / 10\"}\n";

#[test]
fn an_imported_car_passes_its_check_and_nothing_is_written_over() {
    let garage = garage();
    fs::write(garage.path().join("own.vspec"), OVERLAY).unwrap();
    fs::write(garage.path().join("vss.json"), TREE).unwrap();
    let run = |arguments: &str| told(&garage, &tandem(&garage, arguments).output().unwrap());
    let import = "car import own.vspec --dbc assets/cars/two/two.dbc --out made";
    insta::assert_snapshot!(run(&format!("{import} --vss vss.json")), @r"
    status 0
    2 signals carried over, 0 not
    ");
    insta::assert_snapshot!(run("car check made --vss vss.json"), @r"
    status 0
    GARAGE/made/car.toml:16: warning: `Vehicle.Cabin.RearShade.Position` is out of use: v9.0 - use another.
    Imported car: 2 signals from 1 bus, no mistake, 1 warning
    ");
    insta::assert_snapshot!(run("car check made"), @r"
    status 1
    GARAGE/made/car.toml:17:8: `leaf`: no leaf `Vehicle.Cabin.RearShade.Position` in the catalogue: did you mean `Vehicle.Cabin.DriverPosition`?
    1 mistake
    ");
    insta::assert_snapshot!(run(import), @r"
    status 2
    tandem: made/car.toml is there already: name another folder
    ");
    insta::assert_snapshot!(run("car import own.vspec --dbc assets/cars/two/two.dbc"), @r#"
    status 1
    name = "Imported car"
    description = "Imported from own.vspec."

    [buses.can0]
    dbc = "two.dbc"
    bitrate = 500000 # a guess: the mapping does not say it

    [[signals]]
    leaf = "Vehicle.Speed"
    bus = "can0"
    message = "Motion"
    signal = "Speed"
    interval_ms = 100
    on_change = false
    own.vspec:4:1: no leaf `Vehicle.Cabin.RearShade.Position` in the catalogue: `--vss FILE` adds the leaves of VSS
    1 signal carried over, 1 not
    "#);
}

#[test]
fn a_vss_file_that_cannot_be_read_is_told_by_every_command_that_takes_it() {
    let garage = garage();
    fs::write(garage.path().join("vss.json"), "{\"Vehicle\": {\"type\": \"brnch\"},\n\"Vehicle\": 3}").unwrap();
    let run = |arguments: &str| told(&garage, &tandem(&garage, arguments).output().unwrap());
    insta::assert_snapshot!(run("car check two --vss vss.json"), @r"
    status 1
    vss.json:2:1: `Vehicle` is here already, in line 1
    1 mistake
    ");
    let expected = "status 2\ntandem: vss.json:2:1: `Vehicle` is here already, in line 1\n";
    for command in ["replay drive.log --car two", "sim --car two", "car import x --dbc assets/cars/two/two.dbc"] {
        assert_eq!(run(&format!("{command} --vss vss.json")), expected, "{command}");
    }
    let missing = run("car check two --vss nowhere.json");
    assert_eq!(missing, "status 2\ntandem: cannot read nowhere.json: No such file or directory (os error 2)\n");
}

#[test]
fn an_answer_that_cannot_be_written_is_an_error_and_one_that_nobody_reads_is_none() {
    let garage = garage();
    let stats = || tandem(&garage, "bus stats drive.log --dbc assets/cars/two/two.dbc --bitrate 500000");
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = stats().stdout(full).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("tandem: cannot write the answer to standard output: No space left on device"), "{said}");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = stats().stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("tandem: "), "{output:?}");
}

#[test]
fn a_bus_whose_name_is_no_text_is_a_wrong_set_up_and_not_another_bus() {
    use std::os::unix::ffi::OsStrExt;
    let garage = garage();
    let mut command = tandem(&garage, "doctor");
    command.env("TANDEM_BUS", std::ffi::OsStr::from_bytes(b"unix:path=/run/\xff"));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(r#"TANDEM_BUS is "unix:path=/run/\xFF", which is not UTF-8"#), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
