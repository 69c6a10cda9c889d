//! The policy of the system's bus, tried cell by cell: a bus with that configuration, and somebody on it for each role of the table.
//! It takes root to be several users. Who is none is told so, and tries nothing.

#![cfg(test)]

mod someone;

use std::collections::BTreeMap;

use tandem_contracts::signals;
use tandem_policy::{Account, Role, Served, TABLE, Table, written};
use tandem_scenes::Daemon;

use crate::someone::{Programs, Someone};

/// Users of this machine that stand in for those of an image: dbus-daemon passes over a rule for anybody whom it cannot look up, and takes no connection of such a one.
/// Each has a group of its own with the same number.
fn stand_ins() -> impl Iterator<Item = u32> {
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let users: Vec<u32> = users
        .lines()
        .filter_map(|line| {
            let fields: Vec<_> = line.split(':').collect();
            let (user, group): (u32, u32) = (fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?);
            (user == group && user != 0).then_some(user)
        })
        .collect();
    users.into_iter()
}

fn user(table: &Table, role: &str) -> u32 {
    if table.roles.get(role).and_then(Role::account) == Some(Account::User("root")) {
        return 0;
    }
    // Whoever is no role is a stranger.
    let number = table.roles.keys().position(|known| known == role).unwrap_or(table.roles.len());
    stand_ins().nth(number).expect("as many users as a Debian without anything has")
}

/// The bus of a car, and everybody who is on it.
struct Stage {
    table: Table,
    daemon: Daemon,
    programs: Programs,
    /// By what they serve in the table, or by their role.
    people: BTreeMap<String, Someone>,
}

impl Stage {
    /// `None` if it takes root and this is none.
    fn set() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            tandem_scenes::skip("the bus's policy takes several users, and only root can be them: run it as root");
            return None;
        }
        let table = Table::read(TABLE).unwrap();
        let numbered = |account: Account<'_>| {
            let role = table.roles.iter().find(|(_, role)| role.account() == Some(account)).unwrap().0;
            user(&table, role).to_string()
        };
        let daemon = Daemon::of_a_system(written(&table, numbered).into_values());
        let programs = Programs::beside(&daemon);
        let mut stage = Self { table, daemon, programs, people: BTreeMap::new() };
        let roles: Vec<_> = stage.table.roles.keys().filter(|role| *role != "simulator").cloned().collect();
        for role in roles {
            let mut someone = stage.join(&role);
            for name in stage.table.roles[&role].owns.iter().filter(|name| *name != PHONE_PLAYERS) {
                assert_eq!(someone.told(&format!("own {name}")), "PrimaryOwner", "{role} {name}");
            }
            stage.people.insert(role, someone);
        }
        let mut stranger = stage.join("stranger");
        assert_eq!(stranger.told("own org.tandem.Elsewhere1"), "denied", "the stock policy lets nobody own anything");
        stage.people.insert("stranger".to_owned(), stranger);
        // Two players of phones: only one of them owns the name that all of them wait for.
        for (key, name) in [("phone-players", "a_1"), ("another player", "b_2")] {
            let mut player = stage.join("phone-link");
            player.told(&format!("queue {PHONE_PLAYERS}"));
            assert_eq!(player.told(&format!("own org.mpris.MediaPlayer2.tandem_phone.{name}")), "PrimaryOwner");
            stage.people.insert(key.to_owned(), player);
        }
        Some(stage)
    }

    fn join(&self, role: &str) -> Someone {
        Someone::start(&self.daemon, &self.programs, user(&self.table, role))
    }

    fn someone(&mut self, who: &str) -> &mut Someone {
        self.people.get_mut(who).unwrap()
    }

    /// What is served on this bus, by its key in the table.
    fn served(&self) -> Vec<(String, Served)> {
        let served = self.table.serves.iter().filter(|(key, _)| *key != "simulator");
        served.map(|(key, served)| (key.clone(), served.clone())).collect()
    }

    /// Everybody who may be told a role's rights; the phones' players have those of their service.
    fn roles(&self) -> Vec<String> {
        let roles = self.people.keys().filter(|who| **who == "stranger" || self.table.roles.contains_key(*who));
        roles.cloned().collect()
    }
}

const PHONE_PLAYERS: &str = tandem_contracts::mpris::PHONE_PLAYERS;

