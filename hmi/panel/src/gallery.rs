//! Every widget of the kit in its states, and every drawing, for people to look at: by night and by day, each in a window.

use slint::{BackendSelector, ComponentHandle, PlatformError};
use tandem_kit::{Language, SetupError};

use crate::{GalleryWindow, Icons, Theme};

/// Pixels.
pub const SIZE: (u32, u32) = (1920, 1400);

/// A window of the gallery. The language is that which is selected.
///
/// # Errors
/// Slint finds no display or no renderer.
pub fn open(night: bool, language: Language) -> Result<GalleryWindow, PlatformError> {
    let window = GalleryWindow::new()?;
    window.global::<Icons>().on_drawn(tandem_kit::draw_icons());
    let theme = window.global::<Theme>();
    theme.set_night(night);
    theme.set_language(language.translation().into());
    Ok(window)
}

/// Shows both windows until they are closed.
///
/// # Errors
/// There is no display, or Slint finds no renderer.
pub fn run(language: Language) -> Result<(), SetupError> {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !is_set("SLINT_BACKEND") {
        if !is_set("WAYLAND_DISPLAY") && !is_set("DISPLAY") {
            return Err(SetupError::NoDisplay);
        }
        BackendSelector::new().backend_name("winit".into()).renderer_name("software".into()).select()?;
    }
    let (night, day) = (open(true, language)?, open(false, language)?);
    if let Err(error) = slint::select_bundled_translation(language.translation()) {
        tracing::debug!(%error, "no translation is bundled");
    }
    night.show()?;
    day.show()?;
    Ok(slint::run_event_loop()?)
}
