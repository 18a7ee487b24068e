//! Bottlerocket: TOML, plain or compressed, with what a node needs to find its cluster.

use toml::{Table, Value};

use super::{IsOurs, Why, is_authority, is_endpoint};
use crate::world::Cluster;

/// Why a node with these settings never joins. It needs the cluster's name, endpoint and certificate authority
/// (Bottlerocket, QUICKSTART-EKS, "Self-managed nodes"). A table that is there twice is an error of TOML
/// (bottlerocket#2024), and MIME is no TOML at all (terraform-aws-eks#3476).
pub(super) fn never_joins(bytes: &[u8], cluster: &Cluster) -> Option<Why> {
    let text = std::str::from_utf8(bytes).ok();
    let Some(document) = text.and_then(|text| text.parse::<Table>().ok()) else {
        return Some("Bottlerocket: the user data is no TOML");
    };
    let kubernetes = document
        .get("settings")
        .and_then(|settings| settings.get("kubernetes"));
    let value = |key: &str| kubernetes.and_then(|table| table.get(key));
    let checks: [(&str, IsOurs<'_>); 3] = [
        ("cluster-name", &|given| given == cluster.name),
        ("api-server", &|given| is_endpoint(given, cluster)),
        ("cluster-certificate", &|given| is_authority(given, cluster)),
    ];
    for (key, is_ours) in checks {
        match value(key).map(Value::as_str) {
            None | Some(None | Some("")) => {
                return Some("Bottlerocket: a setting is missing that says which cluster to join");
            }
            Some(Some(given)) if !is_ours(given) => {
                return Some("Bottlerocket: the settings are of another cluster");
            }
            Some(Some(_)) => {}
        }
    }
    None
}

pub(super) fn looks_like(text: &str) -> bool {
    text.lines()
        .any(|line| line.trim_start().starts_with("[settings"))
        || text
            .parse::<Table>()
            .is_ok_and(|table| table.contains_key("settings"))
}
