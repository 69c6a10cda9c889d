//! Two devices come to know each other, and a person compares two keys.

use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::StreamExt;
use tandem_contracts::phones::Phone as Known;
use tokio::time::{Instant, timeout_at};

use super::{QUIET, Service, explain, show::name};
use crate::failure::Status;
use crate::say::say;

/// A phone that asks or is asked answers within half a minute.
const GRACE: Duration = Duration::from_secs(5);
/// How long a phone that is alone is waited for to stay alone.
const ALONE: Duration = Duration::from_secs(3);

pub async fn pair(service: &Service, meant: Option<&str>, yes: bool) -> anyhow::Result<Status> {
    ensure!(yes || std::io::stdin().is_terminal(), "somebody has to compare the keys: run it in a terminal");
    let listening = Service::connect().await?;
    let mut changes = listening.phones.receive_phone_changed().await?;
    let before = service.phones.phones().await.map_err(explain)?;
    let mut search = Search::new(meant, &before);
    let seconds = service.phones.open_pairing().await.map_err(explain)?;
    let car = service.phones.name().await.map_err(explain)?;
    say(&format!("Pairing is open for {seconds} s: the phone finds this car as `{car}` in KDE Connect."));
    let deadline = Instant::now() + Duration::from_secs(seconds.into()) + GRACE;
    loop {
        // Asked first: it closes as soon as a phone is paired.
        let open = service.phones.pairing_open().await.map_err(explain)?;
        let phones = service.phones.phones().await.map_err(explain)?;
        match search.step(&phones, Instant::now())? {
            Step::Paired(phone) => {
                say(&format!("{} is paired.", name(&phone.name)));
                return Ok(Status::OK);
            }
            Step::Compare(phone) => {
                say(&format!("{} shows the key {}", name(&phone.name), phone.key));
                if yes || same()? {
                    service.phones.confirm(phone.id.clone()).await.map_err(explain)?;
                    say("Confirm it on the phone, too.");
                } else {
                    service.phones.refuse(phone.id.clone()).await.map_err(explain)?;
                    bail!("the keys are not the same");
                }
            }
            Step::Ask(phone) => service.phones.pair(phone.id.clone()).await.map_err(explain)?,
            // A moment before its end it may have closed by itself, and with a phone that is paired it has.
            Step::Wait if !open && !search.found(&phones) && Instant::now() + GRACE + QUIET < deadline => {
                bail!(
                    "pairing was closed before a phone was paired: by somebody else, or because the car is not known to stand any more; see `tandem driving`"
                )
            }
            Step::Wait => match timeout_at(deadline.min(Instant::now() + QUIET), changes.next()).await {
                Ok(change) => drop(change.context("the bus is gone")?),
                Err(_) if Instant::now() < deadline => {}
                Err(_) => bail!("no phone was paired in time: both have to be in the same network"),
            },
        }
    }
}

