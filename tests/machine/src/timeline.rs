//! When what was there for the first time, as the guest's own clock has it.

use std::fmt;

use crate::Display;

/// What the first program of the guest says before it makes room for systemd, with the seconds since the kernel began behind it.
pub const KERNEL_DONE: &str = "tandem: the kernel is up after";

/// A point of a start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    Kernel,
    FirstUnit(String),
    /// A service of ours says that it is ready.
    Ready(String),
    /// A screen has drawn something for the first time.
    Frame(String),
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel => write!(f, "kernel up"),
            Self::FirstUnit(unit) => write!(f, "first unit: {unit}"),
            Self::Ready(service) => write!(f, "{service} ready"),
            Self::Frame(screen) => write!(f, "first frame of the {screen}"),
        }
    }
}

/// The points so far, each once, in the order in which they were told.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    points: Vec<(Point, f64)>,
}

impl Timeline {
    /// Takes in a line of the guest; returns the point that it tells of for the first time, with its seconds since the kernel began.
    pub fn hear(&mut self, line: &str) -> Option<(Point, f64)> {
        let (point, seconds) = read(line)?;
        let known = |(known, _): &(Point, f64)| match (known, &point) {
            (Point::FirstUnit(_), Point::FirstUnit(_)) => true,
            (known, point) => known == point,
        };
        if self.points.iter().any(known) {
            return None;
        }
        self.points.push((point.clone(), seconds));
        Some((point, seconds))
    }

    pub fn points(&self) -> &[(Point, f64)] {
        &self.points
    }

    pub fn has(&self, point: &Point) -> bool {
        self.points.iter().any(|(known, _)| known == point)
    }
}

fn read(line: &str) -> Option<(Point, f64)> {
    if let Some((_, seconds)) = line.split_once(KERNEL_DONE) {
        return Some((Point::Kernel, seconds.trim().split(' ').next()?.parse().ok()?));
    }
    // The kernel's and the journal's lines both begin with the seconds in brackets.
    let (seconds, said) = line.trim_start().strip_prefix('[')?.split_once(']')?;
    let seconds = seconds.trim().parse().ok()?;
    let (who, said) = said.trim_start().split_once(": ")?;
    let program = who.split('[').next()?;
    if program == "systemd" {
        let unit = ["Started ", "Finished "].iter().find_map(|word| said.strip_prefix(word))?;
        let unit = unit.split(" - ").next()?.trim_end_matches('.');
        let ours = unit.strip_prefix("tandem-").and_then(|name| name.strip_suffix(".service"));
        let point = match ours {
            None => Point::FirstUnit(unit.to_owned()),
            // A screen says that it is ready when its first frame is drawn.
            Some(screen) if Display::ALL.iter().any(|display| display.name() == screen) => {
                Point::Frame(screen.to_owned())
            }
            Some(name) => Point::Ready(name.to_owned()),
        };
        return Some((point, seconds));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_point_of_a_start_is_found_once_in_what_the_guest_says() {
        let said = "\
[    0.000000] Linux version 6.1.0
tandem: the kernel is up after 4.12 seconds
[    5.201000] systemd[1]: Started systemd-journald.service - Journal Service.
[    5.301000] systemd[1]: Starting tandem-vehicle.service - Vehicle service...
[    5.401000] systemd[1]: Finished systemd-sysusers.service - Create System Users.
[   12.100000] systemd[1]: Started tandem-cluster.service - The instrument cluster.
[   13.000000] systemd[1]: Started tandem-vehicle.service - Vehicle service.
[   14.000000] systemd[1]: Started tandem-vehicle.service - Vehicle service.
[   15.000000] tandem-centre[211]: Rendering at 1920x1080
[ broken
";
        let mut timeline = Timeline::default();
        let heard = said.lines().filter_map(|line| timeline.hear(line)).map(|(point, at)| format!("{at} {point}"));
        let expected = [
            "4.12 kernel up",
            "5.201 first unit: systemd-journald.service",
            "12.1 first frame of the cluster",
            "13 vehicle ready",
        ];
        assert_eq!(heard.collect::<Vec<_>>(), expected);
        assert!(timeline.has(&Point::Frame("cluster".to_owned())) && !timeline.has(&Point::Frame("centre".to_owned())));
    }
}
