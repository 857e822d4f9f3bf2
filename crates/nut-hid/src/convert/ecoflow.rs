//! Conversions of EcoFlow: runtimes that come in minutes.

use super::Function;
use crate::format::fixed;

pub(super) const FUNCTIONS: &[Function] =
    &[Function::read("ecoflow_runtime_conversion_lkp", |minutes, _| seconds(minutes))];

/// The descriptor declares seconds, the firmware means minutes. Less than none says nothing.
fn seconds(minutes: f64) -> Option<String> {
    if minutes < 0.0 { None } else { fixed(minutes * 60.0, 0) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;

    #[test]
    fn minutes_become_seconds() {
        let mut bench = Bench::default();
        for (minutes, text) in [(0.0, Some("0")), (1500.0, Some("90000")), (-1.0, None)] {
            assert_eq!(bench.read("ecoflow_runtime_conversion_lkp", minutes).as_deref(), text);
        }
    }
}
