mod laws;

use serde_json::json;

use super::*;

fn context() -> Value {
    json!({
        "cluster": {"name": "blue", "endpoint": "https://x"},
        "region": "us-east-1",
        "instanceType": null,
        "vars": {
            "level": "it's $HOME",
            "pods": 20,
            "on": true,
            "none": null,
            "empty": [],
            "list": ["a b", "c"],
            "disks": [{"name": "one", "size": 1}, {"name": "two", "size": 2}],
            "labels": {"team": "é", "a/b": "x"},
        },
    })
}

fn filled(text: &str, kind: Kind) -> String {
    let read = UserTemplate::read(text, kind, &context());
    let read = read.unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
    read.fill(context())
        .unwrap_or_else(|fault| panic!("{text}: {fault:?}"))
}

fn faults(text: &str, kind: Kind) -> Vec<String> {
    match UserTemplate::read(text, kind, &context()) {
        Ok(read) => match read.fill(context()) {
            Ok(text) => panic!("it was filled: {text}"),
            Err(fault) => vec![line(&fault)],
        },
        Err(faults) => faults.iter().map(line).collect(),
    }
}

fn line(fault: &Fault) -> String {
    format!(
        "{}:{}: {} ({})",
        fault.line, fault.column, fault.message, fault.hint
    )
}

#[test]
fn values_are_written_for_what_the_file_is() {
    let rows = [
        (
            Kind::Shell,
            "{{vars.level}} {{vars.pods}}",
            r"'it'\''s $HOME' '20'",
        ),
        (
            Kind::Shell,
            "{{raw vars.level}} {{{vars.level}}} {{&vars.level}}",
            "it's $HOME it's $HOME it's $HOME",
        ),
        (
            Kind::Yaml,
            "a: {{vars.pods}} {{vars.on}} {{vars.none}}",
            "a: 20 true null",
        ),
        (Kind::Yaml, "a: {{vars.list}}", "a: [\"a b\", c]"),
        (Kind::Yaml, "a: {{sh vars.level}}", r"a: 'it'\''s $HOME'"),
        (
            Kind::Json,
            "{{vars.labels}}",
            r#"{"a/b":"x","team":"\u00e9"}"#,
        ),
        (
            Kind::Toml,
            "a = {{vars.list}}\nb = {{vars.on}}",
            "a = [\"a b\", \"c\"]\nb = true",
        ),
        (
            Kind::PowerShell,
            "$a = {{vars.list}}; $b = {{vars.on}}; {{vars.level}}; {{vars.none}}",
            "$a = @('a b', 'c'); $b = $true; 'it''s $HOME'; $null",
        ),
        // A helper inside of a helper: the inner text is quoted again on purpose, once.
        (
            Kind::Shell,
            "{{sh (yaml vars.level)}}",
            r#"'"it'\''s $HOME"'"#,
        ),
        (Kind::Unknown, "{{sh region}}", "'us-east-1'"),
        (
            Kind::Shell,
            "{{len vars.list}} {{eq region \"us-east-1\"}}",
            "'2' 'true'",
        ),
        (
            Kind::Yaml,
            "{{len vars.list}} {{lookup vars.labels \"a/b\"}}",
            "2 x",
        ),
        (
            Kind::Shell,
            r"\{{region}} {{{{raw}}}}{{x}}{{{{/raw}}}}",
            "{{region}} {{x}}",
        ),
        (Kind::Shell, "{{!-- {{nothing}} --}}{{! x }}.", "."),
    ];
    for (kind, text, wanted) in rows {
        assert_eq!(filled(text, kind), wanted, "{text}");
    }
}

#[test]
fn blocks_work() {
    let rows = [
        ("{{#if vars.on}}a{{else}}b{{/if}}", "a"),
        ("{{#unless vars.none}}a{{/unless}}", "a"),
        (
            "{{#if vars.none}}a{{else if vars.on}}b{{else}}c{{/if}}",
            "b",
        ),
        ("{{#if (and vars.on (gt vars.pods 10))}}a{{/if}}", "a"),
        ("{{#eq region \"x\"}}a{{else}}b{{/eq}}", "b"),
        (
            "{{#each vars.list}}{{@index}}{{this}}{{#if @last}}.{{/if}}{{/each}}",
            "'0''a b''1''c'.",
        ),
        (
            "{{#each vars.labels}}{{@key}}={{this}};{{/each}}",
            "'a/b'='x';'team'='é';",
        ),
        (
            "{{#each vars.disks}}{{name}}{{../region}}{{@root.region}}{{/each}}",
            "'one''us-east-1''us-east-1''two''us-east-1''us-east-1'",
        ),
        (
            "{{#each vars.disks as |disk at|}}{{disk.size}}{{at}}{{#each ../vars.list}}{{disk.name}}\
          {{@../index}}{{/each}}{{/each}}",
            "'1''0''one''0''one''0''2''1''two''1''two''1'",
        ),
        (
            "{{#each vars.empty}}{{anything}}{{else}}none{{/each}}",
            "none",
        ),
        (
            "{{#with cluster}}{{name}}{{../region}}{{/with}}",
            "'blue''us-east-1'",
        ),
        ("{{#with cluster as |c|}}{{c.name}}{{/with}}", "'blue'"),
        (
            "{{#each vars.list}}{{#with ../cluster}}{{name}}{{@index}}{{/with}}{{/each}}",
            "'blue''0''blue''1'",
        ),
        (
            "{{vars.disks.1.name}}{{vars.list.[0]}}{{vars.labels.[a/b]}}",
            "'two''a b''x'",
        ),
    ];
    for (text, wanted) in rows {
        assert_eq!(filled(text, Kind::Shell), wanted, "{text}");
    }
}

