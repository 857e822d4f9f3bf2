//! Eaton and MGE models: what a product string and a model string amount to.
//!
//! Knows the table of models and the families whose firmware behaves alike. The table is data, in
//! `data/mge_models.toml`.

use serde::Deserialize;

/// Models whose firmware behaves alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Small off-line models.
    Offline,
    /// Ellipse MAX and its kin, with outlets that follow the load.
    Pegasus,
    /// 3S.
    #[serde(rename = "3s")]
    ThreeS,
    /// Everything else.
    #[default]
    Default,
    /// Evolution.
    Evolution,
    /// Pulsar M.
    PulsarM,
    /// 5P.
    #[serde(rename = "5p")]
    FiveP,
    /// 9E.
    #[serde(rename = "9e")]
    NineE,
}

impl Family {
    /// Whether `UPS.PowerSummary` tells the battery voltage rather than that of a fixed pack.
    pub fn tells_battery_voltage(self) -> bool {
        matches!(self, Family::Evolution | Family::PulsarM | Family::FiveP | Family::NineE)
    }

    /// Whether an outlet can be switched off below a load threshold.
    pub fn has_eco_outlets(self) -> bool {
        matches!(self, Family::Pegasus | Family::ThreeS)
    }

    /// Whether the output voltage can be set across the 200 V and the 230 V class.
    pub fn is_wide_range(self) -> bool {
        !matches!(self, Family::Offline | Family::Pegasus | Family::ThreeS)
    }
}

/// One row of the table.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Product string, to the last blank.
    pub product: String,
    /// Model string, to the last blank.
    pub model: String,
    /// Family.
    pub family: Family,
    /// Name to publish; empty: product and model.
    #[serde(default)]
    pub name: String,
    /// Nominal battery voltage where the device tells a wrong one.
    pub battery_volts: Option<f64>,
}

#[derive(Deserialize)]
struct Table {
    models: Vec<Model>,
}

/// The table, first match counts.
pub fn table() -> Result<Vec<Model>, toml::de::Error> {
    toml::from_str(include_str!("../data/mge_models.toml")).map(|table: Table| table.models)
}

/// The model with these two strings and the name to publish; a model of the default family if the
/// table has none.
pub fn identify(product: &str, model: &str) -> Model {
    let known = table().unwrap_or_default();
    let hit = known.into_iter().find(|m| m.product == product && m.model == model);
    let mut found = hit.unwrap_or_default();
    if found.name.is_empty() {
        found.name = format!("{product} {model}");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads() {
        assert_eq!(table().unwrap().len(), 133);
    }

    #[test]
    fn models_are_found_exactly() {
        let ellipse = identify("ELLIPSE", "300");
        assert_eq!((ellipse.name.as_str(), ellipse.family), ("ellipse 300", Family::Offline));
        let evolution = identify("Evolution", "650");
        assert_eq!(evolution.name, "Evolution 650");
        assert_eq!(evolution.battery_volts, Some(12.0));
        let unknown = identify("Ellipse", "300");
        assert_eq!((unknown.name.as_str(), unknown.family), ("Ellipse 300", Family::Default));
    }
}
