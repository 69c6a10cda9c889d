use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tandem_contracts::media::Trouble;
use thiserror::Error;

/// Why something did not come over the network.
#[derive(Debug, Error)]
pub enum FetchError {
    #[error("{address} is no http or https address")]
    Address { address: String },
    #[error("the name of the server is not known, or there is no network")]
    NoServer,
    #[error("the server cannot be reached")]
    Unreachable(#[source] io::Error),
    #[error("no secure connection could be made")]
    NotSecure(#[source] ureq::Error),
    #[error("nothing came for too long ({0})")]
    Silent(ureq::Timeout),
    #[error("it was not through after {} s", limit.as_secs())]
    TooSlow { limit: Duration },
    #[error("more than {limit} redirections")]
    Redirected { limit: u32 },
    #[error("a redirection leads from https to http")]
    Downgraded,
    #[error("the server answered {status}")]
    Status { status: u16 },
    #[error("it is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("the connection broke after {got} bytes")]
    Cut { got: u64 },
    #[error("the server breaks the rules of HTTP")]
    Protocol(#[source] ureq::Error),
    #[error("a web page came instead")]
    WebPage,
    #[error("the disk is full")]
    DiskFull,
    #[error("{} cannot be written", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("it is being fetched already")]
    Busy,
    #[error("it was stopped")]
    Stopped,
}

impl FetchError {
    /// Whether the same again may succeed by itself.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::NoServer | Self::Unreachable(_) | Self::Silent(_) | Self::TooSlow { .. } | Self::Cut { .. } => true,
            // What a network shows before one has logged in.
            Self::WebPage => true,
            Self::Status { status } => matches!(status, 408 | 425 | 429 | 500..),
            _ => false,
        }
    }

    /// The word that goes with the sentence.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Address { .. } | Self::TooLarge { .. } => Trouble::Unreadable,
            Self::Status { status: 404 | 410 } => Trouble::Missing,
            Self::DiskFull | Self::File { .. } => Trouble::Storage,
            _ => Trouble::Network,
        }
    }

    /// One sentence for the driver.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::Address { .. } => "This is not an address on the network",
            Self::NoServer => "There is no network, or the server does not exist",
            Self::Unreachable(_) => "The server cannot be reached",
            Self::NotSecure(_) => "No safe connection to the server could be made",
            Self::Silent(_) => "The server does not answer",
            Self::TooSlow { .. } => "The server is too slow",
            Self::Redirected { .. } => "The server sends us round in circles",
            Self::Downgraded => "The server leads away from a safe connection",
            Self::Status { status: 401 | 403 } => "The server does not let us in",
            Self::Status { status: 404 | 410 } => "It is no longer there",
            Self::Status { .. } => "The server has a problem",
            Self::TooLarge { .. } => "There is no end to it",
            Self::Cut { .. } => "The connection broke",
            Self::Protocol(_) => "The server's answer makes no sense",
            Self::WebPage => "A web page came instead: this network may ask for a login",
            Self::DiskFull => "The disk is full",
            Self::File { .. } => "The disk cannot be written",
            Self::Busy => "It is being fetched already",
            Self::Stopped => "It was stopped",
        }
    }

    /// What a request failed of; `got` bytes of the body had come.
    pub(super) fn of_request(error: ureq::Error, total: Duration, got: u64) -> Self {
        use ureq::Error as E;
        match error {
            E::Timeout(ureq::Timeout::Global) => Self::TooSlow { limit: total },
            E::Timeout(which) => Self::Silent(which),
            E::HostNotFound => Self::NoServer,
            E::BadUri(address) => Self::Address { address },
            E::Rustls(_) | E::Tls(_) => Self::NotSecure(error),
            E::ConnectionFailed => Self::Unreachable(io::ErrorKind::ConnectionRefused.into()),
            E::Io(source) => Self::of_connection(source, got),
            other => Self::Protocol(other),
        }
    }

    fn of_connection(source: io::Error, got: u64) -> Self {
        use io::ErrorKind as K;
        match source.kind() {
            // A certificate that does not hold comes through the reader of the connection.
            K::InvalidData => Self::NotSecure(ureq::Error::Io(source)),
            K::UnexpectedEof | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe => Self::Cut { got },
            K::TimedOut | K::WouldBlock => Self::Silent(ureq::Timeout::PerRead),
            // What the resolver says has no kind of its own, and no number.
            _ if source.raw_os_error().is_none() => Self::NoServer,
            _ => Self::Unreachable(source),
        }
    }

    pub(super) fn of_file(source: io::Error, path: &std::path::Path) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::DiskFull,
            _ => Self::File { path: path.to_owned(), source },
        }
    }
}
