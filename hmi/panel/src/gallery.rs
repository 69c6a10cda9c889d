//! Every widget of the kit in its states, and every drawing, for people to look at: by night and by day, each in a window.

use slint::{BackendSelector, ComponentHandle, PlatformError};
use tandem_kit::Language;

use crate::{GalleryWindow, Theme};

/// Pixels.
pub const SIZE: (u32, u32) = (1920, 1280);

/// A window of the gallery. The language is that which is selected.
///
/// # Errors
/// Slint finds no display or no renderer.
pub fn open(night: bool, language: Language) -> Result<GalleryWindow, PlatformError> {
    let window = GalleryWindow::new()?;
    let theme = window.global::<Theme>();
    theme.set_night(night);
    theme.set_language(language.translation().into());
    Ok(window)
}

/// Shows both windows until they are closed.
///
/// # Errors
/// Slint finds no display or no renderer.
pub fn run(language: Language) -> Result<(), PlatformError> {
    if std::env::var_os("SLINT_BACKEND").is_none_or(|backend| backend.is_empty()) {
        BackendSelector::new().backend_name("winit".into()).renderer_name("software".into()).select()?;
    }
    let (night, day) = (open(true, language)?, open(false, language)?);
    if let Err(error) = slint::select_bundled_translation(language.translation()) {
        tracing::debug!(%error, "no translation is bundled");
    }
    night.show()?;
    day.show()?;
    slint::run_event_loop()
}