#[test]
fn a_name_that_does_not_exist_is_told_with_its_place_and_the_nearest() {
    let rows = [
        (
            "a\n  {{clustr.name}}",
            "2:5: there is no `clustr` (did you mean `cluster`?)",
        ),
        (
            "{{#if cluster.nam}}x{{/if}}",
            "1:7: there is no `cluster.nam` (did you mean `cluster.name`?)",
        ),
        (
            "{{#unless vars.lvel}}{{/unless}}",
            "1:11: there is no `vars.lvel` (did you mean `vars.level`?)",
        ),
        (
            "{{#if vars.on}}{{else}}\n{{regoin}}{{/if}}",
            "2:3: there is no `regoin` (did you mean `region`?)",
        ),
        (
            "{{#if vars.on}}x{{else if\n nope}}{{/if}}",
            "2:2: there is no `nope` (known here: `cluster`, `instanceType`, `region`, `vars`)",
        ),
        (
            "{{level}}",
            "1:3: there is no `level` (did you mean `vars.level`?)",
        ),
        (
            "{{sh vars.lvel}}",
            "1:6: there is no `vars.lvel` (did you mean `vars.level`?)",
        ),
        (
            "{{#if (eq regin 1)}}{{/if}}",
            "1:11: there is no `regin` (did you mean `region`?)",
        ),
        (
            "{{#each vars.disks}}{{nam}}{{/each}}",
            "1:23: there is no `nam` (did you mean `name`?)",
        ),
        (
            "{{#each vars.disks}}{{region}}{{/each}}",
            "1:23: there is no `region` (did you mean `@root.region`?)",
        ),
        (
            "{{#each vars.disks}}{{../regio}}{{/each}}",
            "1:23: there is no `../regio` (did you mean `../region`?)",
        ),
        (
            "{{vars.list.7}}",
            "1:3: there is no `vars.list.7` (the list has 2 items, and the first is 0)",
        ),
        (
            "{{region.x}}",
            "1:3: `region` is text, with nothing under it (write `region` alone)",
        ),
        (
            "{{../region}}",
            "1:3: `../region` leads out of the template (take a `../` away: each leaves one `{{#each}}` or `{{#with}}`)",
        ),
    ];
    for (text, wanted) in rows {
        assert_eq!(faults(text, Kind::Shell), [wanted], "{text}");
    }
    for text in [
        "{{@index}}",
        "{{#each vars.list}}{{@key}}{{/each}}",
        "{{#if @first}}{{/if}}",
    ] {
        let found = faults(text, Kind::Shell);
        assert!(found[0].contains("there is no `@"), "{found:?}");
    }
    assert_eq!(
        faults("{{a}}{{b}}\n{{#if c}}{{d}}{{/if}}", Kind::Shell).len(),
        4
    );
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    let rows = [
        (
            "{{> other}}",
            "1:1: partials and decorators are not supported",
        ),
        ("{{#> other}}x{{/other}}", "1:1: partials and decorators"),
        (
            "{{#*inline \"a\"}}x{{/inline}}",
            "1:1: partials and decorators",
        ),
        ("{{* a}}", "1:1: partials and decorators"),
        ("{{upper region}}", "1:3: there is no helper `upper`"),
        (
            "{{#iff region}}{{/iff}}",
            "1:4: there is no helper `iff` (did you mean `if`?)",
        ),
        (
            "{{if region}}",
            "1:3: `if` cannot stand like this (write `{{#if …}}…{{/if}}`)",
        ),
        ("{{#sh region}}{{/sh}}", "1:4: `sh` cannot stand like this"),
        ("{{#if region vars}}{{/if}}", "1:4: `if` has 2 values"),
        ("{{(sh region)}}", "1:1: a helper in parentheses"),
        ("{{sh (region)}}", "1:1: parentheses without a helper"),
        ("{{sh region lang=1}}", "1:13: `sh` takes no `lang=`"),
        (
            "{{vars.list}}",
            "1:3: `vars.list` is a list, which `sh` cannot write",
        ),
        (
            "{{{vars.labels}}}",
            "1:4: `vars.labels` is a mapping, which `raw` cannot write",
        ),
        (
            "{{#each region}}{{/each}}",
            "1:9: `{{#each}}` goes through lists",
        ),
        (
            "x {{instanceType}}",
            "1:3: `instanceType` is without a value, which `sh` cannot write",
        ),
        (
            "{{lookup vars.labels \"nope\"}}",
            "1:1: there is nothing to write here",
        ),
        ("{{#if region}}", "1:15: this is no Handlebars"),
        ("a\n{{#if region}}{{/each}}", "2:15: `{{#if}}` is open"),
        ("docker --format '{{.Id}}'", "1:20: this is no Handlebars"),
    ];
    for (text, wanted) in rows {
        let found = faults(text, Kind::Shell);
        assert!(found[0].starts_with(wanted), "{text}: {found:?}");
    }
    let unknown = faults("{{region}}", Kind::Unknown);
    assert!(unknown[0].starts_with("1:3: nothing tells how `{{region}}` is to be quoted"));
}

