//! The service is killed while somebody sets things.

use std::time::Duration;

use rustix::process::{Signal, kill_process};
use tandem_contracts::settings::{BRIGHTNESS, DRIVER_NAME};
use tandem_units::Value;

use crate::stage::{Dice, Stage};

const KILLS: u32 = 60;

/// What a setting was asked to be last, and what of it was acknowledged last.
#[derive(Clone, Copy, Debug)]
struct Told {
    asked: u32,
    acknowledged: u32,
}

impl Told {
    /// What is found then, is either of both.
    fn finds(&mut self, found: u32) {
        assert!([self.asked, self.acknowledged].contains(&found), "{found}: {self:?}");
        *self = Self { asked: found, acknowledged: found };
    }
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_by_a_kill_at_any_moment() {
    let mut stage = Stage::new().await;
    let mut dice = Dice::new(3);
    let mut name = Told { asked: 0, acknowledged: 0 };
    let mut bright = Told { asked: 80, acknowledged: 80 };
    let (mut settings, mut unanswered) = (0, 0);
    for kill in 0..=KILLS {
        stage.start().await;
        let values = stage.values().await;
        unanswered += u32::from(name.asked != name.acknowledged) + u32::from(bright.asked != bright.acknowledged);
        name.finds(values.get(DRIVER_NAME).parse().unwrap_or(0));
        bright.finds(values.get(BRIGHTNESS));
        assert_eq!(stage.notice().await.some(), None, "kill {kill}");
        if kill == KILLS {
            break;
        }
        let (pid, before, micros) = (stage.pid(), dice.throw(8), dice.throw(4_000) as u64);
        let mut done = 0;
        loop {
            if done == before {
                // At any moment of what comes next.
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_micros(micros)).await;
                    kill_process(pid, Signal::KILL).unwrap();
                });
            }
            name.asked += 1;
            if stage.set("driver.name", name.asked.to_string().as_str()).await.is_err() {
                break;
            }
            name.acknowledged = name.asked;
            bright.asked = 1 + name.asked % 100;
            if stage.set("display.brightness", Value::Int(bright.asked.into())).await.is_err() {
                break;
            }
            bright.acknowledged = bright.asked;
            done += 1;
        }
        settings += done;
        stage.gone().await;
    }
    assert!(settings > KILLS as usize && unanswered > KILLS / 2, "{settings} pairs, {unanswered} unanswered");
}
