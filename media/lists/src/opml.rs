//! OPML, as podcast apps export it: outlines, nested as folders, whose `xmlUrl` is a feed.

use std::collections::HashSet;

use crate::text::{tidy, web_address};
use crate::xml::{self, Step, Walk, attribute};
use crate::{ListError, MAX_ENTRIES, Subscription};

/// The subscriptions of an OPML file, in its order, each feed once.
///
/// # Errors
/// [`ListError::Empty`] if it names no feed with an `http://` or `https://` address.
pub fn opml(bytes: &[u8]) -> Result<Vec<Subscription>, ListError> {
    let text = crate::text::decode(bytes, xml::named_encoding(bytes))?;
    match xml::root(&text).as_deref() {
        Some("opml") => {}
        Some("html") => return Err(ListError::WebPage),
        _ => return Err(ListError::Unknown),
    }
    let mut walk = Walk::new(&text);
    let mut known = HashSet::new();
    let mut subscriptions = Vec::new();
    while let Some(step) = walk.step()? {
        let Step::Opened { attributes } = step else { continue };
        if walk.path().last().is_none_or(|name| name.local != "outline") {
            continue;
        }
        let Some(url) = attribute(&attributes, "xmlurl").and_then(web_address) else { continue };
        if subscriptions.len() >= MAX_ENTRIES {
            return Err(ListError::TooMany { what: "subscriptions", limit: MAX_ENTRIES });
        }
        if known.insert(url.clone()) {
            let title = attribute(&attributes, "title").or_else(|| attribute(&attributes, "text")).unwrap_or_default();
            subscriptions.push(Subscription { title: tidy(title), url });
        }
    }
    if subscriptions.is_empty() { Err(ListError::Empty) } else { Ok(subscriptions) }
}
