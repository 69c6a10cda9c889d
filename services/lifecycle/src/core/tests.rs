use tandem_contracts::unheard::Unheard;
use tandem_contracts::{mpris, screen, signals};

use super::judge::LEAST_ROOM;
use super::*;

const LATER: Duration = Duration::from_secs(31);

fn core(place: Place) -> Core {
    Core::new(place, BTreeSet::from([Who::PhoneLink]), "0.1.0", 7)
}

/// All names of a part are on the bus, or none.
fn come(core: &mut Core, who: Who, is_owned: bool) {
    for name in who.names() {
        core.name(name, is_owned);
    }
}

fn answers(core: &mut Core, who: Who, told: Result<Told, Why>) {
    let (_, era) = core.present().find(|(present, _)| *present == who).unwrap();
    core.hear(who, era, Answer { version: "0.1.0".into(), told });
}

fn bus(name: &str, state: &str) -> BusStatistics {
    BusStatistics { name: name.into(), state: state.into(), frames: 9, ..BusStatistics::default() }
}

/// What the vehicle service tells: its buses, for how many ms those were silent that were heard, and how far the car is switched on.
fn car(buses: Vec<BusStatistics>, silences: &[(&str, u64)], power: &str) -> Told {
    let silences = silences.iter().map(|(name, silence)| ((*name).to_owned(), *silence)).collect();
    Told::Car(Car { buses, silences, power: power.into() })
}

fn settings(kind: &str, is_kept: bool) -> Told {
    let notice = Notice { kind: kind.into(), file: "/x".into(), reason: "why".into() };
    Told::Settings { notice: if kind.is_empty() { Notice::default() } else { notice }, is_kept }
}

fn media(sources: usize, device: &str) -> Told {
    Told::Media { sources, library: Ok(()), is_kept: true, device: device.into() }
}

/// Everybody that is to be there is, and well.
fn all_well(place: Place) -> Core {
    let mut core = core(place);
    for who in Who::ALL.into_iter().filter(|who| *who != Who::PhoneLink) {
        come(&mut core, who, true);
    }
    answers(&mut core, Who::Vehicle, Ok(car(vec![bus("can0", "active")], &[("can0", 10)], "ON")));
    answers(&mut core, Who::Settings, Ok(settings("", true)));
    answers(&mut core, Who::Media, Ok(media(2, "pipewire")));
    answers(&mut core, Who::Cluster, Ok(Told::Misdrawn(Vec::new())));
    answers(&mut core, Who::Centre, Ok(Told::Misdrawn(Vec::new())));
    let space = Ok(Space { free: 900 << 20, takes_no_file: false, is_read_only: false });
    core.see(Machine { interfaces: Vec::new(), rooms: vec![Room { folders: "/var".into(), space }] });
    core
}

fn part(core: &Core, name: &str, now: Duration) -> Part {
    core.report(now).parts.into_iter().find(|part| part.name == name).unwrap()
}

fn finding(core: &Core, kind: &str) -> Finding {
    core.report(LATER).findings.into_iter().find(|finding| finding.kind == kind).unwrap()
}

/// A line a thing, as a person would write it down.
fn told(report: &Report) -> String {
    let part = |part: &Part| format!("{} {} [{}]: {}\n", part.health, part.name, part.version, part.says);
    let finding = |one: &Finding| format!("{} {} {}: {}\n", one.health, one.kind, one.name, one.says);
    report.parts.iter().map(part).chain(report.findings.iter().map(finding)).collect()
}

