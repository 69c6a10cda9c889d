//! How the parts of the system are: what somebody has to go without, and the list of them.

use std::rc::Rc;

use slint::{ComponentHandle, ModelRc, VecModel};
use tandem_contracts::health::{Health, Part};
use tandem_kit::HealthNews;

use crate::{CentreWindow, HealthAdapter, LackingAdapter, PartName, PartRow, PartState};

pub(crate) fn show(window: &CentreWindow, news: &HealthNews) {
    let lacking = window.global::<LackingAdapter>();
    lacking.set_music(news.lacking.music);
    lacking.set_phone(news.lacking.phone);
    lacking.set_settings(news.lacking.settings);
    let rows: Vec<PartRow> = news.parts.iter().filter_map(row).collect();
    window.global::<HealthAdapter>().set_parts(ModelRc::from(Rc::new(VecModel::from(rows))));
}

/// None of a part or a health that a newer service knows and this screen does not.
fn row(part: &Part) -> Option<PartRow> {
    let name = match part.name.as_str() {
        "vehicle" => PartName::Vehicle,
        "settings" => PartName::Settings,
        "media" => PartName::Media,
        "phone-link" => PartName::Phone,
        "cluster" => PartName::Instruments,
        "centre" => PartName::Centre,
        "lifecycle" => PartName::Supervision,
        _ => return None,
    };
    let state = match Health::of(&part.health)? {
        Health::Well => PartState::Well,
        Health::Starting => PartState::Starting,
        Health::Away => PartState::Away,
        Health::Ill => PartState::Ill,
    };
    // It comes from the bus, and a version is short.
    let version: String = part.version.chars().filter(char::is_ascii_graphic).take(16).collect();
    Some(PartRow { name, version: version.into(), state })
}