#[test]
fn every_call_goes_through_or_is_denied_as_the_table_says() {
    let Some(mut stage) = Stage::set() else { return };
    let (mut passed, mut denied, mut wrong) = (0, 0, Vec::new());
    for (key, served) in stage.served() {
        // A player that waits for the common name is reached all the same, by its own.
        let reached_by = if key == "phone-players" { "org.mpris.MediaPlayer2.tandem_phone.b_2" } else { &served.name };
        for (interface, of) in &served.interfaces {
            for method in of.methods.keys().map(String::as_str).chain(["NotInTheTable"]) {
                for role in stage.roles() {
                    let order = format!("call {reached_by} {} {interface} {method}", of.paths[0]);
                    let answer = stage.someone(&role).told(&order);
                    let expected =
                        if stage.table.may_call(&role, &key, interface, method) { "passed" } else { "denied" };
                    match answer.as_str() {
                        "passed" => passed += 1,
                        "denied" => denied += 1,
                        _ => {}
                    }
                    if answer != expected {
                        wrong.push(format!("{role}: {order}: {answer}, and not {expected}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), passed + denied, wrong.join("\n"));
    assert!(passed > 300 && denied > 700, "{passed} passed, {denied} denied");
}

#[test]
fn every_signal_comes_to_those_whom_the_table_names_and_from_its_service_alone() {
    let Some(mut stage) = Stage::set() else { return };
    let roles = stage.roles();
    for role in &roles {
        assert_eq!(stage.someone(role).told("listen"), "listens");
    }
    let mut wrong = Vec::new();
    let mut signals = 0;
    let senders: Vec<String> = stage.people.keys().cloned().collect();
    let names: BTreeMap<_, _> = stage.people.iter().map(|(who, someone)| (who.clone(), someone.name.clone())).collect();
    let addresses = roles.iter().map(|role| names[role].as_str()).collect::<Vec<_>>().join(" ");
    for (key, served) in stage.served() {
        for (interface, of) in &served.interfaces {
            for (path, signal) in of.paths.iter().flat_map(|path| of.signals.keys().map(move |signal| (path, signal))) {
                signals += 1;
                let said = format!("{path} {interface} {signal}");
                // Once to everybody, and once to each one's own address, which meets no match rule.
                for sender in &senders {
                    stage.someone(sender).told(&format!("emit {said} {addresses}"));
                }
                for role in &roles {
                    let heard = stage.someone(role).heard();
                    for sender in &senders {
                        // Several of our own serve MPRIS: each speaks for itself.
                        let speaker = if sender == "another player" { "phone-players" } else { sender };
                        let is_its_own = stage
                            .table
                            .serves
                            .get(speaker)
                            .and_then(|served| served.interfaces.get(interface))
                            .is_some_and(|of| of.paths.contains(path));
                        let may = is_its_own && stage.table.may_hear(role, speaker, interface, signal);
                        let count = heard.get(&format!("{} {said}", names[sender])).copied().unwrap_or_default();
                        if count != if may { 2 } else { 0 } {
                            wrong.push(format!("{role} heard {sender} {count} times ({may}): {said} ({key})"));
                        }
                    }
                }
            }
        }
    }
    assert!(signals > 15, "{signals}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_name_is_owned_by_its_user_and_by_one_process_of_it() {
    let Some(mut stage) = Stage::set() else { return };
    let owned: Vec<(String, String)> = stage
        .table
        .roles
        .iter()
        .flat_map(|(role, of)| of.owns.iter().map(|name| (role.clone(), name.clone())))
        .chain([("phone-link".to_owned(), "org.mpris.MediaPlayer2.tandem_phone.a_1".to_owned())])
        .collect();
    assert!(owned.len() > 10);
    let mut wrong = Vec::new();
    for (owner, name) in &owned {
        for role in stage.roles() {
            let answer = stage.someone(&role).told(&format!("own {name}"));
            if role != *owner && answer != "denied" {
                wrong.push(format!("{role} {name}: {answer}"));
            }
        }
        if owner != "simulator" {
            // Under the same user: a service that was started twice.
            let answer = stage.join(owner).told(&format!("own {name}"));
            if answer != "taken" {
                wrong.push(format!("a second {owner} {name}: {answer}"));
            }
        }
    }
    // A player that nobody of ours is.
    for role in stage.roles() {
        let answer = stage.someone(&role).told("own org.mpris.MediaPlayer2.stranger");
        if answer != "denied" {
            wrong.push(format!("{role} is a player of its own: {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nobody_hears_an_answer_of_somebody_who_was_not_asked() {
    let Some(mut stage) = Stage::set() else { return };
    let everybody: Vec<String> = stage.people.values().map(|someone| someone.name.clone()).collect();
    let senders: Vec<String> = stage.people.keys().cloned().collect();
    for sender in &senders {
        assert_eq!(stage.someone(sender).told(&format!("answer {}", everybody.join(" "))), "sent");
    }
    for hearer in &senders {
        let heard = stage.someone(hearer).heard();
        assert!(heard.is_empty(), "{hearer}: {heard:?}");
    }
    // Of the one who was asked it is heard, by the one who asked.
    let (asker, asked) = ("centre", "vehicle");
    assert_eq!(
        stage.someone(asker).told(&format!("call {} {} {} List", signals::NAME, signals::PATH, signals::NAME)),
        "passed"
    );
    let answer = format!("{} answers", stage.people[asked].name);
    assert_eq!(stage.someone(asker).heard(), BTreeMap::from([(answer, 1)]));
}
