use tandem_contracts::health::{Finding, Health, HealthBackend, Part, Report};

use super::Echo;

pub fn report() -> Report {
    let part = Part {
        name: "media".into(),
        health: Health::Ill.word().into(),
        says: "lacks org.tandem.Camera1".into(),
        remedy: "start it anew".into(),
        version: "0.1.0".into(),
        owned: vec!["org.tandem.Media1".into()],
        missing: vec!["org.tandem.Camera1".into()],
    };
    let finding =
        Finding { kind: "bus".into(), name: "can0".into(), health: Health::Well.word().into(), ..Finding::default() };
    Report { generation: 7, sequence: 3, is_well: false, parts: vec![part, Part::default()], findings: vec![finding] }
}

impl HealthBackend for Echo {
    async fn report(&self) -> zbus::fdo::Result<Report> {
        Ok(report())
    }
}
