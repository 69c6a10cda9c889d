//! What comes over HTTP(S): bounded in time, size and redirections, and typed in what can go wrong.
//!
//! The requests block, on tokio's threads for that. Dropping the future closes the connection.

mod download;
mod error;
#[cfg(test)]
pub(crate) mod server;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ureq::http::{HeaderMap, Response, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};
use url::Url;

pub use download::{Progress, check_space};
pub use error::FetchError;

pub const MAX_REDIRECTIONS: u32 = 5;
const MAX_HEADERS: usize = 64 << 10;
/// A longer validator is not worth keeping, bytes.
const MAX_VALIDATOR: usize = 256;
const USER_AGENT: &str = concat!("Tandem/", env!("CARGO_PKG_VERSION"));

/// How long and how much at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands, with its certificate checked.
    pub connect: Duration,
    /// Between two pieces of the answer.
    pub silence: Duration,
    /// From the first redirection to the last byte.
    pub total: Duration,
    /// Of the body, unpacked.
    pub bytes: u64,
    /// What a download leaves free on the disk, bytes.
    pub keep_free: u64,
}

impl Limits {
    /// For lists and feeds.
    pub const LIST: Self = Self {
        connect: Duration::from_secs(10),
        silence: Duration::from_secs(15),
        total: Duration::from_secs(60),
        bytes: tandem_lists::MAX_BYTES as u64,
        keep_free: 0,
    };
    /// For episodes.
    pub const EPISODE: Self = Self {
        connect: Duration::from_secs(10),
        silence: Duration::from_secs(30),
        total: Duration::from_secs(6 * 3600),
        bytes: 4 << 30,
        keep_free: 256 << 20,
    };
}

/// What is known of an earlier answer; empty if nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: String,
    pub last_modified: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// After redirections.
    pub address: String,
    /// As `audio/x-mpegurl`, lower case and without parameters; empty if the server does not say.
    pub media_type: String,
    pub validators: Validators,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    Whole(Document),
    /// As it was when the validators were told.
    Unchanged,
    /// Its media type was not wanted; nothing of it was read.
    Other {
        address: String,
        media_type: String,
    },
}

/// Fetches, each time with connections of its own.
#[derive(Clone, Debug, Default)]
pub struct Fetcher;

impl Fetcher {
    /// Fetches a document, unless it is as it was.
    ///
    /// # Errors
    /// [`FetchError`]; nothing of a document that broke off is returned.
    pub async fn get(&self, address: &str, known: Validators, limits: Limits) -> Result<Fetched, FetchError> {
        self.get_if(address, known, limits, |_, _| true).await
    }

    /// Fetches a document if its address and media type are wanted.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn get_if(
        &self,
        address: &str,
        known: Validators,
        limits: Limits,
        wanted: fn(address: &str, media_type: &str) -> bool,
    ) -> Result<Fetched, FetchError> {
        let line = Line::new(limits);
        let address = address.to_owned();
        line.run(move |line| line.get(&address, &known, wanted)).await
    }
}

/// The connections of one task.
#[derive(Clone)]
struct Line {
    agent: Agent,
    limits: Limits,
    stopped: Arc<AtomicBool>,
}

/// Ends the task on its thread when the future that waits for it is dropped.
struct Hangup(Line);

impl Drop for Hangup {
    fn drop(&mut self) {
        self.0.stopped.store(true, Ordering::Release);
        self.0.agent.clone().shutdown();
    }
}

struct Answer {
    address: Url,
    response: Response<Body>,
}

