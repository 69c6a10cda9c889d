//! Lists of stations: the JSON of radio-browser.info, or any playlist.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::text::{decode, tidy, web_address};
use crate::{Entry, ListError, MAX_ENTRIES, Station};

const MAX_TAGS: usize = 20;

/// The stations of a list, and how many of its entries are none.
///
/// # Errors
/// [`ListError::Json`] if JSON breaks off; otherwise those of [`playlist`](crate::playlist).
pub fn stations(bytes: &[u8]) -> Result<(Vec<Station>, u32), ListError> {
    let text = decode(bytes, None)?;
    if !text.trim_start().starts_with(['[', '{']) || crate::pls::is_marked(&text) {
        return of_playlist(bytes);
    }
    let mut json = serde_json::Deserializer::from_str(&text);
    let found = json.deserialize_any(List).and_then(|list| json.end().map(|()| list)).map_err(ListError::Json)?;
    if found.0.is_empty() { Err(ListError::Empty) } else { Ok(found) }
}

fn of_playlist(bytes: &[u8]) -> Result<(Vec<Station>, u32), ListError> {
    let list = crate::playlist(bytes, "")?;
    let count = list.entries.len();
    let stations: Vec<_> = list.entries.into_iter().filter_map(of_entry).collect();
    if stations.is_empty() {
        return Err(ListError::Empty);
    }
    let refused = list.refused + (count - stations.len()) as u32;
    Ok((stations, refused))
}

fn of_entry(entry: Entry) -> Option<Station> {
    let url = web_address(&entry.address)?;
    let name = if entry.title.is_empty() { host(&url) } else { entry.title };
    let favicon = entry.art.as_deref().and_then(web_address).unwrap_or_default();
    let hls = url.split(['?', '#']).next().is_some_and(|path| path.to_ascii_lowercase().ends_with(".m3u8"));
    Some(Station { name, url, favicon, hls, ..Station::default() })
}

fn host(url: &str) -> String {
    url::Url::parse(url).ok().and_then(|url| url.host_str().map(tidy)).unwrap_or_default()
}

/// Takes station by station, so that a long list needs no more memory than its stations.
struct List;

impl<'de> Visitor<'de> for List {
    type Value = (Vec<Station>, u32);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of stations")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let (mut stations, mut refused) = (Vec::new(), 0);
        while stations.len() < MAX_ENTRIES {
            match list.next_element()? {
                Some(Loose::Station(station)) if station.is_whole() => stations.push(*station),
                Some(_) => refused += 1,
                None => return Ok((stations, refused)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            refused += 1;
        }
        Ok((stations, refused))
    }

    /// A station alone.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let station = read_station(map)?;
        Ok(if station.is_whole() { (vec![station], 0) } else { (Vec::new(), 1) })
    }
}

impl Station {
    fn is_whole(&self) -> bool {
        !self.url.is_empty() && !self.name.is_empty()
    }
}

/// A value of whatever type: servers have sent numbers as strings and the other way round.
enum Loose {
    Text(String),
    Number(f64),
    Station(Box<Station>),
    Nothing,
}

impl Loose {
    fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }

    fn address(&self) -> String {
        web_address(self.text()).unwrap_or_default()
    }

    fn number(&self) -> f64 {
        if let Self::Number(number) = self { *number } else { self.text().trim().parse().unwrap_or(0.0) }
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyLoose)
    }
}

struct AnyLoose;

impl<'de> Visitor<'de> for AnyLoose {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Loose, E> {
        Ok(Loose::Number(f64::from(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Loose, E> {
        Ok(Loose::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Loose, E> {
        Ok(Loose::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Loose, E> {
        Ok(Loose::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Loose, E> {
        Ok(Loose::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Loose, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::Nothing)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Loose, A::Error> {
        Ok(Loose::Station(Box::new(read_station(map)?)))
    }
}

/// The fields of <https://api.radio-browser.info>; others are passed over.
fn read_station<'de, A: MapAccess<'de>>(mut map: A) -> Result<Station, A::Error> {
    let mut station = Station::default();
    let mut resolved = None;
    while let Some(key) = map.next_key::<String>()? {
        match key.as_str() {
            "stationuuid" => station.uuid = uuid(map.next_value::<Loose>()?.text()),
            "name" => station.name = tidy(map.next_value::<Loose>()?.text()),
            "url" => station.url = map.next_value::<Loose>()?.address(),
            "url_resolved" => resolved = Some(map.next_value::<Loose>()?.address()).filter(|url| !url.is_empty()),
            "homepage" => station.homepage = map.next_value::<Loose>()?.address(),
            "favicon" => station.favicon = map.next_value::<Loose>()?.address(),
            "country" => station.country = tidy(map.next_value::<Loose>()?.text()),
            "language" => station.language = tidy(map.next_value::<Loose>()?.text()),
            "tags" => station.tags = tags(map.next_value::<Loose>()?.text()),
            "codec" => station.codec = tidy(map.next_value::<Loose>()?.text()),
            "bitrate" => station.bitrate = map.next_value::<Loose>()?.number() as u32,
            "hls" => station.hls = map.next_value::<Loose>()?.number() > 0.0,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    // The address that radio-browser found at the end of all redirections and playlists.
    station.url = resolved.unwrap_or(station.url);
    Ok(station)
}

fn tags(text: &str) -> Vec<String> {
    text.split(',').map(tidy).filter(|tag| !tag.is_empty()).take(MAX_TAGS).collect()
}

fn uuid(text: &str) -> String {
    let text = text.trim();
    let is_one = text.len() == 36 && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    if is_one { text.to_ascii_lowercase() } else { String::new() }
}
