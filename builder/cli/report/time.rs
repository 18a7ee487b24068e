//! Times and spans for people.

use jiff::{SignedDuration, Timestamp};

/// `2026-11-20 09:31 UTC`
pub fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(
        || "-".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

/// `65d`, `3h`, `12m`
pub fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now
        .duration_since(since)
        .max(SignedDuration::ZERO)
        .as_secs();
    match seconds {
        86_400.. => format!("{}d", seconds / 86_400),
        3_600.. => format!("{}h", seconds / 3_600),
        _ => format!("{}m", seconds / 60),
    }
}

/// Whole days from one moment to a later one.
pub fn days(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs() / 86_400
}

/// `1 min 5 s`
pub fn span(seconds: i64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_ages_read_well() {
        assert_eq!(
            [span(0), span(59), span(60), span(65)],
            ["0 s", "59 s", "1 min", "1 min 5 s"]
        );
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().expect("a time");
        let ages = [
            "2026-11-20T11:58:00Z",
            "2026-11-20T09:00:00Z",
            "2026-09-16T12:00:00Z",
            "2027-01-01T00:00:00Z",
        ]
        .map(|since| age(since.parse().expect("a time"), now));
        assert_eq!(ages, ["2m", "3h", "65d", "0m"]);
    }
}
