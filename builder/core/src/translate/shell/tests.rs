use proptest::prelude::*;

use super::{UNKNOWN, read};

/// Every command as its words, `?` for what is unknown.
fn words(text: &str) -> Vec<String> {
    let shown = |command: &super::Command| {
        let words = command.words.iter().map(|word| word.text.as_str());
        words.collect::<Vec<_>>().join("·").replace(UNKNOWN, "?")
    };
    read(text).commands.iter().map(shown).collect()
}

#[test]
fn words_of_commands() {
    let rows: &[(&str, &[&str])] = &[
        ("a b  c", &["a·b·c"]),
        ("a; b && c || d | e & f", &["a", "b", "c", "d", "e", "f"]),
        ("a \\\n  b # comment\nc", &["a·b", "c"]),
        ("a 'b \"c\"' \"d 'e'\"", &["a·b \"c\"·d 'e'"]),
        ("a x\"y z\"'w'", &["a·xy zw"]),
        ("a \"\\\"q\\\" \\$x \\n\"", &["a·\"q\" $x \\n"]),
        ("X=1\na $X ${X} '$X' $Y", &["", "a·1·1·$X·?"]),
        ("X=1; X+=2; a $X", &["", "", "a·12"]),
        ("X=$(cmd 'a)b'); a $X", &["", "a·?"]),
        ("if x; then X=1; fi; a $X", &["x", "", "a·?"]),
        ("for i in 1 2; do a $i; done", &["a·?"]),
        ("a() { b; }; c", &["b", "c"]),
        ("case $x in a|b) c;; *) d;; esac; e", &["c", "d", "e"]),
        ("[[ $a < b && c ]] && d", &["[[·?·<·b·&&·c·]]", "d"]),
        ("a 7 > f 2>&1 < g", &["a·7"]),
        ("cat <<EOF > f\nrm -rf /\nEOF\nb", &["cat", "b"]),
        ("A=(1 2); b", &["", "b"]),
        ("a `b` $((1+2))", &["a·?·?"]),
        ("a ${X:-y}", &["a·?"]),
        ("a 'open", &["a·open"]),
    ];
    for (text, expected) in rows {
        assert_eq!(&words(text), expected, "{text:?}");
    }
}

#[test]
fn places_lists_and_documents() {
    let text = "a\nif b; then\n  c\nfi\nd && e\ncat <<'EOF' > f\nx $y\nEOF\ng";
    let script = read(text);
    let facts: Vec<(&str, usize, usize)> = script
        .commands
        .iter()
        .map(|command| (command.name(), command.line, command.depth))
        .collect();
    let expected = [
        ("a", 1, 0),
        ("b", 2, 1),
        ("c", 3, 1),
        ("d", 5, 0),
        ("e", 5, 0),
        ("cat", 6, 0),
        ("g", 9, 0),
    ];
    assert_eq!(facts, expected);
    let by_name = |name: &str| {
        script
            .commands
            .iter()
            .find(|command| command.name() == name)
            .expect(name)
    };
    assert_eq!(by_name("d").list, by_name("e").list);
    assert_ne!(by_name("a").list, by_name("d").list);
    let cat = by_name("cat");
    assert_eq!(cat.redirects[0].document.as_deref(), Some("x $y\n"));
    assert_eq!(
        &text[cat.documents.clone().expect("a document")],
        "x $y\nEOF\n"
    );
    assert_eq!(&text[by_name("d").span.clone()], "d");
}

#[test]
fn what_is_exported() {
    let script = read("export A=1 B\nC=2\nexport C\nD=3");
    let names: Vec<&str> = script.exported.keys().map(String::as_str).collect();
    assert_eq!(names, ["A", "C"]);
    assert_eq!(script.exported["C"].text, "2");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_script_panics_or_hangs(text in "[a-z \\n'\"\\\\$(){}`<>|&;#=\u{e9}]{0,80}") {
        let script = read(&text);
        for command in script.commands {
            prop_assert!(text.get(command.span).is_some());
        }
    }

    #[test]
    fn plain_words_come_back(list in prop::collection::vec("[a-z0-9./=-]{1,8}", 1..6)) {
        let found = words(&format!("x {}", list.join(" ")));
        prop_assert_eq!(found, vec![format!("x·{}", list.join("·"))]);
    }
}