/// What is to be done next.
#[derive(Debug, PartialEq)]
enum Step<'a> {
    Paired(&'a Known),
    /// Its key is there: a person compares it.
    Compare(&'a Known),
    Ask(&'a Known),
    Wait,
}

/// Finds the phone that is meant. Once one was chosen it is this one or none, whoever else comes near and asks.
struct Search<'a> {
    meant: Option<&'a str>,
    /// Those that were paired before.
    known: Vec<String>,
    chosen: Option<String>,
    asked: bool,
    compared: bool,
    /// The one that may be meant, and since when no other may be.
    alone: Option<(String, Instant)>,
}

impl<'a> Search<'a> {
    fn new(meant: Option<&'a str>, before: &[Known]) -> Self {
        let known = before.iter().filter(|phone| phone.is_paired).map(|phone| phone.id.clone()).collect();
        Self { meant, known, chosen: None, asked: false, compared: false, alone: None }
    }

    /// Whether a phone was paired meanwhile, chosen or not.
    fn found(&self, phones: &[Known]) -> bool {
        phones.iter().any(|phone| phone.is_paired && !self.known.contains(&phone.id))
    }

    fn step<'b>(&mut self, phones: &'b [Known], now: Instant) -> anyhow::Result<Step<'b>> {
        let near: Vec<&Known> = phones.iter().filter(|phone| !self.known.contains(&phone.id)).collect();
        if self.chosen.is_none() {
            self.chosen = self.choose(&near, now)?.map(|phone| phone.id.clone());
        }
        let Some(id) = &self.chosen else { return Ok(Step::Wait) };
        if let Some(other) = near.iter().find(|phone| phone.is_paired && phone.id != *id) {
            bail!("{} was paired meanwhile, by somebody else", name(&other.name));
        }
        let Some(phone) = near.into_iter().find(|phone| phone.id == *id) else { return Ok(Step::Wait) };
        Ok(if phone.is_paired {
            Step::Paired(phone)
        } else if !phone.key.is_empty() && !self.compared {
            self.compared = true;
            Step::Compare(phone)
        } else if (self.asked || self.compared) && !phone.reason.is_empty() {
            bail!("{}: {}", name(&phone.name), phone.reason)
        } else if !self.asked && !self.compared && phone.pairing == "none" {
            self.asked = true;
            Step::Ask(phone)
        } else {
            Step::Wait
        })
    }

    /// The one that is named; without a name the one that asks. Else the only one that it can be, which has a moment to stay the only one: others may be called alike, and who
    /// would rather ask from the phone needs a hand for it.
    fn choose<'b>(&mut self, near: &[&'b Known], now: Instant) -> anyhow::Result<Option<&'b Known>> {
        let (sure, may): (Vec<&Known>, Vec<&Known>) = match self.meant.map(str::to_lowercase) {
            Some(meant) => {
                let is_called =
                    |phone: &&&Known| phone.id.to_lowercase() == meant || phone.name.to_lowercase() == meant;
                let begins = |phone: &&&Known| phone.name.to_lowercase().starts_with(&meant);
                (near.iter().filter(is_called).copied().collect(), near.iter().filter(begins).copied().collect())
            }
            None => {
                let sure = near.iter().find(|phone| phone.is_paired || !phone.key.is_empty());
                (sure.copied().into_iter().collect(), near.to_vec())
            }
        };
        if let [phone] = sure.as_slice() {
            return Ok(Some(phone));
        }
        if self.meant.is_some() && may.len().max(sure.len()) > 1 {
            bail!("{} phones that are near are called so: say the id of one", may.len().max(sure.len()));
        }
        let [phone] = may.as_slice() else {
            self.alone = None;
            return Ok(None);
        };
        let since = match &self.alone {
            Some((id, since)) if *id == phone.id => *since,
            _ => {
                self.alone = Some((phone.id.clone(), now));
                now
            }
        };
        Ok((now.duration_since(since) >= ALONE).then_some(phone))
    }
}

