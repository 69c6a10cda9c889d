use super::*;

const SMALL: &str = r#"
[roles.car]
user = "car"
file = "car.conf"
owns = ["a.Car"]
asks_the_bus = ["Hello"]

[roles.screen]
user = "screen"
file = "screen.conf"
owns_below = ["a.Screen"]
asks_the_bus = ["Hello"]
others."b.Radio"."b.Radio" = { methods = ["Tune"], signals = ["Tuned"] }

[roles.bench]
private = true
owns = ["a.Bench"]

[serves.car]
role = "car"
name = "a.Car"

[serves.car.interfaces."a.Car"]
methods.Stop = ["screen"]
methods.Explode = []
signals.Stopped = ["screen"]

[serves.bench]
role = "bench"
name = "a.Bench"

[serves.bench.interfaces."a.Bench"]
methods.Shake = ["screen"]
"#;

fn refused(table: &str) -> String {
    Table::read(table).unwrap_err().to_string()
}

#[test]
fn what_stands_in_the_table_is_allowed_and_nothing_else() {
    let table = Table::read(SMALL).unwrap();
    assert!(table.may_call("screen", "car", "a.Car", "Stop") && table.may_hear("screen", "car", "a.Car", "Stopped"));
    for (role, method) in [("screen", "Explode"), ("car", "Stop"), ("screen", "Start"), ("nobody", "Stop")] {
        assert!(!table.may_call(role, "car", "a.Car", method), "{role} {method}");
    }
    assert!(!table.may_call("screen", "car", "a.Lorry", "Stop") && !table.may_call("screen", "bus", "a.Car", "Stop"));
}

#[test]
fn a_role_has_one_file_and_what_is_private_none() {
    let files = written(&Table::read(SMALL).unwrap(), named);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["car.conf", "screen.conf"]);
    let (car, screen) = (&files["car.conf"], &files["screen.conf"]);
    assert!(car.contains(r#"<deny own="a.Car"/>"#) && car.contains(r#"<allow own="a.Car"/>"#), "{car}");
    assert!(
        car.contains(r#"<allow send_type="signal" send_path="/a/Car" send_interface="a.Car" send_member="Stopped"/>"#)
    );
    assert!(screen.contains(r#"<allow own_prefix="a.Screen"/>"#), "{screen}");
    assert!(screen.contains(r#"send_destination="a.Car" send_interface="a.Car" send_member="Stop"/>"#), "{screen}");
    assert!(screen.contains(r#"send_destination="b.Radio" send_interface="b.Radio" send_member="Tune"/>"#), "{screen}");
    assert!(
        screen.contains(r#"receive_sender="b.Radio" receive_interface="b.Radio" receive_member="Tuned"/>"#),
        "{screen}"
    );
    assert!(!car.contains("b.Radio") && !screen.contains(r#"own="b.Radio""#), "{car}");
    assert!(!screen.contains("Explode") && !screen.contains("Shake"), "{screen}");
    assert_eq!((faults(car), faults(screen)), (vec![], vec![]));
}

#[test]
fn an_account_may_be_written_as_a_number() {
    let files = written(&Table::read(SMALL).unwrap(), |account| {
        if account == Account::User("car") { "123".to_owned() } else { named(account) }
    });
    assert!(
        files["car.conf"].contains(r#"<policy user="123">"#)
            && files["screen.conf"].contains(r#"<policy user="screen">"#)
    );
}

#[test]
fn a_table_that_contradicts_itself_is_none() {
    assert_eq!(
        refused(&SMALL.replace("Stop = [\"screen\"]", "Stop = [\"scren\"]")),
        "serves.car: a.Car.Stop: there is no role `scren`"
    );
    assert_eq!(
        refused(&SMALL.replace("Stop = [\"screen\"]", "Stop = [\"screen\", \"screen\"]")),
        "serves.car: a.Car.Stop: `screen` stands there twice"
    );
    assert_eq!(refused(&SMALL.replace("role = \"car\"", "role = \"lorry\"")), "serves.car: there is no role `lorry`");
    assert_eq!(refused(&SMALL.replace("owns = [\"a.Car\"]", "")), "serves.car: its role `car` does not own `a.Car`");
    let twofold = refused(&SMALL.replace("private = true", "private = true\nuser = \"x\""));
    assert_eq!(twofold, "roles.bench: exactly one of `user`, `group` and `private` is needed");
    assert_eq!(refused(&SMALL.replace("methods.Stop", "mehtods.Stop")), "the table does not read");
}

#[test]
fn a_rule_that_lets_too_much_through_is_a_fault() {
    for rule in [
        r#"<allow send_interface="a.Car" send_member="Stop" send_type="method_call"/>"#,
        r#"<allow send_destination="*" send_interface="a.Car" send_member="Stop" send_type="method_call"/>"#,
        r#"<allow send_destination="a.Car" send_type="method_call"/>"#,
        r#"<allow send_destination="a.Car" send_interface="a.Car" send_member="Stop"/>"#,
        r#"<allow send_type="signal"/>"#,
        r#"<allow send_type="signal" send_interface="a.Car" send_member="Stopped"/>"#,
        r#"<allow receive_type="signal"/>"#,
        r#"<allow receive_type="signal" receive_sender="a.Car"/>"#,
        r#"<allow own="*"/>"#,
        r#"<policy at_console="true">"#,
        r#"<deny send_destination="a.Car" eavesdrop="true"/>"#,
    ] {
        assert!(!faults(rule).is_empty(), "{rule}");
    }
}
