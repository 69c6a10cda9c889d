use tandem_can::{BusState, Errno, ErrorCounts, News};

/// What became of the interface of one of the car's buses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    state: Option<State>,
    /// Frames that were lost, here, for want of room.
    pub lost: u64,
    /// The controller's own, as they were last told.
    pub errors: ErrorCounts,
    /// How often we had the controller restarted.
    pub restarts: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up(BusState),
    Down(Errno),
}

impl Health {
    pub fn hear(&mut self, news: News) {
        match news {
            News::Up => self.state = Some(State::Up(BusState::Active)),
            News::Down(cause) => self.state = Some(State::Down(cause)),
            News::State(state) => self.state = Some(State::Up(state)),
            News::Restart(Ok(())) => self.restarts += 1,
            News::Restart(Err(_)) => {}
            News::Lost(frames) => self.lost += u64::from(frames),
        }
    }

    /// Nobody watches the interface any more; what was counted stays.
    pub fn forget(&mut self) {
        self.state = None;
    }

    /// The state as `Bus1` says it.
    pub fn word(&self) -> &'static str {
        match self.state {
            None => "unknown",
            Some(State::Up(BusState::Active)) => "active",
            Some(State::Up(BusState::Warning)) => "warning",
            Some(State::Up(BusState::Passive)) => "passive",
            Some(State::Up(BusState::BusOff)) => "bus-off",
            Some(State::Down(Errno::NETDOWN)) => "down",
            Some(State::Down(Errno::NODEV)) => "absent",
            Some(State::Down(_)) => "unreadable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_what_was_said_last_and_counts_stay() {
        let mut health = Health::default();
        let mut words = vec![health.word()];
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
        }
        words.dedup();
        let told = ["unknown", "absent", "down", "active", "warning", "passive", "bus-off", "active", "unreadable"];
        assert_eq!(words, told);
        health.forget();
        assert_eq!((health.word(), health.lost, health.restarts), ("unknown", 10, 1));
    }
}
