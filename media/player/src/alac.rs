//! Apple Lossless, of one channel or two. What GStreamer has for it is libav's, a hundred libraries; this is a crate without any.

use gstreamer as gst;
use gstreamer_audio as gst_audio;

use gst::glib;
use gst::prelude::*;

/// By which the table of what is allowed knows it.
pub const NAME: &str = "tandemalacdec";

/// Apple's encoders make packets of 4,096. What a file says of itself is memory that it asks for.
const LONGEST_PACKET: u32 = 16_384;
/// How the 24 bytes lie in an M4A file that say how it was encoded: behind a size, a name, a version, and nothing that is longer.
const LONGEST_COOKIE: usize = 256;

glib::wrapper! {
    pub struct Decoder(ObjectSubclass<imp::Decoder>) @extends gst_audio::AudioDecoder, gst::Element, gst::Object;
}

/// Makes it known to this process. To be called once, before the first pipeline.
///
/// # Errors
/// GStreamer does not take it.
pub fn register() -> Result<(), glib::BoolError> {
    gst::Element::register(None, NAME, gst::Rank::PRIMARY, Decoder::static_type())
}

mod imp {
    use std::sync::{LazyLock, Mutex, PoisonError};

    use gst::subclass::prelude::*;
    use gst_audio::subclass::prelude::*;

    use super::{LONGEST_COOKIE, LONGEST_PACKET, glib, gst, gst_audio};
    use gst_audio::prelude::*;

    /// What a packet is unpacked into: as wide as the file has it, so that nothing is rounded here.
    enum Samples {
        Narrow(Vec<i16>),
        Wide(Vec<i32>),
    }

    struct Stream {
        decoder: alac::Decoder,
        samples: Samples,
    }

    #[derive(Default)]
    pub struct Decoder(Mutex<Option<Stream>>);

    impl Stream {
        /// The samples of a packet as GStreamer has them.
        fn unpack(&mut self, packet: &[u8]) -> Result<Vec<u8>, alac::InvalidData> {
            Ok(match &mut self.samples {
                Samples::Narrow(room) => {
                    self.decoder.decode_packet(packet, room)?.iter().flat_map(|sample| sample.to_ne_bytes()).collect()
                }
                Samples::Wide(room) => {
                    self.decoder.decode_packet(packet, room)?.iter().flat_map(|sample| sample.to_ne_bytes()).collect()
                }
            })
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Decoder {
        const NAME: &'static str = "TandemAlacDecoder";
        type Type = super::Decoder;
        type ParentType = gst_audio::AudioDecoder;
    }

    impl ObjectImpl for Decoder {}
    impl GstObjectImpl for Decoder {}

    impl ElementImpl for Decoder {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new(
                    "Apple Lossless decoder",
                    "Codec/Decoder/Audio",
                    "Decodes Apple Lossless",
                    "Tandem",
                )
            });
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                let packets = gst::Caps::builder("audio/x-alac").build();
                let samples = gst_audio::AudioCapsBuilder::new_interleaved()
                    .format_list([gst_audio::AUDIO_FORMAT_S16, gst_audio::AUDIO_FORMAT_S32])
                    .build();
                [("sink", gst::PadDirection::Sink, packets), ("src", gst::PadDirection::Src, samples)]
                    .into_iter()
                    .filter_map(|(name, direction, caps)| {
                        gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
                    })
                    .collect()
            });
            &TEMPLATES
        }
    }

    impl AudioDecoderImpl for Decoder {
        fn stop(&self) -> Result<(), gst::ErrorMessage> {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
            Ok(())
        }

        fn set_format(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
            let refused = |why: &str| gst::loggable_error!(gst::CAT_DEFAULT, "{why}");
            let about = caps.structure(0).ok_or_else(|| refused("no caps"))?;
            let cookie =
                about.get::<gst::Buffer>("codec_data").map_err(|_| refused("it does not say how to decode it"))?;
            let cookie = cookie.map_readable().map_err(|_| refused("memory that cannot be read"))?;
            let info = Some(cookie.as_slice())
                .filter(|cookie| cookie.len() <= LONGEST_COOKIE)
                .and_then(|cookie| alac::StreamInfo::from_cookie(cookie).ok())
                .ok_or_else(|| refused("it does not say how to decode it"))?;
            let (channels, bits, rate) = (info.channels(), info.bit_depth(), info.sample_rate());
            let is_sound =
                (1..=2).contains(&channels) && [16, 20, 24, 32].contains(&bits) && (1..=768_000).contains(&rate);
            if !is_sound || !(1..=LONGEST_PACKET).contains(&info.max_frames_per_packet()) {
                return Err(refused("it is of another kind than music has"));
            }
            let room = info.max_samples_per_packet() as usize;
            let is_narrow = bits == 16;
            let format = if is_narrow { gst_audio::AUDIO_FORMAT_S16 } else { gst_audio::AUDIO_FORMAT_S32 };
            let samples = if is_narrow { Samples::Narrow(vec![0; room]) } else { Samples::Wide(vec![0; room]) };
            let sound = gst_audio::AudioInfo::builder(format, rate, channels.into())
                .build()
                .map_err(|_| refused("no such sound"))?;
            self.obj().set_output_format(&sound).map_err(|_| refused("nobody takes its sound"))?;
            let stream = Stream { decoder: alac::Decoder::new(info), samples };
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream);
            Ok(())
        }

        fn handle_frame(&self, packet: Option<&gst::Buffer>) -> Result<gst::FlowSuccess, gst::FlowError> {
            // At the end nothing is left to come: a packet is whole.
            let Some(packet) = packet else { return Ok(gst::FlowSuccess::Ok) };
            let packet = packet.map_readable().map_err(|_| gst::FlowError::Error)?;
            let unpacked = match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
                Some(stream) => stream.unpack(&packet),
                None => return Err(gst::FlowError::NotNegotiated),
            };
            // One that is spoilt is passed over.
            let samples = unpacked.inspect_err(|error| tracing::debug!(%error, "a packet is spoilt")).ok();
            self.obj().finish_frame(samples.map(gst::Buffer::from_mut_slice), 1)
        }
    }
}
