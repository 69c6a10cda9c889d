//! faad decodes each block of AAC together with the one after it, so its first answer is empty and every later one belongs to the block before the last that it was
//! given. GStreamer 1.22 passes over the empty answer without counting it, and from then on tells each block of samples as that of one before: an edit list, which
//! says what of the file is music, would cut off a block of it.

use gst::prelude::*;
use gstreamer as gst;

/// Has an element tell the right times, if it is one of faad's.
pub fn put_right(element: &gst::Element) {
    if element.factory().is_none_or(|factory| factory.name() != "faad") {
        return;
    }
    let Some(entrance) = element.static_pad("sink") else { return };
    entrance.add_probe(gst::PadProbeType::BUFFER, |_, about| {
        if let Some(block) = about.buffer_mut()
            && let (Some(time), Some(length)) = (block.pts(), block.duration())
        {
            block.make_mut().set_pts(time + length);
        }
        gst::PadProbeReturn::Ok
    });
}
