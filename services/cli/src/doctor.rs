//! Whether all of Tandem is well, and what to do about what is not: `Health1` says it. Here it is shown, and told what is left to tell without it.

use clap::Args;
use serde::Serialize;
use tandem_contracts::connect::METHOD_TIMEOUT;
use tandem_contracts::health::{Finding, Health, Health1Proxy, NAME, Part, Report};
use tandem_contracts::mpris;
use tandem_contracts::unheard::Unheard;
use tandem_units::plain;
use zbus::fdo::DBusProxy;

use crate::client::{connect, explain_plain, is_absence};
use crate::failure::Status;
use crate::output::Output;
use crate::table::{Align, Table, cut};

const UNIT: &str = "tandem-lifecycle";
/// Who says how all is may be anybody. Tandem has fewer parts, and nothing to say of them that is longer.
const MOST_ROWS: usize = 64;
const WIDEST: usize = 600;

/// Looks whether every service is there and answers, whether the buses, the settings and the disks are well, and says what to do about what is not.
///
/// Ends with status 0 if all is well, 1 if something is not, 2 if there is no bus.
#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    output: Output,
}

/// What is shown.
#[derive(Serialize)]
struct Shown {
    /// Whether nothing is ill and nobody is waited for.
    well: bool,
    /// Of this program.
    version: &'static str,
    parts: Vec<Part>,
    findings: Vec<Finding>,
    /// Tandem's names on the bus.
    names: Vec<String>,
    /// Whether the parts and findings are all that there are.
    #[serde(skip)]
    is_whole: bool,
}

impl Doctor {
    pub async fn run(self) -> anyhow::Result<Status> {
        let connection = connect().await?;
        let in_a_car = std::env::var_os("TANDEM_BUS").is_some_and(|name| name == "system");
        let names = DBusProxy::new(&connection).await?.list_names().await.map_err(explain_plain)?;
        let names = names.iter().map(|name| name.as_str().to_owned()).filter(|name| is_ours(name));
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        let asked = if names.iter().any(|name| name == NAME) {
            let report = Health1Proxy::new(&connection).await?.report().await;
            report.map_err(Nobody::of)
        } else {
            Err(Nobody::There)
        };
        let asked = asked.map_err(|nobody| nobody.found(in_a_car));
        let shown = Shown::new(asked, names);
        self.output.print(&shown, || shown.text())?;
        Ok(if shown.well { Status::OK } else { Status::FAILED })
    }
}

fn is_ours(name: &str) -> bool {
    name.starts_with("org.tandem.") || name == mpris::NAME
}

/// Who looks after the others does not: that is what is found.
#[derive(Clone, Debug)]
enum Nobody {
    /// Nobody has its name.
    There,
    /// Its answer did not come, or is not understood.
    Heard(Unheard),
    /// It said why not.
    Willing(String),
}

impl Nobody {
    fn of(error: zbus::fdo::Error) -> Self {
        match Unheard::of_plain(&error) {
            Some(unheard) => Self::Heard(unheard),
            None if is_absence(&error) => Self::There,
            None => Self::Willing(format!("{:#}", explain_plain(error))),
        }
    }

    fn found(&self, in_a_car: bool) -> Part {
        let says = match self {
            Self::There => "is not on the bus".to_owned(),
            Self::Heard(Unheard::Late) => {
                format!("does not answer: nothing came within {} s, it hangs", METHOD_TIMEOUT.as_secs())
            }
            Self::Heard(Unheard::Strange) => {
                format!("is not understood: it is of another version than this program, {}", env!("CARGO_PKG_VERSION"))
            }
            Self::Heard(unheard) => format!("does not answer: {unheard}"),
            Self::Willing(said) => format!("does not answer: {said}"),
        };
        let remedy = anew(in_a_car);
        let remedy = match self {
            Self::Heard(Unheard::Strange) => format!(
                "`tandem --version` and `{UNIT} --version` say which are installed, and belong together; one that runs since before an update is to be started anew: {remedy}"
            ),
            Self::Heard(Unheard::BusGone) => {
                "the bus has just ended, and all of Tandem with it: ask again when it is back".to_owned()
            }
            _ => remedy,
        };
        let names = vec![NAME.to_owned()];
        let (owned, missing) = if matches!(self, Self::There) { (vec![], names) } else { (names, vec![]) };
        let (name, health) = ("lifecycle".to_owned(), Health::Ill.word().to_owned());
        Part { name, health, says: cut(&says, WIDEST), remedy, owned, missing, ..Part::default() }
    }
}