impl Line {
    fn new(limits: Limits) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            // A car has none, and the environment of a test is none of its business.
            .proxy(None)
            .http_status_as_error(false)
            // Followed here: ureq would go from https to http.
            .max_redirects(0)
            .max_response_header_size(MAX_HEADERS)
            .user_agent(USER_AGENT)
            .timeout_global(Some(limits.total))
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect))
            .timeout_recv_response(Some(limits.silence))
            .timeout_per_read(Some(limits.silence))
            .timeout_per_write(Some(limits.silence))
            .build();
        Self { agent: config.new_agent(), limits, stopped: Arc::default() }
    }

    async fn run<T: Send + 'static>(
        self,
        task: impl FnOnce(&Self) -> Result<T, FetchError> + Send + 'static,
    ) -> Result<T, FetchError> {
        let hangup = Hangup(self.clone());
        let result = tokio::task::spawn_blocking(move || task(&self)).await;
        drop(hangup);
        result.unwrap_or(Err(FetchError::Stopped))
    }

    fn check(&self) -> Result<(), FetchError> {
        if self.stopped.load(Ordering::Acquire) { Err(FetchError::Stopped) } else { Ok(()) }
    }

    fn failed(&self, error: ureq::Error, got: u64) -> FetchError {
        self.check().err().unwrap_or_else(|| FetchError::of_request(error, self.limits.total, got))
    }

    /// Asks, and follows redirections.
    fn ask(&self, address: &str, headers: &[(header::HeaderName, &str)]) -> Result<Answer, FetchError> {
        let mut url = web(address)?;
        for _ in 0..=MAX_REDIRECTIONS {
            self.check()?;
            let mut request = self.agent.get(url.as_str());
            for (name, value) in headers {
                request = request.header(name, *value);
            }
            let response = request.call().map_err(|error| self.failed(error, 0))?;
            let moved = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
            let Some(to) = text(response.headers(), header::LOCATION).filter(|_| moved) else {
                return Ok(Answer { address: url, response });
            };
            url = redirected(&url, &to)?;
        }
        Err(FetchError::Redirected { limit: MAX_REDIRECTIONS })
    }

    fn get(&self, address: &str, known: &Validators, wanted: fn(&str, &str) -> bool) -> Result<Fetched, FetchError> {
        let mut headers = Vec::new();
        if !known.etag.is_empty() {
            headers.push((header::IF_NONE_MATCH, known.etag.as_str()));
        }
        if !known.last_modified.is_empty() {
            headers.push((header::IF_MODIFIED_SINCE, known.last_modified.as_str()));
        }
        let Answer { address, response } = self.ask(address, &headers)?;
        match response.status().as_u16() {
            304 if !headers.is_empty() => return Ok(Fetched::Unchanged),
            200 => {}
            status => return Err(FetchError::Status { status }),
        }
        let address = String::from(address);
        let media_type = media_type(response.headers());
        if !wanted(&address, &media_type) {
            return Ok(Fetched::Other { address, media_type });
        }
        let validators = validators(response.headers());
        let body = response.into_body();
        let limit = self.limits.bytes;
        let promised = body.content_length();
        if promised.is_some_and(|promised| promised > limit) {
            return Err(FetchError::TooLarge { limit });
        }
        let mut bytes = Vec::new();
        // One byte more tells that there are more.
        let mut reader = body.into_reader().take(limit.saturating_add(1));
        if let Err(error) = reader.read_to_end(&mut bytes) {
            return Err(self.failed(ureq::Error::from(error), bytes.len() as u64));
        }
        if bytes.len() as u64 > limit {
            return Err(FetchError::TooLarge { limit });
        }
        // A connection that was hung up may look like the end.
        self.check()?;
        Ok(Fetched::Whole(Document { address, media_type, validators, bytes }))
    }
}

fn web(address: &str) -> Result<Url, FetchError> {
    Url::parse(address)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| FetchError::Address { address: address.to_owned() })
}

fn redirected(from: &Url, to: &str) -> Result<Url, FetchError> {
    let address = from.join(to).map_err(|_| FetchError::Address { address: to.to_owned() })?;
    let next = web(address.as_str())?;
    if from.scheme() == "https" && next.scheme() == "http" { Err(FetchError::Downgraded) } else { Ok(next) }
}

/// A header's text; none if it is not plain or longer than an address may be.
fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty() && value.len() <= tandem_lists::MAX_ADDRESS).then(|| value.to_owned())
}

fn media_type(headers: &HeaderMap) -> String {
    let value = text(headers, header::CONTENT_TYPE).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn validators(headers: &HeaderMap) -> Validators {
    let short = |name| text(headers, name).filter(|value| value.len() <= MAX_VALIDATOR).unwrap_or_default();
    Validators { etag: short(header::ETAG), last_modified: short(header::LAST_MODIFIED) }
}
