//! The arguments of EKS's bootstrap script, by flag.

use std::collections::BTreeMap;

use crate::lint::words_of_call;

const PROGRAM: &str = "bootstrap.sh";
/// Its value is a command line of its own.
const KUBELET: &str = "--kubelet-extra-args";

/// The arguments of the only call of `bootstrap.sh` in a script. What a variable fills in is told by the lines that
/// differ, and not here.
pub(super) fn of_bootstrap(body: &[u8]) -> Option<BTreeMap<String, String>> {
    let words = words_of_call(body, PROGRAM)?;
    let mut arguments = BTreeMap::new();
    let mut operands = 0;
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if !word.starts_with("--") {
            operands += 1;
            let name = match operands {
                1 => "cluster name".to_owned(),
                more => format!("argument {more}"),
            };
            arguments.insert(format!("{PROGRAM} {name}"), word);
            continue;
        }
        // Every option of the script takes the next word, whatever it begins with.
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), value.to_owned()),
            None => (word, words.next().unwrap_or_default()),
        };
        let kubelet = (flag == KUBELET).then(|| flags(&value)).flatten();
        match kubelet {
            Some(flags) => arguments.extend(
                flags
                    .into_iter()
                    .map(|(name, value)| (format!("{PROGRAM} {KUBELET} {name}"), value)),
            ),
            None => {
                arguments.insert(format!("{PROGRAM} {}", shown(&flag)), value);
            }
        }
    }
    Some(arguments)
}

/// `--a=b --c=d` by flag; none if there is anything else in it.
fn flags(text: &str) -> Option<Vec<(String, String)>> {
    let words = text.split_ascii_whitespace();
    let pairs = words.map(|word| {
        let (flag, value) = word.split_once('=')?;
        (flag.starts_with("--") && shown(flag) == flag).then(|| (flag.to_owned(), value.to_owned()))
    });
    pairs.collect()
}

/// A flag's name, if it looks like one: names are shown where values are not.
fn shown(flag: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    match flag.len() <= 60 && flag.bytes().all(plain) {
        true => flag,
        false => "(another argument)",
    }
}
