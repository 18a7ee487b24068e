//! Plan files: as written or refused.

use std::collections::BTreeMap;

use nodemint_core::plan::{
    FILE_SCHEMA, Fate, FileDigest, Input, Inputs, Plan, PlanFileError, SCHEMA, SavedPlan,
};
use proptest::prelude::*;

use crate::support::*;

const NODEMINT: &str = "0.1.0";

fn inputs() -> Inputs {
    let digest = |text: &str| FileDigest::of(text.as_bytes());
    Inputs {
        spec: Some(digest("spec")),
        lock: Some(digest("lock")),
        files: BTreeMap::from([("userdata/10-sysctl.sh".to_owned(), digest("script"))]),
    }
}

pub fn saved(plan: Plan) -> SavedPlan {
    SavedPlan {
        expires: at(2000),
        endpoint: Some("http://127.0.0.1:1".to_owned()),
        inputs: inputs(),
        plan,
    }
}

fn plan() -> Plan {
    planned(&fleet(), &empty_account(&fleet()))
}

fn file() -> String {
    saved(plan()).to_json()
}

fn from_json(text: &str) -> Result<SavedPlan, PlanFileError> {
    SavedPlan::from_json(text, NODEMINT)
}

#[test]
fn a_plan_file_gives_its_plan_back() {
    assert_eq!(from_json(&file()).expect("its own file"), saved(plan()));
    let here = SavedPlan {
        endpoint: None,
        ..saved(plan())
    };
    assert_eq!(from_json(&here.to_json()).expect("its own file"), here);
    assert_eq!(saved(plan()).to_json(), file(), "twice the same bytes");
}

#[test]
fn another_schema_is_told_from_a_broken_file() {
    let rows = [
        ("nodemint.dev/saved-plan/v2", "of a newer nodemint"),
        ("nodemint.dev/saved-plan/v0", "of an older nodemint"),
        ("terraform/plan/v1", "none of a plan file"),
    ];
    for (schema, told) in rows {
        let error = from_json(&file().replace(FILE_SCHEMA, schema)).expect_err(schema);
        assert!(
            matches!(&error, PlanFileError::OtherSchema { found } if found == schema)
                && error.to_string().contains(told),
            "{error}"
        );
    }
    let printed = serde_json::to_string(&plan()).expect("a plan");
    assert!(printed.contains(SCHEMA));
    let error = from_json(&printed).expect_err("what is printed");
    assert!(matches!(&error, PlanFileError::Printed), "{error}");
    for text in ["", "{}", "null", "[]", "plan", "{\"schema\": 1}"] {
        let error = from_json(text).expect_err(text);
        let cut = matches!(error, PlanFileError::CutShort { .. });
        let none = matches!(error, PlanFileError::NotAPlan { .. });
        assert_eq!(
            (cut, none),
            (text.is_empty(), !text.is_empty()),
            "{text}: {error}"
        );
    }
}

#[test]
fn another_nodemint_is_not_asked_to_carry_a_plan_out() {
    let error = SavedPlan::from_json(&file(), "0.2.0").expect_err("another one");
    assert_eq!(
        error.to_string(),
        "nodemint 0.1.0 made it, and this is nodemint 0.2.0"
    );
    // Whatever else its plans have.
    let more = file().replace("\"purpose\"", "\"later\": 1, \"purpose\"");
    let error = SavedPlan::from_json(&more, "0.2.0").expect_err("another one");
    assert!(
        matches!(&error, PlanFileError::OtherNodemint { .. }),
        "{error}"
    );
}

#[test]
fn what_changed_of_the_inputs() {
    let (spec, lock) = (Input::Spec, Input::Lock);
    let file = || Input::File("userdata/10-sysctl.sh".to_owned());
    let changed = |with: &dyn Fn(&mut Inputs)| {
        let mut now = inputs();
        with(&mut now);
        inputs().changed(&now)
    };
    assert_eq!(changed(&|_| {}), []);
    assert_eq!(
        changed(&|now| now.spec = Some(FileDigest::of(b"other"))),
        [(spec, Fate::Changed)]
    );
    assert_eq!(changed(&|now| now.lock = None), [(lock, Fate::Gone)]);
    assert_eq!(changed(&|now| now.files.clear()), [(file(), Fate::Gone)]);
    let more = Input::File("more".to_owned());
    assert_eq!(
        changed(&|now| {
            now.files.insert("more".to_owned(), FileDigest::of(b"more"));
        }),
        [(more, Fate::New)]
    );
}

#[test]
fn a_plan_has_its_time() {
    let saved = saved(plan());
    assert!(!saved.is_expired(at(1999)));
    assert!(saved.is_expired(at(2000)));
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
            prop_assert!(from_json(&edited).is_err(), "{edited}");
        }
    }
}
