//! What a plan tells people: what happens to each launch template and node group, and what they should
//! know before they say yes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RollForecast;
use crate::desired::ContentHash;
use crate::launch_template::{FieldChange, ImageNote};
use crate::site::Site;

/// What happens to one launch template, for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateOutlook {
    pub name: String,
    pub site: Site,
    /// The clusters that this content is for.
    pub clusters: Vec<String>,
    pub action: TemplateAction,
    /// The version that has this content, or the number that the new one should get.
    pub version: i64,
    pub hash: ContentHash,
    pub image: ImageNote,
    pub instance_type: Option<String>,
    /// bytes before base64
    pub user_data_bytes: usize,
    /// The version that `changes` compares with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared_with: Option<i64>,
    pub changes: Vec<FieldChange>,
    /// The owner's tag, if the template is taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted: Option<FieldChange>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TemplateAction {
    Create,
    NewVersion,
    Unchanged,
}

/// What happens to one node group, for people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupOutlook {
    pub name: String,
    pub cluster: String,
    pub site: Site,
    pub action: GroupAction,
    pub launch_template: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_version: Option<i64>,
    /// The version that the group is to run: known, or expected of a minting step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_version: Option<i64>,
    /// Its desired size now, or the one that it begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<i32>,
    /// Why its nodes are replaced; empty if they are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// Differences between the two versions, and in the group's own settings.
    pub changes: Vec<FieldChange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<RollForecast>,
    /// The pins that keep it from what the spec and the lock have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
    /// What else there is to know, and what will not happen.
    pub notes: Vec<String>,
    /// The owner's tag, if the group is taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted: Option<FieldChange>,
}

/// Why the nodes of a group are replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reason {
    pub kind: ReasonKind,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReasonKind {
    /// The spec or the lock changed: a version is minted.
    NewVersion,
    /// A version that exists has what the spec describes now.
    ExistingVersion,
    /// `launchTemplateVersion` names another version.
    Pin,
    /// EKS's image: another release.
    Release,
    KubernetesVersion,
    /// The group follows `$Latest` or `$Default`, or EKS shows no version.
    Floating,
    /// Somebody moved it to a version that is not this fleet's.
    MovedByOthers,
}

/// A pin that holds a group back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Held {
    /// The key of the spec: `launchTemplateVersion` or `releaseVersion`.
    pub by: String,
    /// The version, or the release, that it names.
    pub at: String,
    /// What the group would run without it.
    pub newest: String,
    /// Versions of the launch template between the two, the newest included; absent where the pin is ahead, or
    /// names a release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions_behind: Option<usize>,
    /// The fields of the launch template that differ.
    pub fields: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum GroupAction {
    Create,
    /// Nodes are replaced.
    Roll,
    /// Settings change, no node is replaced.
    Configure,
    /// What is wanted is already under way.
    Attach,
    #[default]
    Unchanged,
    /// The group and its nodes go.
    Delete,
    /// See the blockers.
    Blocked,
}

/// Something a person should know, about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    pub kind: FindingKind,
    /// `node group eksworkshop/mng-1`
    pub subject: String,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where in the spec: `nodeGroups[0].launchTemplateVersion`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FindingKind {
    /// It cannot work: exit code 4.
    Preflight,
    /// Somebody else is at it: exit code 3.
    Conflict,
    Warning,
}

impl Finding {
    pub(super) fn new(
        kind: FindingKind,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            subject: subject.into(),
            message: message.into(),
            hint: None,
            path: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn at(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }
}
