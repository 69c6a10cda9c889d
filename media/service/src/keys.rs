//! What the keys on the steering wheel do to the music: each press once, and none that was before this service was there.

use std::time::Duration;

use tandem_contracts::connect;
use tandem_contracts::input::{Action, Follower, InputEvent, News};
use tracing::{debug, warn};

use crate::state::{Handle, Request};

/// What a press of a volume key is worth.
const VOLUME_STEP: f64 = 0.05;
/// A bus that refuses match rules is asked again after this.
const RETRY: Duration = Duration::from_secs(2);

/// Does what the keys say until the bus is gone.
///
/// # Errors
/// There is no bus.
pub async fn follow(handle: &Handle) -> zbus::Result<()> {
    // A connection of its own: unread signals hold up no call.
    let connection = connect::open().await?;
    let mut keys = loop {
        match Follower::open(&connection).await {
            Ok(keys) => break keys,
            Err(error) => debug!(error = &error as &dyn std::error::Error, "keys cannot be followed; trying on"),
        }
        tokio::time::sleep(RETRY).await;
    };
    while let Some(news) = keys.next().await {
        match news {
            News::Event(event) => {
                let Some(request) = request(&event) else { continue };
                if handle.requests.send(request).await.is_err() {
                    break;
                }
            }
            News::Lost(events) => warn!(events, "keys were pressed that were not heard of"),
        }
    }
    Ok(())
}

/// What an event asks of the music; none if it is nothing to us.
fn request(event: &InputEvent) -> Option<Request> {
    if event.action() != Some(Action::Press) {
        return None;
    }
    Some(match event.key.as_str() {
        "KEY_NEXTSONG" => Request::Next,
        "KEY_PREVIOUSSONG" => Request::Previous,
        "KEY_PLAYPAUSE" => Request::PlayPause,
        "KEY_VOLUMEUP" => Request::VolumeBy(VOLUME_STEP),
        "KEY_VOLUMEDOWN" => Request::VolumeBy(-VOLUME_STEP),
        "KEY_MUTE" => Request::Mute,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_does_something_and_its_release_and_other_keys_nothing() {
        let event = |key: &str, action: &str| InputEvent {
            number: 1,
            t_ns: 1,
            key: key.to_owned(),
            action: action.to_owned(),
            steps: 0,
        };
        assert!(matches!(request(&event("KEY_NEXTSONG", "press")), Some(Request::Next)));
        assert!(matches!(request(&event("KEY_VOLUMEDOWN", "press")), Some(Request::VolumeBy(step)) if step < 0.0));
        for (key, action) in
            [("KEY_NEXTSONG", "release"), ("KEY_MUTE", "long-press"), ("KEY_PHONE", "press"), ("KEY_MUTE", "squeeze")]
        {
            assert!(request(&event(key, action)).is_none(), "{key} {action}");
        }
    }
}