fn anew(in_a_car: bool) -> String {
    if in_a_car {
        format!(
            "`systemctl status {UNIT}` and `journalctl -b -u {UNIT}` say why; `systemctl restart {UNIT}` starts it anew"
        )
    } else {
        // The kernel keeps fifteen letters of a process's name.
        "if it has just died it is back in a moment; one that hangs `pkill -KILL tandem-lifecycl` ends; else start `tandem sim` anew"
            .to_owned()
    }
}

fn is_fine(health: &str) -> bool {
    matches!(Health::of(health), Some(Health::Well | Health::Away))
}

impl Shown {
    fn new(asked: Result<Report, Part>, names: Vec<String>) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        match asked {
            Ok(Report { is_well, mut parts, mut findings, .. }) => {
                let mut words = parts.iter().map(|part| &part.health).chain(findings.iter().map(|it| &it.health));
                // A word that nobody here knows is none that says so.
                let well = is_well && !parts.is_empty() && words.all(|health| is_fine(health));
                parts.truncate(MOST_ROWS);
                findings.truncate(MOST_ROWS);
                let short = |text: &mut String| *text = cut(text, WIDEST);
                for Part { name, health, says, remedy, version, owned, missing } in &mut parts {
                    [name, health, says, remedy, version].into_iter().for_each(short);
                    for names in [owned, missing] {
                        names.truncate(MOST_ROWS);
                        names.iter_mut().for_each(short);
                    }
                }
                for Finding { kind, name, health, says, remedy } in &mut findings {
                    [kind, name, health, says, remedy].into_iter().for_each(short);
                }
                Self { well, version, parts, findings, names, is_whole: true }
            }
            Err(part) => Self { well: false, version, parts: vec![part], findings: Vec::new(), names, is_whole: false },
        }
    }

    /// A line for each thing, then what to do.
    fn text(&self) -> String {
        let parts = self.parts.iter().map(|part| {
            let Part { name, health, says, remedy, version, .. } = part;
            (name.clone(), health, version.as_str(), says, remedy)
        });
        let findings = self.findings.iter().map(|finding| {
            let Finding { kind, name, health, says, remedy } = finding;
            (format!("{kind} {name}"), health, "", says, remedy)
        });
        let lines: Vec<_> = parts.chain(findings).collect();
        let mut table = Table::bare([Align::Left; 4]);
        for (name, health, version, says, _) in &lines {
            let health = if Health::of(health) == Some(Health::Ill) { "ILL" } else { health.as_str() };
            table.row([health, name.as_str(), version, says.as_str()].map(|cell| plain(cell).into()));
        }
        let mut text = table.to_string();
        if !self.is_whole {
            let names = if self.names.is_empty() { "nobody of Tandem".to_owned() } else { self.names.join(", ") };
            text += &format!("\non the bus: {}\n", plain(&names));
        }
        for (name, _, _, _, remedy) in lines.iter().filter(|line| !line.4.is_empty()) {
            text += &format!("\n{}: {}", plain(name), plain(remedy));
        }
        if lines.iter().any(|line| !line.4.is_empty()) {
            text += "\n";
        }
        let not_well = lines.iter().filter(|line| !is_fine(line.1)).count();
        text + &match (self.is_whole, self.well) {
            (true, true) => "\nall is well\n".to_owned(),
            (true, false) if not_well == 0 => "\nit says that not all is well, and not what\n".to_owned(),
            (true, false) => format!("\n{not_well} of {} are not well\n", lines.len()),
            (false, _) => "\nwhether all is well nobody says\n".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, health: Health, says: &str, remedy: &str) -> Part {
        let word = |text: &str| text.to_owned();
        Part {
            name: word(name),
            health: word(health.word()),
            says: word(says),
            remedy: word(remedy),
            version: word("0.1.0"),
            ..Part::default()
        }
    }

    fn bus(health: Health, says: &str, remedy: &str) -> Finding {
        let Part { health, says, remedy, .. } = part("", health, says, remedy);
        Finding { kind: "bus".into(), name: "can0".into(), health, says, remedy }
    }

    #[test]
    fn a_report_says_what_is_ill_and_then_what_to_do() {
        let parts = vec![part("vehicle", Health::Well, "answers", "")];
        let report = Report { parts, findings: vec![bus(Health::Ill, "is down", "raise it")], ..Report::default() };
        insta::assert_snapshot!(Shown::new(Ok(report.clone()), Vec::new()).text(), @r"
        well  vehicle   0.1.0  answers
        ILL   bus can0         is down

        bus can0: raise it

        1 of 2 are not well
        ");
        let well = Report { is_well: true, findings: vec![bus(Health::Away, "", "")], ..report };
        assert!(Shown::new(Ok(well), Vec::new()).text().ends_with("\nall is well\n"));
    }

    #[test]
    fn a_report_that_contradicts_itself_is_not_well_and_an_endless_one_is_cut() {
        let well = |parts: Vec<Part>| Shown::new(Ok(Report { is_well: true, parts, ..Report::default() }), Vec::new());
        assert!(well(vec![part("vehicle", Health::Well, "answers", "")]).well);
        assert!(!well(vec![part("vehicle", Health::Ill, "is dead", "")]).well);
        let gorgeous = Part { health: "gorgeous".into(), ..part("vehicle", Health::Well, "answers", "") };
        assert!(!well(vec![gorgeous]).well);
        let none = well(Vec::new());
        assert!(!none.well);
        assert_eq!(none.text(), "\nit says that not all is well, and not what\n");
        let long = "x".repeat(4 << 10);
        let endless = Part { missing: vec![long.clone(); 100], ..part(&long, Health::Well, &long, &long) };
        let shown = well(vec![endless; 100]);
        assert!(shown.text().len() < 256 << 10, "{}", shown.text().len());
        assert!(serde_json::to_vec(&shown).unwrap().len() < 4 << 20);
    }

    #[test]
    fn without_the_one_who_looks_it_says_so_and_who_is_there() {
        let names = || vec!["org.tandem.Settings1".to_owned(), "org.tandem.Signals1".to_owned()];
        let shown = Shown::new(Err(Nobody::There.found(true)), names());
        insta::assert_snapshot!(shown.text(), @r"
        ILL  lifecycle    is not on the bus

        on the bus: org.tandem.Settings1, org.tandem.Signals1

        lifecycle: `systemctl status tandem-lifecycle` and `journalctl -b -u tandem-lifecycle` say why; `systemctl restart tandem-lifecycle` starts it anew

        whether all is well nobody says
        ");
        assert!(!shown.well);
    }

    #[test]
    fn one_who_hangs_or_is_not_understood_is_told_in_our_words() {
        let late = zbus::Error::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
        let strange = zbus::Error::SignatureMismatch(zbus::Signature::U8, "`(ttbaa)`".to_owned());
        let found = |error: zbus::Error| Nobody::of(zbus::fdo::Error::ZBus(error)).found(true);
        let (late, strange) = (found(late), found(strange));
        assert_eq!(late.says, "does not answer: nothing came within 3 s, it hangs");
        assert!(late.remedy.contains("systemctl restart tandem-lifecycle"), "{late:?}");
        assert_eq!(strange.says, "is not understood: it is of another version than this program, 0.1.0");
        assert!(strange.remedy.starts_with("`tandem --version` and `tandem-lifecycle --version` say"), "{strange:?}");
        let busy = Nobody::of(zbus::fdo::Error::LimitsExceeded("16 others are asking".to_owned())).found(true);
        assert_eq!(busy.says, "does not answer: 16 others are asking");
        assert_eq!(busy.owned, [NAME]);
    }
}
