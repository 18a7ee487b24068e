//! The embedded AWS: a loopback server that speaks the real wire protocols of the few dozen EC2, SSM,
//! EKS, STS and Auto Scaling operations that nodemint needs, so that our own client, the `aws` CLI and
//! boto3 all talk to it unchanged.
//!
//! A request goes: [`server`] → [`protocol`] (bytes to a checked JSON input, by AWS's own model) →
//! [`dispatch`] (a handler over the [`world`]) → [`protocol`] (JSON output or error to bytes).

mod autoscaling;
mod call_log;
mod caller;
mod ec2;
mod eks;
mod input;
mod model;
mod node;
mod partition;
mod protocol;
pub mod public;
pub mod seed;
pub mod server;
mod simulate;
mod ssm;
mod sts;
pub mod world;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use world::World;

pub use call_log::CallRecord;
pub use server::{
    Denial, Fault, FaultKind, Limit, LimitError, Options, Policies, Policy, PolicyError, Sandbox,
    SandboxError, TargetError, Time,
};

/// An AWS service that the sandbox answers for, as named in a SigV4 credential scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    Ec2,
    Eks,
    Ssm,
    Sts,
    AutoScaling,
}

impl Service {
    pub const ALL: [Self; 5] = [
        Self::Ec2,
        Self::Eks,
        Self::Ssm,
        Self::Sts,
        Self::AutoScaling,
    ];

    /// The name in a SigV4 credential scope.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Eks => "eks",
            Self::Ssm => "ssm",
            Self::Sts => "sts",
            Self::AutoScaling => "autoscaling",
        }
    }

    /// The service of that name in a SigV4 credential scope.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }
}

/// One call, parsed and checked against the service's model.
pub struct Call<'a> {
    pub service: Service,
    pub operation: &'a str,
    pub caller: &'a caller::Caller,
    /// the caller's
    pub account: &'a str,
    pub region: &'a str,
    /// The input in the API's member names (`{"LaunchTemplateName": "demo"}`), path and query
    /// parameters included. Every member is known to the model and of its type.
    pub input: Value,
}

/// The error that AWS gives.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsError {
    pub status: u16,
    pub code: String,
    pub message: String,
    /// Further members of the error's shape (`clusterName`, `nodegroupName` in EKS).
    pub members: serde_json::Map<String, Value>,
}

impl AwsError {
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            members: serde_json::Map::new(),
        }
    }
}

/// What a handler gives back: the output in the API's member names.
pub type Answer = Result<Value, AwsError>;

/// Answers one call. The world's time has been moved to the call's time before.
pub fn dispatch(world: &mut World, call: &Call<'_>) -> Answer {
    match call.service {
        Service::Ec2 => ec2::handle(world, call),
        Service::Eks => eks::handle(world, call),
        Service::Ssm => ssm::handle(world, call),
        Service::Sts => sts::handle(world, call),
        Service::AutoScaling => autoscaling::handle(world, call),
    }
}
