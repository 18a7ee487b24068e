//! Points in time, which handlers give as RFC 3339 text or as seconds since the epoch.

use jiff::Timestamp;
use serde_json::{Number, Value};

pub fn read(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => {
            let millis = number.as_f64()? * 1000.0;
            // a cast saturates; the range is then checked by the constructor
            Timestamp::from_millisecond(millis.round() as i64).ok()
        }
        _ => None,
    }
}

/// `2026-11-20T09:00:00.000Z`
pub fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Seconds since the epoch, with milliseconds where there are any.
pub fn epoch(at: Timestamp) -> Value {
    let millis = at.as_millisecond();
    if millis % 1000 == 0 {
        return Value::from(millis / 1000);
    }
    Number::from_f64(millis as f64 / 1000.0).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_the_same_time() {
        let text = read(&Value::from("2026-11-20T09:00:00.250Z")).expect("a time");
        let number = read(&serde_json::json!(1_795_165_200.25)).expect("a time");
        assert_eq!(text, number);
        assert_eq!(iso(text), "2026-11-20T09:00:00.250Z");
        assert_eq!(epoch(text), serde_json::json!(1_795_165_200.25));
        assert_eq!(
            epoch(read(&Value::from("2026-11-20T09:00:00Z")).expect("a time")),
            1_795_165_200
        );
        assert_eq!(read(&Value::from("yesterday")), None);
    }
}
