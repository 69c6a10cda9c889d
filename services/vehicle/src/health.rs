use tandem_can::{BusState, Condition, ErrorCounts, News};

/// What became of the interface of one of the car's buses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    condition: Option<Condition>,
    /// Frames that were lost for want of room.
    pub lost: u64,
    /// The controller's own, as they were last told.
    pub errors: ErrorCounts,
    /// How often we had the controller restarted.
    pub restarts: u64,
}

impl Health {
    pub fn hear(&mut self, news: News) {
        self.condition = news.condition().or(self.condition);
        match news {
            News::Restart(Ok(())) => self.restarts += 1,
            News::Lost(frames) => self.lost += u64::from(frames),
            News::Restart(Err(_)) | News::Up | News::Down(_) | News::State(_) => {}
        }
    }

    /// Nobody watches the interface any more; what was counted stays.
    pub fn forget(&mut self) {
        self.condition = None;
    }

    /// The state as `Bus1` says it.
    pub fn word(&self) -> &'static str {
        self.condition.map_or("unknown", Condition::word)
    }

    /// Why nothing gets out on the bus, if nothing does.
    pub fn obstacle(&self) -> Option<&'static str> {
        match self.condition? {
            Condition::Up(BusState::BusOff) => Some("is off: its controller saw too many errors"),
            Condition::Up(BusState::Active | BusState::Warning | BusState::Passive) => None,
            Condition::Down => Some("is down"),
            Condition::Absent => Some("has no interface here"),
            Condition::Unreadable => Some("cannot be opened"),
        }
    }
}

#[cfg(test)]
mod tests {
    use tandem_can::Errno;

    use super::*;

    #[test]
    fn the_state_is_what_was_said_last_and_counts_stay() {
        let mut health = Health::default();
        let mut words = vec![health.word()];
        let mut ways_out = vec![health.obstacle().is_none()];
        for news in [
            News::Down(Errno::NODEV),
            News::Down(Errno::NETDOWN),
            News::Up,
            News::State(BusState::Warning),
            News::Lost(7),
            News::State(BusState::Passive),
            News::State(BusState::BusOff),
            News::Restart(Err(Errno::PERM)),
            News::Restart(Ok(())),
            News::State(BusState::Active),
            News::Lost(3),
            News::Down(Errno::PERM),
        ] {
            health.hear(news);
            words.push(health.word());
            ways_out.push(health.obstacle().is_none());
        }
        words.dedup();
        ways_out.dedup();
        assert_eq!(ways_out, [true, false, true, false, true, false], "{words:?}");
        let told = ["unknown", "absent", "down", "active", "warning", "passive", "bus-off", "active", "unreadable"];
        assert_eq!(words, told);
        health.forget();
        assert_eq!((health.word(), health.lost, health.restarts), ("unknown", 10, 1));
    }
}
