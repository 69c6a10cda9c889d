//! The car's knob over a screen: turned, it moves the ring; pressed, it acts; held for long, it goes back.

use std::sync::Arc;

use slint::platform::{Key, WindowEvent};
use slint::{SharedString, Window};
use tandem_contracts::input::{Action, InputEvent};

use crate::keys;
use crate::mailbox::{Ask, Mailbox};

const KNOB: &str = "REL_DIAL";
const PRESSED: &str = "KEY_ENTER";
/// Of one event: who spins it wants to be far away, not on the other side of the page.
const MAX_STEPS: i32 = 16;

/// What the knob does to a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stroke {
    /// The ring moves on, or back if negative.
    Turn(i32),
    Press,
    Release,
    Back,
}

impl Stroke {
    /// None if the event is nothing to a screen.
    fn of(event: &InputEvent) -> Option<Self> {
        match (event.key.as_str(), event.action()?) {
            (KNOB, Action::Turn) => {
                Some(Self::Turn(event.steps.clamp(-MAX_STEPS, MAX_STEPS))).filter(|_| event.steps != 0)
            }
            (PRESSED, Action::Press) => Some(Self::Press),
            (PRESSED, Action::Release) => Some(Self::Release),
            (PRESSED, Action::LongPress) | ("KEY_BACK", Action::Press) => Some(Self::Back),
            _ => None,
        }
    }

    /// Does it as a keyboard would.
    ///
    /// # Errors
    /// The window takes no events.
    pub fn strike(self, window: &Window) -> Result<(), slint::PlatformError> {
        let type_key = |key: Key, down, up| -> Result<(), slint::PlatformError> {
            let text = SharedString::from(key);
            if down {
                window.dispatch_event_with_result(WindowEvent::KeyPressed { text: text.clone() })?;
            }
            if up {
                window.dispatch_event_with_result(WindowEvent::KeyReleased { text })?;
            }
            Ok(())
        };
        match self {
            Self::Turn(steps) => {
                let key = if steps > 0 { Key::Tab } else { Key::Backtab };
                (0..steps.unsigned_abs()).try_for_each(|_| type_key(key, true, true))
            }
            Self::Press => type_key(Key::Return, true, false),
            Self::Release => type_key(Key::Return, false, true),
            Self::Back => type_key(Key::Escape, true, true),
        }
    }
}

/// Follows the knob for as long as the process lives.
pub(crate) async fn run(mailbox: Arc<Mailbox>) {
    keys::run(|event| {
        if let Some(stroke) = Stroke::of(&event) {
            mailbox.ask(Ask::Knob(stroke));
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_knob_does_is_a_stroke_and_what_else_happens_is_none() {
        let event = |key: &str, action: Action, steps| {
            Stroke::of(&InputEvent { number: 1, t_ns: 0, key: key.to_owned(), action: action.word().to_owned(), steps })
        };
        assert_eq!(event(KNOB, Action::Turn, 2), Some(Stroke::Turn(2)));
        assert_eq!(event(KNOB, Action::Turn, i32::MIN), Some(Stroke::Turn(-MAX_STEPS)));
        assert_eq!(event(KNOB, Action::Turn, 0), None);
        let pressed = [Action::Press, Action::LongPress, Action::Release].map(|action| event(PRESSED, action, 0));
        assert_eq!(pressed, [Some(Stroke::Press), Some(Stroke::Back), Some(Stroke::Release)]);
        assert_eq!(event("KEY_NEXTSONG", Action::Press, 0), None);
        let unknown = InputEvent { number: 1, t_ns: 0, key: KNOB.to_owned(), action: "wobble".to_owned(), steps: 1 };
        assert_eq!(Stroke::of(&unknown), None);
    }
}
