use thiserror::Error;

/// Why bytes are no list.
#[derive(Debug, Error)]
pub enum ListError {
    #[error("a list of {bytes} bytes is longer than {limit}", limit = crate::MAX_BYTES)]
    TooLong { bytes: usize },
    #[error("this is a stream and no list (HLS)")]
    Stream,
    #[error("this is no list that is known here")]
    Unknown,
    #[error("this is a web page and no list")]
    WebPage,
    #[error("the list names nothing that could play")]
    Empty,
    #[error("the elements nest deeper than {limit}")]
    TooDeep { limit: usize },
    #[error("the list has more than {limit} {what}")]
    TooMany { what: &'static str, limit: usize },
    #[error("the XML is broken at byte {at}")]
    Xml {
        at: u64,
        #[source]
        source: quick_xml::Error,
    },
    #[error("the JSON is broken")]
    Json(#[source] serde_json::Error),
}
