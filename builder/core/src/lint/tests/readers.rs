//! The readers of scripts never fail, and look at each byte about once.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::{powershell, shell};
use super::*;

#[test]
fn words_of_a_shell() {
    let rows: &[(&str, &[&[&str]])] = &[
        ("a 'b c' \"d e\" f\\ g", &[&["a", "b c", "d e", "f g"]]),
        ("a \\\n  b", &[&["a", "b"]]),
        (
            "a;b&&c||d|e&f",
            &[&["a"], &["b"], &["c"], &["d"], &["e"], &["f"]],
        ),
        ("a#b # c", &[&["a#b"]]),
        ("a 2>&1 >/dev/null <in b", &[&["a", "b"]]),
        ("a <<X b\nbody\nX\nc", &[&["a", "b"], &["c"]]),
        ("a <<-'X'; b\n\tbody\n\tX\nc", &[&["a"], &["b"], &["c"]]),
        ("a <<<'b c'", &[&["a", "b c"]]),
        ("if a; then b; fi", &[&["a"], &["b"], &["fi"]]),
        ("X=1 Y='2 3' a", &[&["a"]]),
        (
            "a $(b c) `d e`",
            &[&["b", "c"], &["d", "e"], &["a", "$", "$"]],
        ),
        ("a \"$(b \"c d\")\"", &[&["b", "c d"], &["a", "$"]]),
        ("a $((1 + (2 * 3))) b", &[&["a", "$", "b"]]),
        ("a ${b:-c d} e", &[&["a", "${b:-c d}", "e"]]),
        ("A=(b c) d", &[&["d"]]),
        ("f() { a; }", &[&["f"], &["a"], &["}"]]),
    ];
    for (script, expected) in rows {
        let commands = shell::commands(script.as_bytes());
        let words = commands.iter().filter(|command| !command.words.is_empty());
        let words: Vec<Vec<&str>> = words
            .map(|command| {
                command
                    .words
                    .iter()
                    .map(|word| word.text.as_str())
                    .collect()
            })
            .collect();
        // The definition of a function is no command.
        let words: Vec<Vec<&str>> = words
            .into_iter()
            .filter(|words| *words != ["f"] || !script.contains("f()"))
            .collect();
        let expected = expected
            .iter()
            .filter(|words| ***words != ["f"] || !script.contains("f()"));
        assert!(
            words.iter().map(Vec::as_slice).eq(expected.copied()),
            "{script}: {words:?}"
        );
    }
}

/// A hundred times as much takes about a hundred times as long; squared, it would take ten thousand times.
#[test]
fn no_script_takes_its_length_squared() {
    let all = setting(Reader::Unknown, true);
    for piece in [
        "$(",
        "`",
        "\"",
        "(",
        "a<<X\n",
        "a|",
        "{",
        "@'\n",
        "a=",
        "password=a ",
        "-----BEGIN ",
        "://",
        "\n--",
    ] {
        for kind in [SHELL, POWERSHELL, "text/cloud-config", NODE_CONFIG] {
            let body = piece.repeat(60_000 / piece.len());
            let before = Instant::now();
            lint(&all, &[part(kind, &body)]);
            assert!(
                before.elapsed() < Duration::from_secs(5),
                "{kind} {piece:?}: {:?}",
                before.elapsed()
            );
        }
    }
}

proptest! {
    #[test]
    fn nothing_panics(body in proptest::collection::vec(any::<u8>(), 0..300), kind in 0..5_usize) {
        let kind = [SHELL, POWERSHELL, "text/cloud-config", NODE_CONFIG, TOML][kind];
        let part = Part { content_type: kind, body: &body, encoding: None };
        lint(&setting(Reader::Unknown, true), &[part]);
    }

    /// Bytes that mean something to the readers, in any order.
    #[test]
    fn nothing_panics_on_what_scripts_are_made_of(words in proptest::collection::vec(
        proptest::sample::select(vec![
            "$(", ")", "`", "\"", "'", "\\", "\n", "<<X", "X", "<(", ">", "&", "|", ";", "(", "{", "}", "while", "do", "done",
            "$", "${", "((", "#", "@'", "'@", "<#", "#>", "a=", "=", " ", "sleep 30", "sudo", "bash", "/etc/eks/bootstrap.sh", "--",
            "é", "password=", "-----BEGIN ", "eyJ", "://", "@",
        ]), 0..60)) {
        let body = words.concat();
        shell::commands(body.as_bytes());
        powershell::commands(body.as_bytes());
        lint(&setting(Reader::Unknown, true), &[part(SHELL, &body), part(POWERSHELL, &body)]);
    }

    /// A comment in front changes the line and nothing else.
    #[test]
    fn lines_are_counted(lines in 0..20_usize) {
        let body = format!("{}systemctl restart kubelet", "# x\n".repeat(lines));
        prop_assert_eq!(of_script(&setting(AL2, true), &body), [format!("touches-kubelet {}", lines + 2)]);
    }
}
