//! Holds a database to what cantools says of the same file, apart from payloads: `peer/vectors.py --facts`.

use serde_json::{Value, json};
use tandem_dbc::{Database, Defect, FrameFormat, Message, Signal};

/// Compares one line. How many facts are the same, and every one that is not: where, what cantools says and what we say.
pub fn compare(line: &str, read: impl Fn(&str) -> Vec<u8>) -> (usize, Vec<String>) {
    let theirs: Value = serde_json::from_str(line).unwrap();
    let file = theirs["file"].as_str().unwrap();
    let (mut same, mut other) = (0, Vec::new());
    if theirs["refused"].as_bool() == Some(true) {
        return (same, other);
    }
    let database = Database::parse(&read(file)).unwrap();
    let bare = database.repairs.iter().any(|repair| repair.defect == Defect::BareComment);
    let mut check = |at: &str, theirs: &Value, ours: Value| {
        let equal = match (theirs.as_f64(), ours.as_f64()) {
            // JSON is read to the last bit but one.
            (Some(one), Some(two)) => (one - two).abs() <= f64::EPSILON * one.abs(),
            // What is said of a message without `BO_` is taken out for cantools, which would refuse the file.
            (None, None) if bare && theirs.is_null() && at.ends_with("comment") => true,
            _ => *theirs == ours,
        };
        same += usize::from(equal);
        if !equal {
            other.push(format!("{file}: {at}: {theirs} is {ours} here"));
        }
    };
    check("version", &theirs["version"], json!(database.version));
    let nodes: Vec<_> = database.nodes.iter().map(|node| (&node.name, &node.comment)).collect();
    check("nodes", &theirs["nodes"], json!(nodes));
    check("messages", &json!(theirs["messages"].as_object().unwrap().len()), json!(database.messages.len()));
    for message in &database.messages {
        let theirs = &theirs["messages"][message.id.raw().to_string()];
        let at = format!("{} {}", message.id, message.name);
        for (name, ours) in of_message(message, theirs["is_fd"] == true) {
            check(&format!("{at}: {name}"), &theirs[name], ours);
        }
        check(&at, &json!(theirs["signals"].as_object().unwrap().len()), json!(message.signals.len()));
        for signal in &message.signals {
            let theirs = &theirs["signals"][&signal.name];
            // `[0.0|0.0]` is no limit here, as `[0|0]` is none for cantools.
            let limits = [&theirs["minimum"], &theirs["maximum"]];
            let unlimited = limits.iter().all(|limit| limit.as_f64() == Some(0.0));
            for (name, ours) in of_signal(signal).into_iter().filter(|(name, _)| !(unlimited && name.ends_with("imum")))
            {
                check(&format!("{at}.{}: {name}", signal.name), &theirs[name], ours);
            }
        }
    }
    (same, other)
}

fn of_message(message: &Message, said_fd: bool) -> [(&'static str, Value); 7] {
    let senders: Vec<_> = message.sender.iter().chain(&message.other_senders).collect();
    [
        ("name", json!(message.name)),
        ("length", json!(message.length)),
        ("cycle_ms", json!(message.cycle_ms)),
        ("send_type", json!(message.send_type)),
        ("comment", json!(message.comment)),
        ("senders", json!(senders)),
        // More than 8 bytes are FD here; cantools waits for the file to say so.
        ("is_fd", json!(message.format == FrameFormat::Fd && (said_fd || message.length <= 8))),
    ]
}

fn of_signal(signal: &Signal) -> [(&'static str, Value); 8] {
    let mut values = signal.values.clone();
    values.sort();
    [
        ("unit", json!(signal.unit)),
        ("minimum", json!(signal.minimum)),
        ("maximum", json!(signal.maximum)),
        ("factor", json!(signal.factor)),
        ("offset", json!(signal.offset)),
        ("comment", json!(signal.comment)),
        ("receivers", json!(signal.receivers)),
        ("values", json!(values)),
    ]
}
