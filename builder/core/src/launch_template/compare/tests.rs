//! A row a pair of documents: what is told of it.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::launch_template::{Form, Wrapping};

type Part<'a> = (&'a str, &'a str);

fn decoded(parts: &[Part<'_>]) -> Decoded {
    let part = |(content_type, body): &Part<'_>| DecodedPart {
        content_type: (*content_type).to_owned(),
        body: body.as_bytes().to_vec(),
        wrapping: Wrapping::default(),
    };
    Decoded {
        form: Form::Multipart,
        bytes: Vec::new(),
        layers: Vec::new(),
        parts: parts.iter().map(part).collect(),
        oddities: Vec::new(),
    }
}

fn changed(from: &[Part<'_>], to: &[Part<'_>]) -> UserDataChange {
    compare(Some(&decoded(from)), Some(&decoded(to)))
}

/// `Changed 1→1 text/x-shellscript +1 -1`, and a line for each key.
fn told(change: &UserDataChange) -> String {
    let mut text = String::new();
    for part in &change.parts {
        let number = |note: &Option<PartNote>| note.as_ref().map_or(0, |note| note.number);
        let note = part.to.as_ref().or(part.from.as_ref());
        let kind = note.map_or("", |note| note.content_type.as_str());
        let moved = if part.moved { " moved" } else { "" };
        let lines = part
            .lines
            .as_ref()
            .map(|lines| format!(" +{} -{}", lines.added, lines.removed));
        let _ = writeln!(
            text,
            "{:?} {}→{} {kind}{moved}{}",
            part.kind,
            number(&part.from),
            number(&part.to),
            lines.unwrap_or_default()
        );
        for key in &part.keys {
            let (from, to) = (key.from.as_deref(), key.to.as_deref());
            let _ = writeln!(
                text,
                "  {}: {} → {}",
                key.key,
                from.unwrap_or("-"),
                to.unwrap_or("-")
            );
        }
    }
    text
}

const A: Part<'_> = (SHELL, "#!/bin/sh\nset -e\nsysctl -w a=1\nsysctl -w b=2\n");
const A2: Part<'_> = (SHELL, "#!/bin/sh\nset -e\nsysctl -w a=1\nsysctl -w b=3\n");
const B: Part<'_> = (SHELL, "#!/bin/bash\nmkdir -p /data\nmount /dev/sdb /data\n");
const C: Part<'_> = (SHELL, "#!/usr/bin/python3\nprint('hello')\n");
const CLOUD: &str = "text/cloud-config";

#[test]
fn parts_are_matched_by_what_they_are() {
    let binary = ("application/octet-stream", "\u{0}");
    let rows: &[(&str, &[Part<'_>], &[Part<'_>], &str)] = &[
        ("the same", &[A, B], &[A, B], ""),
        (
            "one line",
            &[A, B],
            &[A2, B],
            "Changed 1→1 text/x-shellscript +1 -1\n",
        ),
        (
            "a new one first",
            &[A, B],
            &[C, A, B],
            "Added 0→1 text/x-shellscript +2 -0\n",
        ),
        (
            "one less",
            &[A, B, C],
            &[A, C],
            "Removed 2→0 text/x-shellscript +0 -3\n",
        ),
        (
            "another order",
            &[A, B, C],
            &[C, A, B],
            "Moved 3→1 text/x-shellscript moved\n",
        ),
        (
            "changed, and behind another",
            &[A, B, C],
            &[B, C, A2],
            "Changed 1→3 text/x-shellscript moved +1 -1\n",
        ),
        (
            "the similar one is the successor",
            &[A, B],
            &[C, A2, B],
            "Added 0→1 text/x-shellscript +2 -0\nChanged 1→2 text/x-shellscript +1 -1\n",
        ),
        (
            "written anew",
            &[A, B],
            &[C, B],
            "Changed 1→1 text/x-shellscript +2 -4\n",
        ),
        (
            "another type",
            &[A],
            &[(CLOUD, "#cloud-config\nruncmd: [ls]\n")],
            "Removed 1→0 text/x-shellscript +0 -4\nAdded 0→1 text/cloud-config\n  runcmd[0]: - → ls\n",
        ),
        (
            "two of the same, one less",
            &[A, A, B],
            &[A, B],
            "Removed 2→0 text/x-shellscript +0 -4\n",
        ),
        (
            "no text",
            &[("application/octet-stream", "x")],
            &[binary],
            "Changed 1→1 application/octet-stream +1 -1\n",
        ),
    ];
    for (name, from, to, wanted) in rows {
        assert_eq!(told(&changed(from, to)), *wanted, "{name}");
    }
    let mut odd = decoded(&[binary]);
    odd.parts[0].body = vec![0xff, 0xfe];
    let change = compare(Some(&decoded(&[binary])), Some(&odd));
    assert_eq!(
        told(&change),
        "Changed 1→1 application/octet-stream\n",
        "bytes"
    );
}

