use tandem_contracts::settings::{Notice, Setting, SettingsBackend, SettingsError, Table, find};
use tandem_contracts::wire;
use tandem_units::Value;
use zbus::OwnedVariant;

use super::Echo;

pub fn notice() -> Notice {
    Notice { kind: "damaged".into(), file: "/state/settings.aside-1.db".into(), reason: "it is empty".into() }
}

impl SettingsBackend for Echo {
    async fn list(&self) -> Result<Table, SettingsError> {
        let number = |number| wire::to_variant(Some(&Value::Int(number)));
        let brightness = Setting {
            key: "display.brightness".into(),
            value: number(40),
            default: number(80),
            kind: "number".into(),
            unit: "percent".into(),
            allowed: Vec::new(),
            min: 1,
            max: 100,
            step: 1,
            max_characters: 0,
            is_private: false,
            not_with: "NO_SETUP".into(),
            about: "How bright the screens are".into(),
        };
        Ok(Table { generation: 7, sequence: 2, settings: vec![brightness], is_kept: true, notice: notice() })
    }

    async fn get(&self, key: String) -> Result<OwnedVariant, SettingsError> {
        Ok(wire::to_variant(Some(&Value::Text(key.into()))))
    }

    async fn set(&self, key: String, value: OwnedVariant) -> Result<(), SettingsError> {
        match wire::from_variant(0, &value) {
            Ok((_, Some(Value::Bool(_)))) => Ok(()),
            Ok((_, Some(value))) => Ok(find(&key)?.admit(&value)?),
            _ => Err(SettingsError::WrongType(key)),
        }
    }

    async fn reset(&self, key: String) -> Result<(), SettingsError> {
        match key.as_str() {
            "driver.name" => Err(SettingsError::Restricted("moving".into())),
            _ => Err(SettingsError::Storage("the disk is full".into())),
        }
    }

    async fn dismiss_notice(&self) -> Result<(), SettingsError> {
        Ok(())
    }

    fn notice(&self) -> Notice {
        notice()
    }

    fn is_kept(&self) -> bool {
        true
    }
}