#[test]
fn no_fault_quotes_a_value() {
    for text in [
        "{{vars.level.x}}",
        "{{vars.list}}",
        "{{lookup vars.labels vars.level}}",
    ] {
        for fault in faults(text, Kind::Shell) {
            assert!(!fault.contains("HOME") && !fault.contains("a b"), "{fault}");
        }
    }
}

#[test]
fn what_of_the_vars_is_used_is_known() {
    let used = |text: &str| {
        UserTemplate::read(text, Kind::Shell, &context())
            .unwrap()
            .vars
    };
    let names: Vec<String> = used("{{vars.level}}{{#if vars.on}}{{@root.vars.pods}}{{/if}}")
        .names
        .into_iter()
        .collect();
    assert_eq!(names, ["level", "on", "pods"]);
    assert!(used("{{#with vars}}{{level}}{{/with}}").all);
    assert!(!used("{{#each vars.list}}{{this}}{{/each}}").all);
}

#[test]
fn the_kind_is_told_by_the_name_then_the_type_then_the_reader() {
    let rows = [
        (
            "a/b.sh.hbs",
            Some("text/cloud-config"),
            Reader::Nodeadm,
            "",
            Kind::Shell,
        ),
        ("b.yml.hbs", None, Reader::CloudInit, "", Kind::Yaml),
        ("b.json.hbs", None, Reader::CloudInit, "", Kind::Json),
        (
            "b.hbs",
            Some("text/cloud-config"),
            Reader::Nodeadm,
            "",
            Kind::Yaml,
        ),
        (
            "b.hbs",
            Some("text/x-shellscript-per-boot"),
            Reader::Nodeadm,
            "",
            Kind::Shell,
        ),
        (
            "b.txt.hbs",
            Some("text/x-include-url"),
            Reader::Nodeadm,
            "",
            Kind::Unknown,
        ),
        ("b.txt.hbs", None, Reader::Nodeadm, "", Kind::Unknown),
        ("b.hbs", None, Reader::Nodeadm, "#!/bin/sh", Kind::Shell),
        (
            "b.hbs",
            None,
            Reader::Nodeadm,
            "apiVersion: node.eks.aws/v1alpha1",
            Kind::Yaml,
        ),
        ("b.hbs", None, Reader::CloudInit, "x", Kind::Shell),
        ("b.hbs", None, Reader::Windows, "x", Kind::PowerShell),
        ("b.hbs", None, Reader::Bottlerocket, "x", Kind::Toml),
    ];
    for (path, content_type, reader, text, wanted) in rows {
        assert_eq!(
            kind(path, content_type, reader, text),
            wanted,
            "{path} {content_type:?}"
        );
    }
}

/// What `validate` checks against has every name that there is when a template is filled.
#[test]
fn the_shape_has_the_names_of_the_values() {
    fn names(value: &Value, at: &str, into: &mut Vec<String>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            into.push(format!("{at}{key}"));
            names(value, &format!("{at}{key}."), into);
        }
    }
    let template = crate::render::tests::template();
    let (spec, lock) = crate::render::tests::fleet(template);
    let template = &spec.launch_templates[0];
    let image = &lock.launch_templates["demo"]["blue"];
    let values = values(
        template,
        &spec.clusters[0],
        &lock.clusters["blue"],
        image,
        &spec.vars,
    );
    let (mut of_values, mut of_shape) = (Vec::new(), Vec::new());
    names(&values, "", &mut of_values);
    names(&shape(template, &spec.vars), "", &mut of_shape);
    assert_eq!(of_values, of_shape);
}