#[test]
fn a_car_in_which_all_is_well() {
    let report = all_well(Place::Car).report(LATER);
    assert!(report.is_well);
    insta::assert_snapshot!(told(&report), @r"
    well vehicle [0.1.0]: answers
    well settings [0.1.0]: answers
    well media [0.1.0]: answers
    away phone-link []: is not on the bus
    well cluster [0.1.0]: answers, and draws what it is told
    well centre [0.1.0]: answers, and draws what it is told
    well lifecycle [0.1.0]: answers
    well bus can0: 9 frames, load 0.0 %, 0 lost
    well database settings: keeps what is set
    well database library: is read, 2 sources
    well device sound: music plays to pipewire
    well disk /var: 900 MiB free
    ");
}

#[test]
fn who_was_never_there_is_waited_for_and_then_missed() {
    let mut core = core(Place::Car);
    core.name(signals::NAME, true);
    let health = |core: &Core, now| ["vehicle", "media", "phone-link"].map(|name| part(core, name, now).health);
    assert_eq!(health(&core, Duration::ZERO), ["starting", "starting", "away"]);
    assert_eq!(health(&core, START_UP), ["ill", "ill", "away"]);
    assert!(!core.report(Duration::ZERO).is_well, "somebody is waited for");
    assert!(part(&core, "vehicle", LATER).says.starts_with("lacks org.tandem.Bus1"));
    assert_eq!(part(&core, "vehicle", LATER).owned, [signals::NAME]);
    assert_eq!((core.patience_ends(Duration::ZERO), core.patience_ends(START_UP)), (Some(START_UP), None));
}

#[test]
fn who_was_there_is_missed_at_once() {
    let mut core = all_well(Place::Car);
    come(&mut core, Who::Media, false);
    let media = part(&core, "media", Duration::ZERO);
    assert_eq!((media.health.as_str(), media.version.as_str(), media.missing.len()), ("ill", "", 3));
    assert!(media.remedy.contains("journalctl -b -u tandem-media"), "{media:?}");
    assert!(!core.report(LATER).findings.iter().any(|finding| finding.name == "library"), "nobody knows of it");
    come(&mut core, Who::Media, true);
    let media = part(&core, "media", LATER);
    assert_eq!((media.health.as_str(), media.says.as_str()), ("starting", "has just come"));
    // Left out, and yet it was there and is gone: nobody misses it.
    come(&mut core, Who::PhoneLink, true);
    come(&mut core, Who::PhoneLink, false);
    assert_eq!(part(&core, "phone-link", LATER).health, "away");
}

#[test]
fn what_one_answered_who_has_gone_since_is_not_heard() {
    let mut core = all_well(Place::Desk);
    let (_, before) = core.present().find(|(who, _)| *who == Who::Centre).unwrap();
    core.name(screen::CENTRE, false);
    core.name(screen::CENTRE, true);
    assert_eq!(core.unheard().map(|(who, _)| who).collect::<Vec<_>>(), [Who::Centre]);
    core.hear(Who::Centre, before, Answer { version: "0.0.9".into(), told: Err(Why::Said("nothing came".into())) });
    assert_eq!(core.unheard().count(), 1);
    assert_eq!(part(&core, "centre", LATER).health, "starting");
}

#[test]
fn who_does_not_answer_is_ill_and_so_is_a_screen_that_draws_wrong() {
    let mut core = all_well(Place::Desk);
    answers(&mut core, Who::Settings, Err(Why::Late(Duration::from_secs(2))));
    let hangs = part(&core, "settings", LATER);
    assert_eq!((hangs.health.as_str(), hangs.says.as_str()), ("ill", "does not answer: nothing came within 2 s"));
    assert!(hangs.remedy.contains("pkill -KILL tandem-settings"), "{hangs:?}");
    answers(&mut core, Who::Cluster, Ok(Told::Misdrawn(vec!["abs".into()])));
    assert_eq!(part(&core, "cluster", LATER).says, "drew otherwise than it was told: abs");
}

#[test]
fn a_bus_is_well_while_its_controller_has_nothing_to_complain_of() {
    let mut core = all_well(Place::Car);
    let mut health = |state: &str, interface: Option<&str>| {
        answers(&mut core, Who::Vehicle, Ok(car(vec![bus("can0", state)], &[], "ON")));
        let interfaces = interface.map(|state| Interface { name: "can0".into(), state: state.into() });
        core.see(Machine { interfaces: interfaces.into_iter().collect(), rooms: Vec::new() });
        let found = finding(&core, "bus");
        assert_eq!(found.health == "ill", !found.remedy.is_empty(), "{found:?}");
        found.health
    };
    assert_eq!([health("active", Some("up")), health("unknown", None), health("active", Some("unknown"))], ["well"; 3]);
    for state in ["warning", "passive", "bus-off", "down", "absent", "unreadable"] {
        assert_eq!(health(state, Some("up")), "ill", "{state}");
    }
    assert_eq!(health("active", Some("down")), "ill", "the kernel says otherwise");
}

#[test]
fn a_bus_that_fell_silent_is_ill_while_the_car_is_on_and_sleeps_with_a_car_that_is_off() {
    let mut core = all_well(Place::Desk);
    let mut told = |silences: &[(&str, u64)], power: &str| {
        let buses = ["can0", "can1", "can2"].map(|name| BusStatistics { rate: 50.0, ..bus(name, "unknown") });
        answers(&mut core, Who::Vehicle, Ok(car(buses.into(), silences, power)));
        let found = finding(&core, "bus");
        assert!(found.health == "well" || !found.remedy.is_empty(), "{found:?}");
        format!("{}: {}", found.health, found.says)
    };
    let frames = "9 frames, load 0.0 %, 0 lost";
    assert_eq!(told(&[("can1", 10)], "ON"), format!("well: {frames}; no controller to ask"), "it was never heard");
    assert_eq!(told(&[("can0", 2_999), ("can1", 10)], "ON"), format!("well: {frames}; no controller to ask"));
    let on = |power: &str| format!("ill: silent for 4 s, and the car said last that it is {power}: {frames}");
    assert_eq!(told(&[("can0", 4_000), ("can1", 10)], "ON"), on("ON"));
    assert_eq!(told(&[("can0", 4_000), ("can1", 4_000)], "ACC"), on("ACC"), "cut as a whole");
    for power in ["OFF", "LOCK"] {
        let off = format!("away: silent for 4 s, and the car is switched off ({power}): it sleeps: {frames}");
        assert_eq!(told(&[("can0", 4_000), ("can1", 10)], power), off);
    }
    let others = format!("ill: silent for 4 s, while the car is heard on others: {frames}");
    assert_eq!(told(&[("can0", 4_000), ("can1", 10)], ""), others, "a car that never says how far it is on");
    let all = format!("away: silent for 4 s, as the whole car is: it sleeps, or is cut off: {frames}");
    assert_eq!(told(&[("can0", 4_000), ("can1", 4_000)], ""), all);
}

#[test]
fn a_bus_that_is_seldom_heard_may_be_silent_for_longer() {
    let mut core = all_well(Place::Car);
    let mut health = |silence: u64| {
        let seldom = BusStatistics { rate: 0.5, ..bus("can0", "active") };
        answers(&mut core, Who::Vehicle, Ok(car(vec![seldom], &[("can0", silence)], "ON")));
        finding(&core, "bus").health
    };
    assert_eq!([health(19_999), health(20_000)], ["well", "ill"]);
}

#[test]
fn without_the_vehicle_service_the_kernel_is_asked() {
    let mut core = all_well(Place::Car);
    let interfaces = ["up", "down"].map(|state| Interface { name: format!("can-{state}"), state: state.into() });
    core.see(Machine { interfaces: interfaces.into(), rooms: Vec::new() });
    assert_eq!(core.report(LATER).findings.iter().filter(|finding| finding.kind == "bus").count(), 1);
    come(&mut core, Who::Vehicle, false);
    let findings = core.report(LATER).findings;
    let health: Vec<_> = findings.iter().filter(|one| one.kind == "bus").map(|one| one.health.as_str()).collect();
    assert_eq!(health, ["well", "ill"]);
}

#[test]
fn settings_that_are_not_kept_or_were_damaged_are_told_with_what_to_do() {
    for (kind, is_kept) in [("", false), ("not-kept", false), ("unwritable", false), ("damaged", true), ("newer", true)]
    {
        let mut core = all_well(Place::Car);
        answers(&mut core, Who::Settings, Ok(settings(kind, is_kept)));
        let found = finding(&core, "database");
        assert!(found.health == "ill" && !found.remedy.is_empty() && !found.says.is_empty(), "{found:?}");
        assert_eq!(part(&core, "settings", LATER).health, "well", "the service itself is");
    }
}

#[test]
fn a_library_that_is_not_read_is_told() {
    let mut core = all_well(Place::Car);
    answers(
        &mut core,
        Who::Media,
        Ok(Told::Media { sources: 2, library: Err("it is malformed".into()), is_kept: true, device: String::new() }),
    );
    let report = core.report(LATER);
    let found = report.findings.iter().find(|finding| finding.name == "library").unwrap();
    assert_eq!((found.health.as_str(), found.says.as_str()), ("ill", "is not read: it is malformed"));
}

#[test]
fn a_library_that_is_not_kept_is_told() {
    let mut core = all_well(Place::Car);
    let told = Told::Media { sources: 2, library: Ok(()), is_kept: false, device: String::new() };
    answers(&mut core, Who::Media, Ok(told));
    let report = core.report(LATER);
    let found = report.findings.iter().find(|finding| finding.name == "library").unwrap();
    let says = "is read, 2 sources, and not kept: its folder cannot be written";
    assert_eq!((found.health.as_str(), found.says.as_str()), ("ill", says));
}

#[test]
fn phones_that_are_not_kept_are_told() {
    let mut core = all_well(Place::Car);
    come(&mut core, Who::PhoneLink, true);
    for (is_kept, health, says) in [
        (true, "well", "keeps who is paired and what was taken"),
        (false, "ill", "does not take what was done with phones: a restart would undo it"),
    ] {
        answers(&mut core, Who::PhoneLink, Ok(Told::Phones { phones: 2, is_kept }));
        let report = core.report(LATER);
        let found = report.findings.iter().find(|finding| finding.name == "phones").unwrap();
        assert_eq!((found.health.as_str(), found.says.as_str()), (health, says));
        assert_eq!(part(&core, "phone-link", LATER).says, "answers, 2 phones");
    }
}

#[test]
fn a_part_of_another_version_is_told_so() {
    let mut core = all_well(Place::Car);
    answers(&mut core, Who::Vehicle, Err(Why::Unheard(Unheard::Strange)));
    let strange = part(&core, "vehicle", LATER);
    assert!(strange.says.starts_with("is not understood: it is of another version"), "{strange:?}");
    assert!(
        strange.remedy.contains("programs of one version") && strange.remedy.contains("systemctl restart"),
        "{strange:?}"
    );
}

#[test]
fn music_that_nobody_hears_is_told_and_ill_in_a_car() {
    for (place, health) in [(Place::Car, "ill"), (Place::Desk, "well")] {
        let mut core = all_well(place);
        answers(&mut core, Who::Media, Ok(media(2, "null")));
        let report = core.report(LATER);
        let found = report.findings.iter().find(|finding| finding.kind == "device").unwrap();
        assert_eq!((found.health.as_str(), found.says.as_str()), (health, "there is none: nobody hears what plays"));
        assert_eq!((report.is_well, found.remedy.is_empty()), (health == "well", health == "well"));
        assert_eq!(part(&core, "media", LATER).health, "well", "the service itself is");
        answers(&mut core, Who::Media, Ok(media(2, "")));
        assert!(!core.report(LATER).findings.iter().any(|finding| finding.kind == "device"), "no player has said it");
    }
}

#[test]
fn a_disk_is_ill_when_it_is_full_has_no_file_left_takes_nothing_or_hangs() {
    let mut core = all_well(Place::Car);
    let mut health = |space: Result<Space, String>| {
        core.see(Machine { interfaces: Vec::new(), rooms: vec![Room { folders: "/x".into(), space }] });
        finding(&core, "disk").health
    };
    let space = Space { free: LEAST_ROOM, takes_no_file: false, is_read_only: false };
    assert_eq!(health(Ok(space)), "well");
    for ill in [
        Ok(Space { free: LEAST_ROOM - 1, ..space }),
        Ok(Space { takes_no_file: true, ..space }),
        Ok(Space { is_read_only: true, ..space }),
        Err("it hangs".to_owned()),
    ] {
        assert_eq!(health(ill.clone()), "ill", "{ill:?}");
    }
}

#[test]
fn it_is_news_when_a_health_a_name_or_a_version_is_another_and_nothing_else_is() {
    let mut core = all_well(Place::Car);
    assert_eq!(core.news(LATER).unwrap().sequence, 0);
    assert_eq!(core.news(LATER), None);
    let more = BusStatistics { frames: 10_000, ..bus("can0", "active") };
    answers(&mut core, Who::Vehicle, Ok(car(vec![more], &[("can0", 20)], "ON")));
    answers(&mut core, Who::Media, Ok(media(3, "pipewire")));
    assert_eq!(core.news(LATER), None, "frames and sources are none");
    core.name(mpris::NAME, false);
    let news = core.news(LATER).unwrap();
    assert_eq!((news.sequence, news.generation), (1, 7));
    core.name(mpris::NAME, true);
    assert_eq!(core.news(LATER).unwrap().sequence, 2);
    answers(&mut core, Who::Media, Ok(media(3, "pipewire")));
    assert_eq!(core.news(LATER).unwrap().sequence, 3);
    assert_eq!(core.news(LATER), None);
    core.name("org.tandem.Simulator1", true);
    assert_eq!(core.news(LATER), None, "that is nobody's here");
}
