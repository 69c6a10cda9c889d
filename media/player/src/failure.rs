//! Why something does not sound, in the driver's words.

use gstreamer as gst;

use crate::protocol::Cause;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub cause: Cause,
    /// A sentence for the driver: no paths, nothing of GStreamer's.
    pub sentence: String,
}

impl Failure {
    pub fn new(cause: Cause, sentence: &str) -> Self {
        Self { cause, sentence: sentence.to_owned() }
    }

    pub fn silent_server() -> Self {
        Self::new(Cause::Network, "The station does not answer")
    }

    pub fn stopped_sending() -> Self {
        Self::new(Cause::Network, "The station stopped sending")
    }

    pub fn damaged() -> Self {
        Self::new(Cause::Damaged, "This file is damaged")
    }

    pub fn slow() -> Self {
        Self::new(Cause::Slow, "This did not begin in time; its disk or the head unit may be slow")
    }

    pub fn slow_jump() -> Self {
        Self::new(Cause::Slow, "The jump took too long; the disk or the head unit may be slow")
    }

    pub fn no_sound_in_it() -> Self {
        Self::new(Cause::Unsupported, "There is no sound in this file")
    }

    pub fn no_device() -> Self {
        Self::new(Cause::Device, "The sound device is gone")
    }
}

/// What a decoder that is not there would have decoded, as GStreamer's `missing-plugin` message tells it.
pub fn lacking(message: &gst::message::Element) -> Option<String> {
    let structure = message.structure().filter(|structure| structure.name() == "missing-plugin")?;
    if let Ok(caps) = structure.get::<gst::Caps>("detail") {
        let about = caps.structure(0)?;
        return Some(match about.name().as_str() {
            "audio/x-wma" => "Windows Media".to_owned(),
            "audio/mpeg" if about.get::<i32>("mpegversion").is_ok_and(|version| version != 1) => "AAC".to_owned(),
            "audio/mpeg" => "MP3".to_owned(),
            "audio/x-flac" => "FLAC".to_owned(),
            "audio/x-alac" => "Apple Lossless".to_owned(),
            "audio/x-opus" => "Opus".to_owned(),
            "audio/x-vorbis" => "Vorbis".to_owned(),
            "audio/x-ac3" | "audio/x-eac3" => "Dolby Digital".to_owned(),
            other => other.rsplit('/').next().unwrap_or(other).trim_start_matches("x-").to_owned(),
        });
    }
    structure.get::<String>("name").ok().map(|name| name.chars().take(60).collect())
}

pub fn unsupported(lacking: Option<&str>) -> Failure {
    let sentence = match lacking {
        Some(format) => format!("This is in a format that cannot be played here ({format})"),
        None => "This is not in a format that can be played here".to_owned(),
    };
    Failure { cause: Cause::Unsupported, sentence }
}

/// From an error of a source, a demuxer or a decoder; one of the sink is [`Failure::no_device`].
pub fn of_error(error: &gst::glib::Error, stream: bool, still_there: bool, lacking: Option<&str>) -> Failure {
    if let Some(kind) = error.kind::<gst::ResourceError>() {
        return match kind {
            gst::ResourceError::NotFound if stream => {
                Failure::new(Cause::Network, "The station has nothing at this address")
            }
            gst::ResourceError::NotAuthorized if stream => {
                Failure::new(Cause::Network, "The station does not let us in")
            }
            _ if stream => Failure::silent_server(),
            _ if !still_there => Failure::new(Cause::NotFound, "This file is gone"),
            gst::ResourceError::OpenRead | gst::ResourceError::NotAuthorized => {
                Failure::new(Cause::NotAllowed, "This file may not be read")
            }
            _ => Failure::damaged(),
        };
    }
    if error.matches(gst::CoreError::MissingPlugin) {
        return unsupported(lacking);
    }
    match error.kind::<gst::StreamError>() {
        Some(gst::StreamError::CodecNotFound | gst::StreamError::TypeNotFound | gst::StreamError::WrongType) => {
            unsupported(lacking)
        }
        Some(gst::StreamError::Decrypt | gst::StreamError::DecryptNokey) => {
            Failure::new(Cause::Unsupported, "This is protected against being played here")
        }
        _ if lacking.is_some() => unsupported(lacking),
        _ if stream => Failure::stopped_sending(),
        _ if !still_there => Failure::new(Cause::NotFound, "This file is gone"),
        _ => Failure::damaged(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gst::{ResourceError, StreamError, glib};

    #[test]
    fn an_error_becomes_a_cause_that_depends_on_where_it_came_from() {
        let cause = |error: glib::Error, stream, there| of_error(&error, stream, there, None).cause;
        let read = || glib::Error::new(ResourceError::Read, "Could not read from resource.");
        assert_eq!(cause(read(), true, false), Cause::Network);
        assert_eq!(cause(read(), false, false), Cause::NotFound);
        assert_eq!(cause(read(), false, true), Cause::Damaged);
        assert_eq!(cause(glib::Error::new(ResourceError::OpenRead, ""), false, true), Cause::NotAllowed);
        assert_eq!(cause(glib::Error::new(StreamError::TypeNotFound, ""), false, true), Cause::Unsupported);
        assert_eq!(cause(glib::Error::new(StreamError::Decode, ""), false, true), Cause::Damaged);
        let named = of_error(&glib::Error::new(StreamError::CodecNotFound, ""), false, true, Some("AAC"));
        assert_eq!(named.sentence, "This is in a format that cannot be played here (AAC)");
    }
}
