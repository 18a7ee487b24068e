//! Tags of what a launch makes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the spec's `tags` go to: what every node has.
pub const TAGGED: [&str; 3] = ["instance", "volume", "network-interface"];

/// Every resource type that a launch template can tag (EC2 API reference, LaunchTemplateTagSpecificationRequest).
pub const TAGGABLE: [&str; 4] = [
    "instance",
    "volume",
    "network-interface",
    "spot-instances-request",
];

/// The tags of one type of resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
#[schemars(extend("required" = ["ResourceType", "Tags"]))]
pub struct TagSpecification {
    /// What is tagged.
    #[schemars(extend("enum" = TAGGABLE))]
    pub resource_type: String,
    /// The tags.
    #[schemars(length(min = 1))]
    #[serde(deserialize_with = "super::present")]
    pub tags: Vec<Tag>,
}

/// A key and its value.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
#[schemars(extend("required" = ["Key"]))]
pub struct Tag {
    /// 1 to 128 characters.
    pub key: String,
    /// Up to 256 characters.
    pub value: String,
}