fn same() -> anyhow::Result<bool> {
    write!(std::io::stdout(), "The same on the phone? [y/N] ")?;
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(id: &str, name: &str, pairing: &str) -> Known {
        let key = if pairing == "none" { "" } else { "8F3A11C0" };
        let (key, pairing) = (key.into(), pairing.into());
        Known { id: id.into(), name: name.into(), key, pairing, ..Known::default() }
    }

    /// What a search does whenever it looks, a second after the other.
    fn steps(meant: Option<&str>, looks: &[&[Known]]) -> Vec<String> {
        let begin = Instant::now();
        let mut search = Search::new(meant, &[]);
        let mut steps = Vec::new();
        for (second, phones) in (0..).zip(looks) {
            steps.push(match search.step(phones, begin + Duration::from_secs(second)) {
                Ok(Step::Paired(phone)) => format!("paired {}", phone.id),
                Ok(Step::Compare(phone)) => format!("compare {}", phone.id),
                Ok(Step::Ask(phone)) => format!("ask {}", phone.id),
                Ok(Step::Wait) => "wait".to_owned(),
                Err(error) => error.to_string(),
            });
        }
        steps
    }

    #[test]
    fn a_phone_that_is_named_is_taken_whoever_asked_before() {
        let (first, named) = (phone("b", "Pixel 8", "asked"), phone("a", "Pixel", "none"));
        let asking = || phone("a", "Pixel", "asking");
        let paired = Known { is_paired: true, ..phone("a", "Pixel", "none") };
        let looks: [&[Known]; 4] =
            [&[first.clone(), named], &[first.clone(), asking()], &[first.clone(), asking()], &[first, paired]];
        assert_eq!(steps(Some("pixel"), &looks), ["ask a", "compare a", "wait", "paired a"]);
    }

    #[test]
    fn who_has_asked_before_the_named_one_is_near_is_not_taken() {
        let first = || phone("b", "Pixel 8", "asked");
        let looks: [&[Known]; 3] =
            [&[first()], &[first()], &[first(), phone("a", "Pixel", "asked"), phone("c", "Nova", "asked")]];
        assert_eq!(steps(Some("Pixel"), &looks), ["wait", "wait", "compare a"]);
        let other: [&[Known]; 1] = [&[phone("c", "Nova", "asked")]];
        assert_eq!(steps(Some("Pixel"), &other), ["wait"]);
    }

    #[test]
    fn the_beginning_of_a_name_is_enough_for_one_that_stays_alone() {
        let near: &[Known] = &[phone("b", "Pixel 8", "asked")];
        assert_eq!(steps(Some("pix"), &[near; 4]), ["wait", "wait", "wait", "compare b"]);
        let two: &[Known] = &[phone("b", "Pixel 8", "asked"), phone("a", "Pixel 7", "none")];
        let several = "2 phones that are near are called so: say the id of one";
        assert_eq!(steps(Some("pix"), &[near, two]), ["wait", several]);
        let twins: &[Known] = &[phone("b", "Pixel", "asked"), phone("a", "Pixel", "none")];
        assert_eq!(steps(Some("Pixel"), &[twins]), [several]);
        assert_eq!(steps(Some("a"), &[twins]), ["ask a"]);
    }

    #[test]
    fn the_one_that_was_chosen_is_the_one_that_is_confirmed() {
        let near = || phone("a", "Pixel", "none");
        let late = || phone("b", "Pixel 8", "asked");
        let refused = Known { reason: "Pairing was refused".into(), ..near() };
        for meant in [Some("Pixel"), None] {
            let wait = if meant.is_none() { vec!["wait"; 3] } else { vec![] };
            let mut looks: Vec<&[Known]> = Vec::new();
            let alone = [near()];
            looks.extend(vec![alone.as_slice(); wait.len() + 1]);
            let (both, end) = ([late(), near()], [late(), refused.clone()]);
            looks.extend([both.as_slice(), &end]);
            let told = [wait, vec!["ask a", "wait", "Pixel: Pairing was refused"]].concat();
            assert_eq!(steps(meant, &looks), told);
        }
        let paired = Known { is_paired: true, ..phone("b", "Pixel 8", "none") };
        let looks: [&[Known]; 2] = [&[near()], &[near(), paired]];
        assert_eq!(steps(Some("Pixel"), &looks), ["ask a", "Pixel 8 was paired meanwhile, by somebody else"]);
    }

    #[test]
    fn without_a_name_whoever_asks_is_taken() {
        let two: &[Known] = &[phone("a", "Pixel", "none"), phone("b", "Nova", "none")];
        let asks: &[Known] = &[phone("a", "Pixel", "none"), phone("b", "Nova", "asked")];
        let both: &[Known] = &[phone("a", "Pixel", "asked"), phone("b", "Nova", "asked")];
        assert_eq!(steps(None, &[two, two, two, two, two]), ["wait"; 5]);
        assert_eq!(steps(None, &[two, asks, both]), ["wait", "compare b", "wait"]);
    }
}
