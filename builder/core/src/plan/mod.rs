//! The plan: everything that `apply` will do, decided and shown before the first write.
//!
//! A [`Plan`] is plain data. It can be saved, reviewed and applied later; [`Base`] tells whether what it
//! was made from still holds. The one thing that is bound late is the number of a version that a former
//! step mints ([`VersionRef::From`]).

mod base;
mod build;
mod capacity;
mod document;
mod drift;
mod facts;
mod file;
mod fitness;
mod group;
mod home;
mod images;
mod inputs;
mod limits;
mod outlook;
mod owner;
mod replace;
mod resume;
mod rollback;
mod settings;
mod standing;
mod surge;
mod template;
mod user_data;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use base::{Base, Moved, Scope};
pub use build::{Context, plan};
pub use document::{PlanDocument, schema};
pub use file::{FILE_SCHEMA, PlanFileError, SavedPlan};
pub use home::Home;
pub use inputs::{Fate, FileDigest, Input, Inputs};
pub use outlook::{
    Finding, FindingKind, GroupAction, GroupOutlook, Held, Reason, ReasonKind, TemplateAction,
    TemplateOutlook,
};
pub use owner::Adopt;
pub use replace::{Names, removal, replacement, strays};
pub use resume::{carried_out, moved_by_others};
pub use rollback::{Back, RollbackTo, previous_version, rollback};
pub use standing::{Standing, configured, created, deleted, leads_to, rolled};
pub use surge::{Estimate, Minutes, RollForecast, SubnetForecast, forecast};
pub use template::way_back;

use crate::desired::ContentHash;
pub use crate::launch_template::ImageNote;
use crate::launch_template::{Data, UserDataChange};
use crate::site::{Access, Site};
use crate::spec::{CapacityType, Scaling, Taint, UpdateSettings};

/// The schema of a plan, as `--output json` prints it and as a file has it in it.
pub const SCHEMA: &str = "nodemint.dev/plan/v1";

/// The tag that nodemint puts on the launch templates and node groups that it makes.
pub const OWNER_TAG: &str = "nodemint:fleet";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    pub schema: String,
    /// The nodemint that made it.
    pub nodemint: String,
    pub purpose: Purpose,
    pub fleet: String,
    /// The AWS accounts that it is for, by the credentials that reach them.
    pub accounts: BTreeMap<Access, String>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub created: Timestamp,
    /// What it was made from; apply refuses to go on when that has moved.
    pub base: Base,
    pub launch_templates: Vec<TemplateOutlook>,
    pub node_groups: Vec<GroupOutlook>,
    pub steps: Vec<Step>,
    /// What stands in the way. A plan with blockers is never applied.
    pub blockers: Vec<Finding>,
    pub warnings: Vec<Finding>,
}

impl Plan {
    /// Without what stands in user data, which can hold secrets: which parts and keys change stays.
    #[must_use]
    pub fn without_values(mut self) -> Self {
        let templates = self.launch_templates.iter_mut();
        let templates = templates.flat_map(|outlook| &mut outlook.changes);
        let groups = self.node_groups.iter_mut();
        let groups = groups.flat_map(|outlook| &mut outlook.changes);
        for change in templates.chain(groups) {
            change.user_data = change
                .user_data
                .as_ref()
                .map(UserDataChange::without_values);
        }
        self
    }

    pub fn has_changes(&self) -> bool {
        !self.steps.is_empty()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    Apply,
    Rollback,
    /// A new group beside one that cannot be changed in place, or the old one's deletion.
    Replace,
}

/// One thing to do. Steps run in order; a step that fails ends the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// Unique in the plan, and made from what the step does: `mint us-east-1/demo 3f2a…`.
    pub id: String,
    pub site: Site,
    pub op: Op,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "do")]
