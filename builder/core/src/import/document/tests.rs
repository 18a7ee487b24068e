//! What is written is read back as it was, and reads as a person writes.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(text: &str) -> Value {
    let (root, problems) = crate::spec::tree::parse(text).expect(text);
    assert!(problems.is_empty(), "{text}");
    crate::spec::value::to_json(&root, &Default::default(), &Default::default())
}

fn map(value: Value) -> Map {
    match Doc::from(value) {
        Doc::Map(map) => map,
        _ => panic!("a mapping"),
    }
}

#[test]
fn the_shape_of_a_document() {
    let mut top = map(json!({"kind": "Fleet", "metadata": {"name": "a"}}));
    let mut item = map(json!({"name": "x", "run": "one\ntwo\n"}));
    item.commented("later", vec!["to do: look".to_owned()], None);
    top.apart(
        "steps",
        vec!["why".to_owned()],
        Doc::List(vec![item.into()]),
    );
    assert_eq!(
        write(&top),
        "kind: Fleet\nmetadata: {name: a}\n\n# why\nsteps:\n  - name: x\n    run: |\n      one\n      two\n    \
         # to do: look\n"
    );
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z#:\\-\\n\"'{}\\[\\], \\t&*!|>%@`]{0,24}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,8}", inner, 0..4).prop_map(|map| Value::Object(
                map.into_iter().filter(|(key, _)| key != "<<").collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_comes_back(value in any_value()) {
        let whole = json!({"value": value});
        let text = write(&map(whole.clone()));
        prop_assert_eq!(read(&text), whole, "{}", text);
    }
}
