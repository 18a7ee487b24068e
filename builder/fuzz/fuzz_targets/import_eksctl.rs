//! The import of eksctl files: whatever stands in one, it becomes a spec or an error, and twice the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nodemint_core::import::Options;
use nodemint_core::import::eksctl::import;
use nodemint_core::spec::{FamilyName, load};

fuzz_target!(|text: &str| {
    for family in [None, Some(FamilyName::AL2023)] {
        let options = Options { family };
        let Ok(imported) = import(text, &options) else {
            continue;
        };
        let again = import(text, &options).ok();
        assert!(again.as_ref() == Some(&imported), "the same every time");
        let mut read = |path: &str| {
            let file = imported.files.get(path).cloned();
            file.ok_or_else(|| "not found".to_owned())
        };
        let _ = load(&imported.spec, &mut read);
    }
});