#[test]
fn a_file_name_tells_which_part_is_which() {
    let named = |parts: &[Part<'_>], names: &[&str]| {
        let mut document = decoded(parts);
        for (part, name) in document.parts.iter_mut().zip(names) {
            part.wrapping.file_name = Some((*name).to_owned());
        }
        document
    };
    let from = named(&[A, B], &["a.sh", "b.sh"]);
    let to = named(&[A2, C], &["b.sh", "a.sh"]);
    assert_eq!(
        told(&compare(Some(&from), Some(&to))),
        "Changed 2→1 text/x-shellscript +4 -3\nChanged 1→2 text/x-shellscript moved +2 -4\n",
    );
}

#[test]
fn documents_are_compared_by_key() {
    let rows: &[(&str, &str, &str, &str, &str)] = &[
        (
            "a number, and a key that is new",
            NODE_CONFIG,
            "kind: NodeConfig\nspec:\n  kubelet:\n    config:\n      maxPods: 58\n",
            "kind: NodeConfig\nspec:\n  kubelet:\n    config:\n      maxPods: 110\n      a.b/c: {x: [1]}\n",
            "  spec.kubelet.config.\"a.b/c\".x[0]: - → 1\n  spec.kubelet.config.maxPods: 58 → 110\n",
        ),
        (
            "flags by flag",
            NODE_CONFIG,
            "spec: {kubelet: {flags: [--node-labels=a=b, --v=2]}}",
            "spec: {kubelet: {flags: [--v=2, --node-labels=a=c, --x=y]}}",
            "  spec.kubelet.flags[--node-labels]: --node-labels=a=b → --node-labels=a=c\n  spec.kubelet.flags[--x]: - → --x=y\n",
        ),
        (
            "lists by place",
            NODE_CONFIG,
            "a: [1, 2, 3]\n",
            "a: [0, 1, 3, 4]\n",
            "  a[0]: - → 0\n  a[1]: 2 → -\n  a[3]: - → 4\n",
        ),
        (
            "files by path",
            CLOUD,
            "#cloud-config\nwrite_files:\n- {path: /etc/a, content: x}\n- {path: /etc/b, content: y}\n",
            "#cloud-config\nwrite_files:\n- {path: /etc/b, content: z}\n",
            "  write_files[/etc/a].content: x → -\n  write_files[/etc/a].path: /etc/a → -\n  write_files[/etc/b].content: y → z\n",
        ),
        (
            "TOML",
            TOML,
            "[settings.kubernetes]\nmax-pods = 58\n\"node-labels\" = {\"a/b\" = \"c\"}\n",
            "[settings.kubernetes]\nmax-pods = 110\nwhen = 2026-01-01\n",
            "  settings.kubernetes.max-pods: 58 → 110\n  settings.kubernetes.node-labels.\"a/b\": c → -\n  settings.kubernetes.when: - → 2026-01-01\n",
        ),
        (
            "another kind of value",
            NODE_CONFIG,
            "a: {b: 1}\n",
            "a: [1]\n",
            "  a: {\"b\":1} → [1]\n",
        ),
    ];
    for (name, kind, from, to, wanted) in rows {
        let change = changed(&[(kind, from)], &[(kind, to)]);
        assert_eq!(
            told(&change),
            format!("Changed 1→1 {kind}\n{wanted}"),
            "{name}"
        );
    }
}

#[test]
fn what_is_no_document_or_only_looks_different_is_compared_by_line() {
    let rows: &[(&str, &str, &str)] = &[
        (
            "a: 1\n",
            "# more\na: 1\n",
            "Changed 1→1 application/node.eks.aws +1 -0\n",
        ),
        (
            "a: 1\n",
            "a: [\n",
            "Changed 1→1 application/node.eks.aws +1 -1\n",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "a: 1\n",
            "Changed 1→1 application/node.eks.aws +0 -2\n",
        ),
        (
            "text\n",
            "a: 1\n",
            "Changed 1→1 application/node.eks.aws +1 -1\n",
        ),
    ];
    for (from, to, wanted) in rows {
        let change = changed(&[(NODE_CONFIG, from)], &[(NODE_CONFIG, to)]);
        assert_eq!(told(&change), *wanted, "{from}");
    }
    let long = "# a\n".repeat(LONGEST / 4 + 1);
    let change = changed(&[(SHELL, &long)], &[(SHELL, "#!/bin/sh\n")]);
    assert_eq!(
        told(&change),
        "Changed 1→1 text/x-shellscript\n",
        "too long"
    );
}

#[test]
fn a_diff_has_context_and_no_header() {
    let change = changed(&[A], &[A2]);
    let lines = change.parts[0].lines.as_ref().expect("lines");
    assert_eq!(
        lines.diff.as_deref(),
        Some(
            "@@ -1,4 +1,4 @@\n #!/bin/sh\n set -e\n sysctl -w a=1\n-sysctl -w b=2\n+sysctl -w b=3\n"
        )
    );
}

