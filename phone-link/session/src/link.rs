//! A link to something that plays: an episode, a station, a file.

use url::{Host, Url};

use crate::destination::{decoded, label};

/// The longest address that is looked at, bytes.
const MAX_LINK: usize = 2_048;
/// Nothing begins later, milliseconds.
const A_DAY: i64 = 24 * 3_600_000;
/// What the car can play by its address alone.
const FILES: [&str; 11] = ["mp3", "m4a", "m4b", "aac", "ogg", "oga", "opus", "flac", "wav", "m3u8", "mp4"];
/// Where it is to begin, as links of players say it.
const STARTS: [&str; 3] = ["t", "start", "time_continue"];

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    url: Url,
    start_ms: i64,
}

impl Link {
    /// Reads what a phone shared: a link, or a text that ends with one. None if it ends with none that leads into the web.
    pub fn read(text: &str) -> Option<Self> {
        let link = text.split_whitespace().next_back().filter(|link| link.len() <= MAX_LINK)?;
        let mut url = Url::parse(link).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
        if leads_inside(&url) {
            return None;
        }
        // Who hands a password on with an address did not mean it for the car.
        if !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let fragment = url.fragment().and_then(|fragment| fragment.strip_prefix("t=")).and_then(milliseconds);
        let asked = || url.query_pairs().find(|(key, _)| STARTS.contains(&key.as_ref()));
        let start_ms = fragment.or_else(|| milliseconds(&asked()?.1)).filter(|start| *start < A_DAY).unwrap_or(0);
        if fragment.is_some() {
            url.set_fragment(None);
        }
        Some(Self { url, start_ms })
    }

    pub fn address(&self) -> &str {
        self.url.as_str()
    }

    /// Where it is to begin, milliseconds.
    pub fn start_ms(&self) -> i64 {
        self.start_ms
    }

    /// Who offers it, as people call that.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default().trim_start_matches("www.")
    }

    /// Whether it is the very thing, and no page about it.
    pub fn is_file(&self) -> bool {
        let ending = self.url.path().rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        ending.is_some_and(|ending| FILES.contains(&ending.as_str()))
    }

    /// What it may be called while nobody knows better: the file's name, or who offers it.
    pub fn title(&self) -> String {
        let last = self.url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
        let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
        match label(&decoded(stem).replace(['_', char::REPLACEMENT_CHARACTER], " ")).as_str() {
            "" => self.host().to_owned(),
            title => title.to_owned(),
        }
    }

    /// The same from a position on; players in browsers begin there.
    pub fn from_ms(&self, position_ms: i64) -> String {
        let mut url = self.url.clone();
        if url.fragment().is_none() && position_ms >= 1_000 {
            url.set_fragment(Some(&format!("t={}", position_ms / 1_000)));
        }
        url.into()
    }
}

/// Whether it leads into this machine, or to whoever has no address in any network: nobody shares that, but to have the car look there.
fn leads_inside(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified() || address.is_link_local(),
        Some(Host::Ipv6(address)) => {
            // Also written in the old way, without ffff.
            let inner = address.to_ipv4().is_some_and(|inner| inner.is_loopback() || inner.is_link_local());
            address.is_loopback() || address.is_unspecified() || address.is_unicast_link_local() || inner
        }
        None => true,
    }
}

/// `90`, `90s`, `1m30s`, `1:30`, `1:02:03`.
fn milliseconds(text: &str) -> Option<i64> {
    let number = |text: &str| text.parse::<u32>().ok().map(i64::from);
    if text.contains(':') {
        let parts: Vec<_> = text.split(':').map(number).collect::<Option<_>>()?;
        return (parts.len() <= 3).then(|| parts.iter().fold(0, |all, part| all * 60 + part) * 1_000);
    }
    let (mut seconds, mut rest) = (0, text);
    for (unit, length) in [('h', 3_600), ('m', 60), ('s', 1)] {
        if let Some((count, after)) = rest.split_once(unit) {
            seconds += number(count)? * length;
            rest = after;
        }
    }
    let left = if rest.is_empty() && rest.len() < text.len() { 0 } else { number(rest.split('.').next()?)? };
    Some((seconds + left) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_apps_share_it() {
        let link = |text: &str| Link::read(text).map(|link| (link.address().to_owned(), link.start_ms()));
        let plain = "https://example.org/e.mp3";
        for (text, start_ms) in [
            (plain.to_owned(), 0),
            (format!("Episode 7\n{plain}"), 0),
            (format!("Listen: {plain}#t=90"), 90_000),
            (format!("{plain}#t=1:02:03"), 3_723_000),
            (format!("{plain}#t=12.5"), 12_000),
        ] {
            assert_eq!(link(&text), Some((plain.to_owned(), start_ms)), "{text}");
        }
        for (query, start_ms) in
            [("t=75", 75_000), ("start=5", 5_000), ("t=1h2m3s", 3_723_000), ("t=x", 0), ("t=4294967295h", 0)]
        {
            assert_eq!(link(&format!("https://a.org/w?{query}")).unwrap().1, start_ms, "{query}");
        }
        for no in
            ["", "hello", "geo:1,2", "file:///etc/passwd", "javascript:alert(1)", "https://", "https://a:b@c.org/x"]
        {
            assert_eq!(link(no), None, "{no}");
        }
        for inside in [
            "127.0.0.1:80",
            "localhost",
            "x.localhost",
            "0.0.0.0",
            "169.254.1.1",
            "[::1]",
            "[fe80::1]",
            "[::ffff:127.0.0.1]",
            "[::127.0.0.1]",
            "localhost.",
            "2130706433",
        ] {
            assert_eq!(link(&format!("http://{inside}/x.mp3")), None, "{inside}");
        }
        assert_eq!(link(&format!("https://a.org/{}", "x".repeat(3_000))), None);
    }

    #[test]
    fn what_plays_by_itself_is_told_from_a_page() {
        let read = |text: &str| Link::read(text).unwrap();
        for file in ["https://a.org/x.mp3", "https://a.org/X.M4A?token=1", "http://r.org/live/stream.aac"] {
            assert!(read(file).is_file(), "{file}");
        }
        for page in ["https://a.org/", "https://a.org/x.html", "https://a.org/mp3", "https://mp3.a.org/x"] {
            assert!(!read(page).is_file(), "{page}");
        }
    }

    #[test]
    fn it_has_a_name_until_somebody_knows_a_better_one() {
        for (link, title) in [
            ("https://a.org/Night%20drive_1.mp3", "Night drive 1"),
            ("https://a.org/%E6%99%B4%E5%A4%A9.mp3", "晴天"),
            ("https://a.org/%FF%00.mp3", "a.org"),
            ("https://a.org/%E2%80%AEgpj.song%E2%81%A6%E2%80%8B.mp3", "gpj.song"),
            ("https://www.a.org/", "a.org"),
        ] {
            assert_eq!(Link::read(link).unwrap().title(), title, "{link}");
        }
    }

    #[test]
    fn it_goes_back_with_the_second_at_which_it_stopped() {
        let link = Link::read("https://a.org/x.mp3#t=5").unwrap();
        assert_eq!(link.from_ms(83_999), "https://a.org/x.mp3#t=83");
        assert_eq!(link.from_ms(0), "https://a.org/x.mp3");
        assert_eq!(Link::read(&link.from_ms(83_999)).unwrap().start_ms(), 83_000, "and is understood here, too");
        assert_eq!(Link::read("https://a.org/x#part").unwrap().from_ms(9_000), "https://a.org/x#part");
    }
}
