//! QEMU's own line, QMP: pictures of its displays, and fingers on them.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// It answers at once; a picture takes a little longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a finger stays, so that a guest that is slow feels it come and go.
const TOUCH: Duration = Duration::from_millis(150);
/// The axes of a tablet, whatever its display.
const AXIS: f64 = 32_767.0;

/// Ends that somebody ordered: a window that was closed, and a guest that turned itself off. A kernel that gives up resets the machine.
const ORDERED: [&str; 2] = ["host-ui", "guest-shutdown"];

pub struct Qmp {
    lines: BufReader<UnixStream>,
    end: Option<String>,
    /// The names of what happened, in their order.
    events: Vec<String>,
}

impl Qmp {
    /// # Errors
    /// Nobody listens there, or it is no QEMU.
    pub fn connect(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).with_context(|| format!("cannot reach {}", socket.display()))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut qmp = Self { lines: BufReader::new(stream), end: None, events: Vec::new() };
        qmp.hear()?;
        qmp.ask("qmp_capabilities", &json!({}))?;
        Ok(qmp)
    }

    /// # Errors
    /// QEMU refuses it, is gone, or does not answer.
    pub fn ask(&mut self, what: &str, with: &Value) -> Result<Value> {
        let mut line = json!({"execute": what, "arguments": with}).to_string();
        line.push('\n');
        self.lines.get_mut().write_all(line.as_bytes()).with_context(|| format!("QEMU cannot be asked for {what}"))?;
        loop {
            let answer = self.hear().with_context(|| format!("QEMU does not answer {what}"))?;
            if let Some(error) = answer.get("error") {
                bail!("QEMU refuses {what}: {}", error.get("desc").and_then(Value::as_str).unwrap_or_default());
            }
            // Events come between.
            if let Some(answer) = answer.get("return") {
                return Ok(answer.clone());
            }
        }
    }

    /// Writes what a display shows, as PNG.
    ///
    /// # Errors
    /// There is no such display, or the file cannot be written.
    pub fn picture(&mut self, display: &str, to: &Path) -> Result<()> {
        self.ask("screendump", &json!({"filename": to, "format": "png", "device": display, "head": 0}))?;
        Ok(())
    }

    /// A finger down and up, at this part of a display's width and height, 0 to 1.
    ///
    /// # Errors
    /// There is no such display.
    pub fn tap(&mut self, display: &str, (x, y): (f64, f64)) -> Result<()> {
        let axis = |axis: &str, part: f64| {
            let value = (part.clamp(0.0, 1.0) * AXIS).round() as i64;
            json!({"type": "abs", "data": {"axis": axis, "value": value}})
        };
        self.feel(display, &json!([axis("x", x), axis("y", y)]))?;
        for down in [true, false] {
            thread::sleep(TOUCH);
            self.feel(display, &json!([{"type": "btn", "data": {"down": down, "button": "left"}}]))?;
        }
        Ok(())
    }

    fn feel(&mut self, display: &str, events: &Value) -> Result<()> {
        self.ask("input-send-event", &json!({"device": display, "head": 0, "events": events}))?;
        Ok(())
    }

    fn hear(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.lines.read_line(&mut line)? == 0 {
            bail!("QEMU has ended");
        }
        let heard: Value = serde_json::from_str(&line).context("QEMU says no JSON")?;
        if let Some(event) = heard.get("event").and_then(Value::as_str) {
            if event == "SHUTDOWN" {
                self.end = heard.pointer("/data/reason").and_then(Value::as_str).map(str::to_owned);
            }
            self.events.push(event.to_owned());
        }
        Ok(heard)
    }

    /// How often that happened so far.
    ///
    /// # Errors
    /// QEMU is gone.
    pub fn times(&mut self, event: &str) -> Result<usize> {
        // What happened before is told before the answer.
        self.ask("query-status", &json!({}))?;
        Ok(self.events.iter().filter(|happened| *happened == event).count())
    }

    /// Whether QEMU, which has ended, did so because somebody ordered it.
    pub fn ended_by_order(&mut self) -> bool {
        while self.hear().is_ok() {}
        self.end.as_deref().is_some_and(|reason| ORDERED.contains(&reason))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn an_end_is_ordered_if_a_window_was_closed_or_the_guest_turned_itself_off_and_never_by_a_kernel_that_gave_up() {
        let ends = [("host-ui", true), ("guest-shutdown", true), ("guest-reset", false), ("guest-panic", false)];
        for (reason, ordered) in ends {
            let folder = tempfile::tempdir().unwrap();
            let socket = folder.path().join("qmp");
            let listener = UnixListener::bind(&socket).unwrap();
            let qemu = thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                stream.write_all(b"{\"QMP\": {}}\n{\"return\": {}}\n").unwrap();
                let event = json!({"event": "SHUTDOWN", "data": {"guest": true, "reason": reason}});
                stream.write_all(format!("{event}\n").as_bytes()).unwrap();
                BufReader::new(stream).read_line(&mut String::new()).unwrap();
            });
            let mut qmp = Qmp::connect(&socket).unwrap();
            qemu.join().unwrap();
            assert_eq!(qmp.ended_by_order(), ordered, "{reason}");
        }
    }
}
