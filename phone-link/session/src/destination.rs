//! Where somebody wants to go, as phones say it: `geo:` and `google.navigation:`, links of maps, coordinates, and a place's name above its link.

use std::fmt;

use url::Url;

use crate::Point;
use crate::point::number;

/// The longest text that is looked at, bytes, and the longest label, characters.
const MAX_TEXT: usize = 8_192;
const MAX_LABEL: usize = 120;
/// Degrees of a code of ge0 are cut into so many steps; a character holds three of their bits.
const CODE_BITS: u32 = 30;
const CODE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Where it is, as far as that can be known without asking anybody.
#[derive(Clone, PartialEq)]
pub enum Target {
    Point(Point),
    /// An address or a name that has to be looked up.
    Query(String),
    /// A short link that only its maker can read.
    Link(String),
}

#[derive(Clone, PartialEq)]
pub struct Destination {
    pub target: Target,
    /// What people call it; empty if nothing was said.
    pub label: String,
}

/// Where somebody goes is private: no log shows it.
impl fmt::Debug for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self.target {
            Target::Point(_) => "Destination(a point)",
            Target::Query(_) => "Destination(a query)",
            Target::Link(_) => "Destination(a link)",
        })
    }
}

impl Destination {
    /// Reads what a phone shared, an address or a text. None if it names no place.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > MAX_TEXT {
            return None;
        }
        if let Some(point) = Point::read(text) {
            return Some(Self { target: Target::Point(point), label: String::new() });
        }
        // A label within a link may have spaces.
        if !text.contains('\n')
            && let Some(found) = read_link(text)
        {
            return Some(found);
        }
        // The link is the last word; what stands above or before it is the name.
        let start = text.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let start = text.ceil_char_boundary(start);
        let (name, link) = (text.get(..start)?, text.get(start..)?);
        let mut found = read_link(link)?;
        let name = label(name.trim().lines().next().unwrap_or_default());
        if found.label.is_empty() {
            found.label = name;
        }
        Some(found)
    }

    /// For a phone's maps, if it is known where it is.
    pub fn geo(&self) -> Option<String> {
        let Target::Point(point) = &self.target else { return None };
        let place = format!("{:.6},{:.6}", point.latitude(), point.longitude());
        let label: String = url::form_urlencoded::byte_serialize(self.label.as_bytes()).collect();
        Some(match label.as_str() {
            "" => format!("geo:{place}?q={place}"),
            label => format!("geo:{place}?q={place}({})", label.replace('+', "%20")),
        })
    }
}

/// A text as it may be shown: of a sane length, and in the direction in which it is written.
pub(crate) fn label(text: &str) -> String {
    // Some turn the direction of writing, or take no room.
    let turns = |c| matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    text.chars().filter(|c| !c.is_control() && !turns(*c)).take(MAX_LABEL).collect::<String>().trim().to_owned()
}

fn read_link(link: &str) -> Option<Destination> {
    let url = Url::parse(link).ok()?;
    match url.scheme() {
        "geo" => geo(&url),
        "google.navigation" => {
            let (_, query) = url.as_str().split_once("q=")?;
            place(&decoded(query.split('&').next().unwrap_or_default()), "")
        }
        "ge0" => code(url.host_str()?, url.path()),
        "http" | "https" => web(&url),
        _ => None,
    }
}

/// RFC 5870, and Android's `?q=` beside it, which is where people want to go.
fn geo(url: &Url) -> Option<Destination> {
    let centre = url.path().split(';').next().and_then(Point::read);
    let wanted = parameter(url, &["q"]).and_then(|query| {
        let (at, name) = query.split_once('(').unwrap_or((&query, ""));
        match Point::read(at) {
            Some(point) => Some((Target::Point(point), label(name.strip_suffix(')').unwrap_or(name)))),
            None => Some((Target::Query(label(&query)), String::new())).filter(|_| !query.trim().is_empty()),
        }
    });
    let (target, label) = match (wanted, centre) {
        // A name, and where it is.
        (Some((Target::Query(name), _)), Some(point)) => (Target::Point(point), name),
        (Some(wanted), _) => wanted,
        (None, point) => (Target::Point(point?), String::new()),
    };
    Some(Destination { target, label })
}