pub enum Op {
    /// Makes a launch template with its version 1.
    CreateLaunchTemplate(NewTemplateVersion),
    /// Mints a version of an existing launch template, unless one with this content is found first.
    CreateLaunchTemplateVersion(NewTemplateVersion),
    CreateNodeGroup(Box<NewGroup>),
    /// Rolls a group onto a launch-template version.
    UpdateNodeGroupVersion(Roll),
    UpdateNodeGroupConfig(ConfigChange),
    TagNodeGroup(TagChange),
    /// Tags a launch template itself: it becomes the fleet's.
    TagLaunchTemplate(TemplateTagChange),
    /// Waits for a creation or an update that is already under way.
    AwaitNodeGroup(Await),
    /// Deletes a group that another one has taken the place of.
    DeleteNodeGroup(Deletion),
}

impl Op {
    /// The cluster and the node group that it is about; none: a launch template.
    pub fn group(&self) -> Option<(&str, &str)> {
        let (cluster, group) = match self {
            Op::CreateLaunchTemplate(_)
            | Op::CreateLaunchTemplateVersion(_)
            | Op::TagLaunchTemplate(_) => return None,
            Op::CreateNodeGroup(new) => (&new.cluster, &new.group),
            Op::UpdateNodeGroupVersion(roll) => (&roll.cluster, &roll.group),
            Op::UpdateNodeGroupConfig(change) => (&change.cluster, &change.group),
            Op::TagNodeGroup(change) => (&change.cluster, &change.group),
            Op::AwaitNodeGroup(wait) => (&wait.cluster, &wait.group),
            Op::DeleteNodeGroup(deletion) => (&deletion.cluster, &deletion.group),
        };
        Some((cluster, group))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTemplateVersion {
    pub name: String,
    #[schemars(schema_with = "document::launch_template_data")]
    pub data: Data,
    pub hash: ContentHash,
    pub description: String,
    /// Tags of the launch template itself; used only when it is created.
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum VersionRef {
    Known {
        template_id: String,
        template: String,
        version: i64,
    },
    /// The version that the step with this id mints.
    From { step: String, template: String },
}

impl VersionRef {
    pub fn template_name(&self) -> &str {
        match self {
            VersionRef::Known { template, .. } | VersionRef::From { template, .. } => template,
        }
    }

    pub fn number(&self) -> Option<i64> {
        match self {
            VersionRef::Known { version, .. } => Some(*version),
            VersionRef::From { .. } => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewGroup {
    pub cluster: String,
    pub group: String,
    pub version: VersionRef,
    pub node_role: String,
    pub subnets: Vec<String>,
    pub instance_types: Vec<String>,
    pub capacity_type: CapacityType,
    pub scaling: Scaling,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub tags: BTreeMap<String, String>,
    pub update: UpdateSettings,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ami_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_version: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Roll {
    pub cluster: String,
    pub group: String,
    pub version: VersionRef,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_version: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_version: Option<String>,
    /// Evict past PodDisruptionBudgets.
    pub force: bool,
    pub forecast: RollForecast,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ConfigChange {
    pub cluster: String,
    pub group: String,
    pub labels_set: BTreeMap<String, String>,
    pub labels_removed: Vec<String>,
    pub taints_set: Vec<Taint>,
    pub taints_removed: Vec<Taint>,
    /// (min, max)
    pub bounds: Option<(i32, i32)>,
    /// Set only when the new bounds leave the group's desired size outside.
    pub desired: Option<i32>,
    pub update: Option<UpdateSettings>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagChange {
    pub cluster: String,
    pub group: String,
    pub arn: String,
    pub set: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateTagChange {
    pub name: String,
    pub template_id: String,
    pub set: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Await {
    pub cluster: String,
    pub group: String,
    /// The update to follow; none: the group's creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deletion {
    pub cluster: String,
    pub group: String,
    /// The very group: one of the same name that is made later is another.
    pub arn: String,
    /// nodes that go with it: its desired size when the plan was made
    pub nodes: i32,
}
