//! Windows: what stands between EC2Launch's tags is run, and `Start-EKSBootstrap.ps1` makes a node of it.

use super::{IsOurs, Why, is_authority, is_endpoint};
use crate::world::Cluster;

/// Why a node with this user data never joins. What loads or decodes a script may do anything.
pub(super) fn never_joins(bytes: &[u8], cluster: &Cluster) -> Option<Why> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Some("Windows: the user data is no text");
    };
    let text = without_comments(text);
    let lower = text.to_ascii_lowercase();
    if !lower.contains("<powershell>") && !lower.contains("<script>") {
        return Some("Windows: the user data has no <powershell> tag");
    }
    if hides_a_call(&lower) {
        return None;
    }
    if !lower.contains("start-eksbootstrap") || !lower.contains("-eksclustername") {
        return Some("Windows: nothing calls Start-EKSBootstrap.ps1 with the cluster's name");
    }
    let checks: [(&str, IsOurs<'_>); 3] = [
        ("-eksclustername", &|given| given == cluster.name),
        ("-apiserverendpoint", &|given| is_endpoint(given, cluster)),
        ("-base64clusterca", &|given| is_authority(given, cluster)),
    ];
    let wrong = checks
        .iter()
        .any(|(name, is_ours)| argument(&text, &lower, name).is_some_and(|given| !is_ours(given)));
    wrong.then_some("Windows: Start-EKSBootstrap.ps1 is called for another cluster")
}

/// What runs decoded or downloaded text, and arguments that are splatted.
fn hides_a_call(lower: &str) -> bool {
    let hidden = ["frombase64string", "invoke-expression"];
    let mut words = lower.split(|sign: char| sign.is_whitespace() || "|;&(){}".contains(sign));
    hidden.iter().any(|word| lower.contains(word))
        || words.any(|word| {
            let splatted = word.strip_prefix('@');
            word == "iex" || splatted.is_some_and(|name| name.starts_with(char::is_alphabetic))
        })
}

/// The literal value of an argument; none if there is none, or if it is worked out at boot.
fn argument<'t>(text: &'t str, lower: &str, name: &str) -> Option<&'t str> {
    let at = lower.find(name)? + name.len();
    let rest = text.get(at..)?.trim_start_matches([' ', '\t', ':']);
    let mut signs = rest.chars();
    let value = match signs.next()? {
        quote @ ('"' | '\'') => signs.as_str().split(quote).next()?,
        _ => rest.split_whitespace().next()?,
    };
    let worked_out = value.contains(['$', '`', '(']) || value.starts_with('-');
    (!worked_out).then_some(value)
}

fn without_comments(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}
