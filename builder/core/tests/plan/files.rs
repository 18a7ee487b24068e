//! Plan files: as written or refused.

use nodemint_core::plan::{PlanFileError, SCHEMA, from_json, to_json};
use proptest::prelude::*;

use crate::support::*;

fn file() -> String {
    to_json(&planned(&fleet(), &empty_account(&fleet())))
}

#[test]
fn a_plan_file_gives_its_plan_back() {
    let plan = planned(&fleet(), &empty_account(&fleet()));
    assert_eq!(from_json(&to_json(&plan)).expect("its own file"), plan);
    assert_eq!(to_json(&plan), file(), "twice the same bytes");
}

#[test]
fn another_schema_is_told_from_a_broken_file() {
    let newer = file().replace(SCHEMA, "nodemint.dev/plan/v2");
    let error = from_json(&newer).expect_err("a newer schema");
    assert!(
        matches!(&error, PlanFileError::OtherSchema { found } if found == "nodemint.dev/plan/v2"),
        "{error}"
    );
    for text in ["", "{}", "null", "[]", "plan", "{\"schema\": 1}"] {
        let error = from_json(text).expect_err(text);
        assert!(
            matches!(error, PlanFileError::NotAPlan { .. }),
            "{text}: {error}"
        );
    }
}

#[test]
fn every_truncation_is_refused_and_shows_no_user_data() {
    let whole = file();
    for end in 0..whole.len() {
        if let Some(cut) = whole.get(..end) {
            let error = from_json(cut).expect_err("a file cut short");
            assert!(!error.to_string().contains("IyEv"), "{error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_edit_of_one_byte_is_refused(at in any::<prop::sample::Index>(), byte in 0x20..0x7fu8, insert in any::<bool>()) {
        let whole = file();
        let at = at.index(whole.len());
        let mut bytes = whole.clone().into_bytes();
        match insert {
            true => bytes.insert(at, byte),
            false => bytes[at] = byte,
        }
        if let Ok(edited) = String::from_utf8(bytes) && edited != whole {
            prop_assert!(from_json(&edited).is_err());
        }
    }
}
