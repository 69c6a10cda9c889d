use crate::text::decode;
use crate::{ListError, Playlist, m3u, pls, xml, xspf};

/// Reads a playlist by what it says of itself, else by a name or a media type: `mix.m3u8`, `audio/x-mpegurl`.
///
/// # Errors
/// [`ListError::Stream`] for a playlist of HLS, whose entries are pieces of one stream; [`ListError::WebPage`] and
/// [`ListError::Unknown`] for other things; [`ListError::Empty`] if no entry names anything.
pub fn playlist(bytes: &[u8], name_hint: &str) -> Result<Playlist, ListError> {
    let named = xml::named_encoding(bytes).or_else(|| m3u::named_encoding(bytes));
    let text = decode(bytes, named)?;
    let list = match kind(&text, name_hint)? {
        Kind::M3u => m3u::parse(&text)?,
        Kind::Pls => pls::parse(&text),
        Kind::Xspf => xspf::parse(&text)?,
    };
    if list.entries.is_empty() { Err(ListError::Empty) } else { Ok(list) }
}

enum Kind {
    M3u,
    Pls,
    Xspf,
}

fn kind(text: &str, name_hint: &str) -> Result<Kind, ListError> {
    if m3u::is_marked(text) {
        return Ok(Kind::M3u);
    }
    if pls::is_marked(text) {
        return Ok(Kind::Pls);
    }
    if text.trim_start().starts_with('<') {
        return match xml::root(text).as_deref() {
            Some("playlist") => Ok(Kind::Xspf),
            Some("html") => Err(ListError::WebPage),
            _ => Err(ListError::Unknown),
        };
    }
    // Sound that is named like a list.
    if text.contains('\0') {
        return Err(ListError::Unknown);
    }
    let hint = name_hint.to_ascii_lowercase();
    let hint = hint.split([';', '?', '#']).next().unwrap_or_default().trim();
    let names_addresses = || {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.next().is_some_and(|line| line.starts_with("http://") || line.starts_with("https://"))
    };
    match hint {
        _ if hint.ends_with(".m3u") || hint.ends_with(".m3u8") || hint.ends_with("mpegurl") => Ok(Kind::M3u),
        _ if hint.ends_with(".pls") || hint.ends_with("/x-scpls") => Ok(Kind::Pls),
        _ if names_addresses() => Ok(Kind::M3u),
        _ => Err(ListError::Unknown),
    }
}
