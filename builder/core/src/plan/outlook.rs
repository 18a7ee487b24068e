//! What a plan tells people: what happens to each launch template and node group, and what they should
//! know before they say yes.

use serde::{Deserialize, Serialize};

use super::RollForecast;
use crate::desired::ContentHash;
use crate::launch_template::FieldChange;
use crate::site::Site;

/// What happens to one launch template, for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TemplateAction {
    Create,
    NewVersion,
    Unchanged,
}

/// An image as people know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageNote {
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_version: Option<String>,
}

/// What happens to one node group, for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Differences between the two versions, and in the group's own settings.
    pub changes: Vec<FieldChange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<RollForecast>,
    /// Why, and what will not happen.
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupAction {
    Create,
    /// Nodes are replaced.
    Roll,
    /// Settings change, no node is replaced.
    Configure,
    /// What is wanted is already under way.
    Attach,
    Unchanged,
    /// See the blockers.
    Blocked,
}

/// Something a person should know, about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
