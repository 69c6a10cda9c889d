//! Bytes from anywhere as what a phone says: cut into lines, read as packets, and written again. The first byte says where the stream breaks.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tandem_kdeconnect::{Lines, MAX_ITEMS, MAX_TEXT, Message, Packet, Share};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, stream)) = bytes.split_first() else { return };
    let mut lines = Lines::new(2048);
    for piece in stream.chunks(usize::from(*first).max(1)) {
        lines.push(piece);
        loop {
            match lines.next_line() {
                Ok(Some(line)) => read(line),
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
});

fn read(line: &[u8]) {
    assert!(line.len() <= 2048 && !line.contains(&b'\n'));
    let Ok(packet) = Packet::parse(line) else { return };
    match &packet.message {
        Message::Identity(identity) => {
            assert!((1..=32).contains(&identity.name.chars().count()));
            assert!(identity.incoming.len() <= MAX_ITEMS && identity.outgoing.len() <= MAX_ITEMS);
        }
        Message::Share(Share::File { name, .. }) => {
            assert!(!name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']));
        }
        Message::Share(Share::Url(text) | Share::Text(text)) => assert!(text.chars().count() < MAX_TEXT),
        _ => {}
    }
    let written = packet.line(1);
    assert_eq!(written.matches('\n').count(), 1);
    // A type that is not understood has lost its body.
    if !matches!(packet.message, Message::Other(_)) {
        assert_eq!(Packet::parse(written.trim_end().as_bytes()).ok().as_ref(), Some(&packet));
    }
}