#[test]
fn arguments_of_the_bootstrap_script_are_told_by_flag() {
    let call =
        |arguments: &str| format!("#!/bin/bash\nset -e\n/etc/eks/bootstrap.sh {arguments}\n");
    let rows: &[(&str, &str, &str)] = &[
        (
            "'lab' --use-max-pods false --kubelet-extra-args '--max-pods=58 --v=2'",
            "'lab' --use-max-pods true --kubelet-extra-args '--max-pods=110 --v=2' --pause-container-version 3",
            "  bootstrap.sh --kubelet-extra-args --max-pods: 58 → 110\n  bootstrap.sh --pause-container-version: - → 3\n  bootstrap.sh --use-max-pods: false → true\n",
        ),
        (
            "one --b64-cluster-ca $CA --kubelet-extra-args 'odd'",
            "two --b64-cluster-ca $OTHER --kubelet-extra-args \"$ARGS\"",
            "  bootstrap.sh --kubelet-extra-args: odd → (filled in when the script runs)\n  bootstrap.sh cluster name: one → two\n",
        ),
        ("lab", "lab # a comment", ""),
    ];
    for (from, to, wanted) in rows {
        let change = changed(&[(SHELL, &call(from))], &[(SHELL, &call(to))]);
        let wanted = format!("Changed 1→1 text/x-shellscript +1 -1\n{wanted}");
        assert_eq!(told(&change), wanted, "{from}");
    }
    let twice = format!("{}/etc/eks/bootstrap.sh again\n", call("lab"));
    let change = changed(&[(SHELL, &call("lab"))], &[(SHELL, &twice)]);
    assert_eq!(told(&change), "Changed 1→1 text/x-shellscript +1 -0\n");
}

#[test]
fn without_values_nothing_of_the_content_is_left() {
    const TOKEN: &str = "tok3nS3cr3t";
    let script = format!("#!/bin/sh\nexport TOKEN={TOKEN}\n");
    let node = format!(
        "spec: {{kubelet: {{flags: [--token={TOKEN}, {TOKEN}]}}}}\nlist: [{{name: \"{TOKEN} x\", b: {TOKEN}}}]"
    );
    let toml = format!("[settings]\na = \"{TOKEN}\"\nb = [\"--{TOKEN}\", \"--x {TOKEN}=y\"]\n");
    let boot = format!("#!/bin/sh\n/etc/eks/bootstrap.sh lab --token {TOKEN} '--a {TOKEN}' x\n");
    let parts = [
        (SHELL, script.as_str()),
        (NODE_CONFIG, &node),
        (TOML, &toml),
        (SHELL, &boot),
    ];
    let other = [
        (SHELL, "#!/bin/sh\nexport TOKEN=other\n"),
        (NODE_CONFIG, "spec: {}\n"),
        (TOML, "[settings]\n"),
        (SHELL, "#!/bin/sh\n/etc/eks/bootstrap.sh lab --token x\n"),
    ];
    for (from, to) in [(&parts[..], &other[..]), (&other, &parts), (&[], &parts)] {
        let change = changed(from, to);
        assert!(!format!("{change:?}").contains(TOKEN), "{change:?}");
        let shown = change.without_values();
        let text = serde_json::to_string(&shown).expect("plain data");
        assert!(!text.contains(TOKEN), "{text}");
        assert_eq!(shown.parts.len(), change.parts.len());
    }
}

fn any_parts() -> impl Strategy<Value = Vec<(String, String)>> {
    let kind = prop::sample::select(vec![SHELL, NODE_CONFIG, TOML, CLOUD, "text/plain"]);
    let body = prop::sample::select(vec![
        "",
        "a: 1\n",
        "a: 2\n",
        "a = 1\n",
        "#!/bin/sh\nls\n",
        "#!/bin/sh\nls -l\n",
        "\u{0}",
    ]);
    let part = (kind.prop_map(str::to_owned), body.prop_map(str::to_owned));
    prop::collection::vec(part, 0..7)
}

fn borrowed(parts: &[(String, String)]) -> Vec<Part<'_>> {
    let parts = parts.iter();
    parts
        .map(|(kind, body)| (kind.as_str(), body.as_str()))
        .collect()
}

proptest! {
    #[test]
    fn every_part_is_accounted_for_once(from in any_parts(), to in any_parts()) {
        let (old, new) = (decoded(&borrowed(&from)), decoded(&borrowed(&to)));
        let pairs = pairs(&old.parts, &new.parts);
        let mut olds: Vec<usize> = pairs.iter().filter_map(|pair| pair.old).collect();
        let mut news: Vec<usize> = pairs.iter().filter_map(|pair| pair.new).collect();
        olds.sort_unstable();
        news.sort_unstable();
        prop_assert_eq!(olds, (0..old.parts.len()).collect::<Vec<_>>());
        prop_assert_eq!(news, (0..new.parts.len()).collect::<Vec<_>>());
        for pair in pairs {
            if let (Some(a), Some(b)) = (pair.old, pair.new) {
                let same = (&from[a].0, &from[a].1) == (&to[b].0, &to[b].1);
                prop_assert_eq!(pair.same, same);
            }
        }
    }

    #[test]
    fn no_change_is_told_exactly_of_equal_parts(from in any_parts(), to in any_parts()) {
        let change = changed(&borrowed(&from), &borrowed(&to));
        prop_assert_eq!(change.parts.is_empty(), from == to);
    }
}
