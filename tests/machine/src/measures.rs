//! What `measure.sh` (`usr/share/tandem-machine` of the emulated machine) tells of a start, of an emulated machine and of one in name spaces alike.

/// Before each of its lines, wherever a log puts it.
const MARK: &str = "measure: ";

/// A process, and the memory that it holds, with what it shares divided among those that share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub program: String,
    pub bytes: u64,
}

impl Process {
    /// Of what a car has: our own programs, and the bus that they talk over. Not what belongs to the machine that is measured, and to the measuring.
    pub fn is_of_the_stack(&self) -> bool {
        (self.program.starts_with("tandem-") && self.program != "tandem-sim") || self.program == "dbus-daemon"
    }
}

/// When a unit was started and when it was ready, in seconds since systemd began.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    pub name: String,
    pub started: f64,
    pub ready: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    /// Microseconds since the kernel began.
    began: u64,
    pub units: Vec<Unit>,
    /// What the instruments were started after, as `systemd-analyze critical-chain` has it: the last first, themselves among it.
    pub chain: Vec<String>,
    pub processes: Vec<Process>,
    pub is_whole: bool,
}

impl Measures {
    pub fn hear(&mut self, line: &str) {
        let Some((_, told)) = line.split_once(MARK) else { return };
        let mut words = told.split_whitespace();
        let number = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok()).unwrap_or_default();
        match words.next() {
            Some("began") => self.began = number(words.next()),
            Some("unit") => {
                let name = words.next().unwrap_or_default().to_owned();
                let mut since = || number(words.next()).saturating_sub(self.began) as f64 / 1e6;
                self.units.push(Unit { name, started: since(), ready: since() });
            }
            Some("chain") => self.chain.extend(chained(told)),
            Some("pss") => {
                let bytes = number(words.next()) * 1024;
                self.processes.push(Process { program: words.next().unwrap_or_default().to_owned(), bytes });
            }
            Some("done") => self.is_whole = true,
            _ => {}
        }
    }

    pub fn unit(&self, name: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.name == name)
    }

    /// Of the whole stack.
    pub fn bytes(&self) -> u64 {
        self.processes.iter().filter(|process| process.is_of_the_stack()).map(|process| process.bytes).sum()
    }
}

/// The unit that a line of `systemd-analyze critical-chain` names.
fn chained(told: &str) -> Option<String> {
    let line = told.strip_prefix("chain")?.trim_start_matches([' ', '└', '─', '├', '│']);
    let unit = line.split(' ').next()?;
    let kinds = ["service", "target", "socket", "slice", "mount", "device", "timer", "path", "swap", "automount"];
    kinds.iter().any(|kind| unit.strip_suffix(kind).is_some_and(|name| name.ends_with('.'))).then(|| unit.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_read_off_a_log() {
        let said = "\
[    5.201000] systemd[1]: Started measure.service - Measures.
[   25.000000] sh[301]: measure: began 1000000
[   25.000000] sh[301]: measure: unit tandem-cluster.service 3000000 3500000
[   25.000000] sh[301]: measure: chain The time when unit became active or started is printed after the \"@\" character.
measure: chain tandem-cluster.service +500ms
measure: chain └─system.slice @95ms
measure: chain   └─-.slice @95ms
measure: pss 20480 tandem-cluster
measure: pss 1024 tandem-sim
measure: pss 2048 dbus-daemon
measure: pss 4096 systemd
";
        let mut measures = Measures::default();
        said.lines().for_each(|line| measures.hear(line));
        let unit = measures.unit("tandem-cluster.service").unwrap();
        assert_eq!((unit.started, unit.ready), (2.0, 2.5));
        assert_eq!(measures.chain, ["tandem-cluster.service", "system.slice", "-.slice"]);
        assert_eq!(measures.processes.len(), 4);
        assert_eq!(measures.bytes(), 22 * 1024 * 1024);
        assert!(!measures.is_whole);
        measures.hear("measure: done");
        assert!(measures.is_whole);
    }
}
