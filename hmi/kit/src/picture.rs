use std::io;

/// Writes a PNG file of three bytes a pixel.
///
/// # Errors
/// [`png::EncodingError`] if `rgb` has not three bytes for each of `width` times `height` pixels.
pub(crate) fn encode(width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(io::Cursor::new(&mut file), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgb)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pixels_come_back() {
        let rgb = [1, 2, 3, 4, 5, 6];
        let file = encode(2, 1, &rgb).unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(&file)).read_info().unwrap();
        let mut back = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut back).unwrap();
        assert_eq!(back, rgb);
        assert!(encode(2, 2, &rgb).is_err());
    }
}
