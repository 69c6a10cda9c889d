//! Ten thousand taps and keys without sense: nothing panics, nothing is left behind.

use std::process::Command;

use slint::platform::{Key, PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition};
use tandem_contracts::settings::Notice;
use tandem_kit::settings::{SettingCause, SettingDenied};
use tandem_kit::{InForce, Language, Look, SettingsNews, Theme, Units, Update};
use tandem_units::{Quality, Value};

use crate::music_choices::playing;
use crate::stage::{Stage, instant};

/// Set in the process that makes the strokes.
const ALONE: &str = "TANDEM_SOAK_ALONE";
const STROKES: u32 = 10_000;
/// By then everything that is made once has been made.
const COLD: u32 = 2_000;
/// What is held until then is compared with what is held from [`LAST`] on.
const WARM: u32 = 5_000;
const LAST: u32 = 7_000;
/// What the process may have grown by between the two, bytes: little more than a kilobyte left behind by every stroke is as much.
const GROWTH: u64 = 6 << 20;
/// A picture is drawn after so many.
const DRAWN: u32 = 16;

/// Marsaglia's xorshift: the same strokes each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}

fn tap(stage: &Stage, chance: &mut Chance) {
    let mut place = || LogicalPosition::new(chance.below(1_920) as f32, chance.below(1_080) as f32);
    let (from, to) = (place(), place());
    let button = PointerEventButton::Left;
    let window = stage.window.window();
    window.dispatch_event(WindowEvent::PointerPressed { position: from, button });
    // Every third finger slips.
    if chance.below(3) == 0 {
        window.dispatch_event(WindowEvent::PointerMoved { position: to });
        window.dispatch_event(WindowEvent::PointerReleased { position: to, button });
    } else {
        window.dispatch_event(WindowEvent::PointerReleased { position: from, button });
    }
    window.dispatch_event(WindowEvent::PointerExited);
}

fn strike(stage: &Stage, chance: &mut Chance) {
    let keys = [Key::Tab, Key::Tab, Key::Backtab, Key::Return, Key::Escape, Key::LeftArrow, Key::RightArrow];
    let text = slint::SharedString::from(keys[chance.below(keys.len() as u64) as usize]);
    stage.window.window().dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
    if chance.below(9) > 0 {
        stage.window.window().dispatch_event(WindowEvent::KeyReleased { text });
    }
}

/// The car, the settings or the look are otherwise.
fn happens(stage: &mut Stage, chance: &mut Chance, second: u64) {
    let quality = [Quality::Valid, Quality::Valid, Quality::Stale, Quality::Absent][chance.below(4) as usize];
    match chance.below(5) {
        0 => stage.hear(second, quality, &instant()),
        1 => {
            let theme = if chance.below(2) == 0 { Theme::Day } else { Theme::Night };
            let language = Language::ALL[chance.below(3) as usize];
            stage.wear(Look { theme, language, contrast: chance.below(4) == 0, ..Look::STILL });
        }
        2 => {
            let mut in_force = InForce::default();
            assert!(in_force.values.take("units.distance", Value::from(["km", "mi"][chance.below(2) as usize])));
            in_force.notice = (chance.below(2) == 0).then(|| Notice { kind: "damaged".into(), ..Notice::default() });
            let units = Units::of(&in_force.values);
            stage.tell(&Update::Settings(SettingsNews::Told(Box::new(in_force))));
            stage.wear(Look { units, ..Look::STILL });
        }
        3 => stage.tell(&Update::Settings(SettingsNews::Gone)),
        _ => {
            let denied = SettingDenied { key: "clock", cause: SettingCause::NoAnswer };
            stage.tell(&Update::Settings(SettingsNews::Refused(denied)));
        }
    }
}

#[test]
fn ten_thousand_strokes_break_nothing_and_leave_nothing_behind() {
    if std::env::var_os(ALONE).is_some() {
        return strokes();
    }
    // The memory of a process is that of all the tests in it.
    let mut alone = Command::new(std::env::current_exe().unwrap());
    alone.args(["--exact", "soak::ten_thousand_strokes_break_nothing_and_leave_nothing_behind", "--nocapture"]);
    let ended = alone.env(ALONE, "1").output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() && told.contains("1 passed"), "{told}");
}

fn strokes() {
    let (mut stage, mut library) = playing();
    stage.offer();
    let mut chance = Chance(0x7A4D_E111);
    let (mut before, mut after) = (0, 0);
    for stroke in 0..STROKES {
        match chance.below(20) {
            0 => happens(&mut stage, &mut chance, 61 + u64::from(stroke)),
            1..8 => strike(&stage, &mut chance),
            _ => tap(&stage, &mut chance),
        }
        library.answer(&mut stage);
        if stroke % DRAWN == 0 {
            stage.pixels();
        }
        // What the screen asked of others is not its own to keep.
        stage.sent.borrow_mut().clear();
        stage.chosen.take();
        stage.phone_commands.take();
        stage.wanted.take();
        // Pictures come and go: of a span, the most that it held.
        if stroke % DRAWN == 0 {
            match stroke {
                COLD..WARM => before = resident().max(before),
                LAST.. => after = resident().max(after),
                _ => {}
            }
        }
    }
    let grown = after.saturating_sub(before);
    assert!(before > 0 && grown < GROWTH, "{grown} bytes more than the {before} of before");
    // It is still the screen that it was.
    stage.wear(Look::STILL);
    stage.hear(20_000, Quality::Valid, &instant());
    stage.open_page("Home");
    assert_eq!(stage.reading("Time"), "21:40");
}
