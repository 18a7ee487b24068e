//! What holds for all templates.

use proptest::prelude::*;

use super::*;

/// Pieces of templates, good ones and bad ones.
const PIECES: &[&str] = &[
    "{{region}}",
    "{{cluster.name}}",
    "{{cluster.nope}}",
    "{{vars.level}}",
    "{{vars.none}}",
    "{{this}}",
    "{{name}}",
    "{{../region}}",
    "{{@root.region}}",
    "{{@index}}",
    "{{@../key}}",
    "{{x.name}}",
    "{{i}}",
    "{{sh vars.disks.0.name}}",
    "{{len vars.list}}",
    "{{lookup vars.list @index}}",
    " text\n",
];

/// Blocks around other pieces, good ones and bad ones.
const BLOCKS: &[(&str, &str)] = &[
    ("{{#if vars.on}}", "{{else if vars.none}}{{region}}{{/if}}"),
    ("{{#unless nope}}", "{{/unless}}"),
    ("{{#each vars.disks}}", "{{/each}}"),
    ("{{#each vars.disks as |x i|}}", "{{else}}{{x}}{{/each}}"),
    ("{{#each vars.labels}}", "{{/each}}"),
    ("{{#each vars.empty}}", "{{/each}}"),
    ("{{#each this}}", "{{/each}}"),
    ("{{#with cluster}}", "{{/with}}"),
    ("{{#with @root.cluster as |x|}}", "{{/with}}"),
];

fn any_template() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(PIECES).prop_map(str::to_owned);
    leaf.prop_recursive(4, 12, 3, |inner| {
        let inside = prop::collection::vec(inner, 1..3);
        let block = prop::sample::select(BLOCKS);
        (block, inside)
            .prop_map(|((open, close), inside)| format!("{open}{}{close}", inside.concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the check lets pass has a value for every name, but for what `lookup` looks for.
    #[test]
    fn no_name_is_found_missing_when_it_is_filled(
        text in any_template(),
    ) {
        if let Ok(read) = UserTemplate::read(&text, Kind::Shell, &context())
            && let Err(fault) = read.fill(context())
        {
            let looked_up = text.contains("lookup") && fault.message == "there is nothing to write here";
            prop_assert!(looked_up || fault.message.contains("cannot write"), "{}: {:?}", text, fault);
        }
    }

    #[test]
    fn no_text_panics(text in "[{}#/~&>^!. a-c@|(\"'\\\\\\[\\]=1\\n-]{0,40}", kind in prop::sample::select(&Kind::WRITERS)) {
        if let Ok(read) = UserTemplate::read(&text, kind, &context()) {
            let _ = read.fill(context());
        }
    }

    /// A value stays a value: whatever it says, the readers of the file give it back.
    #[test]
    fn any_value_comes_back(text in any::<String>(), number in any::<i64>()) {
        let context = json!({"a": text, "b": number, "c": [text, number]});
        let filled = |template: &str, kind| {
            let read = UserTemplate::read(template, kind, &context).unwrap();
            read.fill(context.clone()).unwrap()
        };
        let yaml = filled("a: {{a}}\nb: {{b}}\nc: {{c}}\n", Kind::Yaml);
        prop_assert_eq!(&serde_yaml::from_str::<Value>(&yaml).unwrap(), &context);
        let json = filled(r#"{"a": {{a}}, "b": {{b}}, "c": {{c}}}"#, Kind::Json);
        prop_assert_eq!(&serde_json::from_str::<Value>(&json).unwrap(), &context);
        let toml = filled("a = {{a}}\nb = {{b}}\nc = {{c}}\n", Kind::Toml);
        prop_assert_eq!(&toml::from_str::<Value>(&toml).unwrap(), &context);
    }
}
