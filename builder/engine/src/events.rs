//! What happens while a plan is carried out, as data. Progress lines, the JSON stream and the tests are
//! consumers of the same events.

use jiff::Timestamp;
use nodemint_core::observed::HealthIssue;
use nodemint_core::site::Site;
use schemars::JsonSchema;
use serde::Serialize;

/// The schema of an event in the JSON stream.
pub const SCHEMA: &str = "nodemint.dev/event/v1";

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub schema: &'static str,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    #[serde(flatten)]
    pub kind: EventKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(
    tag = "event",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum EventKind {
    StepStarted {
        step: String,
        number: usize,
        of: usize,
    },
    /// A launch-template version was made. `warning` is EC2's own.
    Minted {
        site: Site,
        template: String,
        version: i64,
        hash: String,
        warning: Option<String>,
    },
    /// A version with the wanted content was there already.
    Found {
        site: Site,
        template: String,
        version: i64,
    },
    GroupCreating {
        group: Group,
        version: i64,
        nodes: i32,
    },
    /// EKS took an update.
    UpdateStarted {
        group: Group,
        update: String,
        kind: UpdateKind,
    },
    /// An update or a creation that somebody started before is followed.
    Attached {
        group: Group,
        update: Option<String>,
    },
    /// A node of the new version exists.
    NodeStarted {
        group: Group,
        node: Node,
    },
    /// EC2 says that it runs. Whether Kubernetes finds it Ready is EKS's to judge.
    NodeRunning {
        group: Group,
        node: Node,
    },
    /// A node of the old version is gone: `done` of `of`.
    NodeReplaced {
        group: Group,
        node: Node,
        done: usize,
        of: usize,
    },
    /// A node that was only there for the roll is gone again.
    SurgeNodeRemoved {
        group: Group,
        node: Node,
    },
    /// A node of the version before the roll was started again, by an update that fails.
    NodePutBack {
        group: Group,
        node: Node,
    },
    /// Nothing new since a while.
    StillWaiting {
        group: Group,
        status: String,
        minutes: i64,
    },
    /// Nodes cannot be listed, so only the update's state is followed.
    NodesUnseen {
        group: Group,
        reason: String,
    },
    /// A read failed and is tried again.
    ReadFailed {
        group: Group,
        reason: String,
        again_in_seconds: u64,
    },
    UpdateFailed {
        group: Group,
        update: String,
        errors: Vec<HealthIssue>,
    },
    GroupActive {
        group: Group,
        version: Option<i64>,
        seconds: i64,
    },
    TagsSet {
        group: Group,
    },
    /// EKS took a group's deletion, or was at it already.
    GroupDeleting {
        group: Group,
        nodes: i32,
    },
    /// EKS knows the group no more.
    GroupDeleted {
        group: Group,
        seconds: i64,
    },
    /// A launch template is the fleet's from now on.
    TemplateTagged {
        site: Site,
        template: String,
    },
    /// The last event of every run, whatever its end.
    RunEnded {
        ending: Ending,
    },
}

/// How a run ended; the exit code says it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    NothingToDo,
    Done,
    /// something goes on in AWS
    StillRunning,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UpdateKind {
    /// nodes are replaced
    Version,
    /// settings change
    Config,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    pub cluster: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    pub instance: String,
    pub instance_type: String,
    pub zone: String,
}

/// The JSON Schema (draft 2020-12) of an event. Readers pass over fields and events that they do not know.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Event).to_value()
}

/// Takes events as they happen. An implementation must not block for long.
pub trait Events: Send + Sync {
    fn emit(&self, event: Event);
}
