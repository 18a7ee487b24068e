//! Laws of `load` that hold for any text.

use nodemint_core::spec::{Loaded, SpecErrors, load};
use proptest::prelude::*;

const BASE: &str = include_str!("../../../golden/spec-errors/base.yaml");

fn run(text: &str) -> Result<Loaded, SpecErrors> {
    load(text, &mut |_| Ok(Vec::new()))
}

/// There is a verdict, its places are inside the text and in its order, and it is the same the second time.
fn check(text: &str) -> Result<(), TestCaseError> {
    let verdict = run(text);
    prop_assert_eq!(&verdict, &run(text));
    let problems = match &verdict {
        Ok(loaded) => {
            for (path, place) in loaded.places.iter() {
                prop_assert!(text.get(place.value.span.clone()).is_some(), "{}", path);
            }
            &loaded.warnings
        }
        Err(errors) => {
            prop_assert!(!errors.problems.is_empty());
            &errors.problems
        }
    };
    for problem in problems {
        prop_assert!(text.get(problem.span.clone()).is_some(), "{}", problem);
        prop_assert!(problem.line >= 1 && problem.column >= 1, "{}", problem);
        prop_assert!(problem.line <= text.split('\n').count(), "{}", problem);
        prop_assert!(!problem.to_string().contains('\n'), "{}", problem);
    }
    prop_assert!(problems.is_sorted_by_key(|problem| problem.span.start));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,120}") {
        check(&text)?;
    }

    #[test]
    fn any_text_of_yaml_s_own_characters(text in "[-?:,\\[\\]{}#&*!|>'\"%@`a<~ \n\t\r.0-9…]{0,60}") {
        check(&text)?;
    }

    /// Found by the case below: a key of two lines.
    #[test]
    fn a_key_with_a_line_break(with in "[<a ]\n{1,2}") {
        let at = BASE.find("httpTokens").unwrap_or_default();
        check(&format!("{}{with}{}", &BASE[..at], &BASE[at..]))?;
    }

    #[test]
    fn the_base_with_something_in_place_of_something(
        at in any::<prop::sample::Index>(),
        length in 0usize..12,
        with in "[-?:,\\[\\]{}#&*!|>'\"a<~ \n\té1]{0,6}",
    ) {
        let start = at.index(BASE.len());
        let end = (start + length).min(BASE.len());
        check(&format!("{}{with}{}", &BASE[..start], &BASE[end..]))?;
    }

    #[test]
    fn the_base_without_some_lines(skip in prop::collection::btree_set(0usize..34, 0..6)) {
        let lines = BASE.lines().enumerate().filter(|(index, _)| !skip.contains(index));
        let text: String = lines.map(|(_, line)| format!("{line}\n")).collect();
        check(&text)?;
    }
}

#[test]
fn an_alias_bomb_is_an_error_and_not_a_long_wait() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let last = format!("*a{}", level - 1);
        text += &format!("a{level}: &a{level} [{}]\n", vec![last; 8].join(", "));
    }
    let errors = run(&text).expect_err("too large");
    assert!(
        errors
            .to_string()
            .contains("too large once its aliases are followed"),
        "{errors}"
    );
}

#[test]
fn deep_nesting_is_an_error_and_not_an_overflow() {
    for text in [
        "[".repeat(100_000),
        "a: ".to_owned() + &"{b: ".repeat(100_000),
        "- ".repeat(50_000),
    ] {
        let errors = run(&text).expect_err("too deep");
        assert!(
            errors.to_string().contains("nested too deeply")
                || errors.to_string().contains("not YAML"),
            "{errors}"
        );
    }
}

#[test]
fn hundreds_of_errors_are_cut_off_and_said_to_be() {
    let text = format!(
        "{BASE}{}",
        (0..1000).map(|n| format!("x{n}: 1\n")).collect::<String>()
    );
    let errors = run(&text).expect_err("unknown keys");
    assert!(errors.problems.len() <= 210, "{}", errors.problems.len());
    assert!(
        errors.to_string().contains("there are more errors"),
        "{errors}"
    );
}
