//! Fields of a NodeConfig that nodeadm does not have: it passes over them, and the node boots without.

use super::read::{Kind, Read};
use super::{Found, Rule};
use crate::node_config::check_text;

pub(super) fn check(index: usize, part: &Read<'_>, found: &mut Found) {
    if part.kind != Kind::NodeConfig {
        return;
    }
    // What is no UTF-8 is told as bytes outside of ASCII, or by nodeadm's own reader.
    let text = String::from_utf8_lossy(part.body);
    for problem in check_text(&text) {
        let message = match problem.path.as_str() {
            "" => problem.message,
            field => format!("`{field}`: {}", problem.message),
        };
        let place = (index, problem.line);
        found.add_as(
            Rule::NodeConfig,
            problem.severity,
            place,
            message,
            problem.hint,
        );
    }
}