fn web(url: &Url) -> Option<Destination> {
    let host = url.host_str()?.trim_start_matches("www.");
    let is = |name: &str| host == name || host.strip_suffix(name).is_some_and(|before| before.ends_with('.'));
    let google =
        host.strip_prefix("maps.").unwrap_or(host).strip_prefix("google.").is_some_and(|country| country.len() <= 6);
    if is("maps.app.goo.gl") || is("goo.gl") && url.path().starts_with("/maps") || is("maps.apple") {
        return Some(Destination { target: Target::Link(url.to_string()), label: String::new() });
    }
    if google && (host.starts_with("maps.") || url.path().starts_with("/maps")) {
        return google_maps(url);
    }
    if is("maps.apple.com") {
        let name = parameter(url, &["q", "name"]).unwrap_or_default();
        let point = parameter(url, &["daddr", "ll", "coordinate"]).and_then(|text| Point::read(&text));
        return match point {
            Some(point) => Some(Destination { target: Target::Point(point), label: label(&name) }),
            None => place(&parameter(url, &["daddr", "address", "q"])?, &name),
        };
    }
    if is("openstreetmap.org") {
        let (latitude, longitude) = (parameter(url, &["mlat"]), parameter(url, &["mlon"]));
        let marked = latitude
            .zip(longitude)
            .and_then(|(latitude, longitude)| Point::new(number(&latitude)?, number(&longitude)?));
        let shown = || {
            let mut parts = url.fragment()?.strip_prefix("map=")?.split('&').next()?.split('/').skip(1);
            Point::new(number(parts.next()?)?, number(parts.next()?)?)
        };
        return Some(Destination { target: Target::Point(marked.or_else(shown)?), label: String::new() });
    }
    if is("osmand.net") {
        return place(&parameter(url, &["pin"])?, "");
    }
    if is("omaps.app") || is("ge0.me") || is("comaps.at") {
        let (_, path) = url.path().split_once('/')?;
        let (short, name) = path.split_once('/').unwrap_or((path, ""));
        return code(short, name);
    }
    None
}

fn google_maps(url: &Url) -> Option<Destination> {
    let path = url.path();
    let part =
        |kind| path.split_once(kind).and_then(|(_, rest)| rest.split('/').next()).map(decoded).unwrap_or_default();
    let name = part("/place/");
    // Of a way its end, not what the map showed.
    let end = path.split_once("/dir/").and_then(|(_, rest)| {
        rest.split('/')
            .take_while(|part| !part.starts_with('@') && !part.starts_with("data="))
            .filter(|part| !part.is_empty())
            .last()
            .map(decoded)
    });
    let sought = end.or_else(|| Some(part("/search/")).filter(|sought| !sought.is_empty()));
    // The place itself, before what the window showed.
    let pin = path.rsplit_once("!3d").and_then(|(_, rest)| {
        let (latitude, rest) = rest.split_once("!4d")?;
        Point::new(number(latitude)?, number(rest.split('!').next()?)?)
    });
    let asked = parameter(url, &["destination", "daddr", "query", "q", "ll"]);
    let window = path.split_once("/@").and_then(|(_, rest)| {
        let mut parts = rest.split(',');
        Point::new(number(parts.next()?)?, number(parts.next()?)?)
    });
    match (pin, asked.or(sought), window) {
        (Some(point), ..) => Some(Destination { target: Target::Point(point), label: label(&name) }),
        (None, Some(asked), _) => place(&asked, &name),
        (None, None, Some(point)) => Some(Destination { target: Target::Point(point), label: label(&name) }),
        (None, None, None) => place(&name, ""),
    }
}

/// Coordinates, or else something to look up.
fn place(text: &str, name: &str) -> Option<Destination> {
    let target = match Point::read(text) {
        Some(point) => Target::Point(point),
        None => Target::Query(Some(label(text)).filter(|query| !query.is_empty())?),
    };
    Some(Destination { target, label: label(name) })
}

/// A code of ge0: its first character is the zoom, the others take turns with the bits of both degrees.
fn code(short: &str, name: &str) -> Option<Destination> {
    let bits: Vec<u32> = short
        .bytes()
        .map(|byte| CODE.iter().position(|known| *known == byte).and_then(|place| u32::try_from(place).ok()))
        .collect::<Option<_>>()?;
    let steps = bits.get(1..).filter(|steps| (4..=9).contains(&steps.len()))?;
    let (mut latitude, mut longitude) = (0_u32, 0_u32);
    for step in steps {
        let bit = |place: u32| step >> place & 1;
        latitude = latitude << 3 | bit(5) << 2 | bit(3) << 1 | bit(1);
        longitude = longitude << 3 | bit(4) << 2 | bit(2) << 1 | bit(0);
    }
    let left = CODE_BITS - 3 * u32::try_from(steps.len()).ok()?;
    // The middle of the square that the code names.
    let whole = |degrees: u32| f64::from((degrees << left) + (1 << (left - 1)));
    let most = f64::from(1_u32 << CODE_BITS);
    let point = Point::new(whole(latitude) / (most - 1.0) * 180.0 - 90.0, whole(longitude) / most * 360.0 - 180.0)?;
    let name = decoded(name.trim_matches('/')).replace('_', " ");
    Some(Destination { target: Target::Point(point), label: label(&name) })
}

fn parameter(url: &Url, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let (_, value) = url.query_pairs().find(|(key, value)| key == name && !value.is_empty())?;
        Some(value.into_owned())
    })
}

/// `%20` and `+` taken back.
pub(crate) fn decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={}", text.replace('&', "%26")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
