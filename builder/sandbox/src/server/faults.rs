//! What goes wrong on purpose, for tests of retries and recovery.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::Model;
use crate::protocol::is_region;
use crate::{AwsError, Service};

/// The `nth` call of an operation goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    pub service: Service,
    pub operation: String,
    /// counted from 1, over the calls that passed the model
    pub nth: u64,
    pub kind: FaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultKind {
    /// no effect, and the service's throttling error
    Throttle,
    /// no effect, and a 503
    Error5xx,
    /// the effect happens, and the connection breaks off instead of an answer
    LostReply,
    /// no effect, and the service's authorization error
    AccessDenied,
}

impl FaultKind {
    /// The error of this fault; none for one that lets the call through.
    pub fn error(self, service: Service, operation: &str) -> Option<AwsError> {
        let is_ec2 = service == Service::Ec2;
        let error = match self {
            Self::LostReply => return None,
            Self::Throttle if is_ec2 => {
                AwsError::new(503, "RequestLimitExceeded", "Request limit exceeded.")
            }
            Self::Throttle => {
                let query = matches!(service, Service::Sts | Service::AutoScaling);
                let code = if query {
                    "Throttling"
                } else {
                    "ThrottlingException"
                };
                let status = if service == Service::Eks { 429 } else { 400 };
                AwsError::new(status, code, "Rate exceeded")
            }
            Self::Error5xx => {
                let code = match service {
                    Service::Ec2 | Service::Sts | Service::AutoScaling => "ServiceUnavailable",
                    Service::Eks => "ServiceUnavailableException",
                    Service::Ssm => "InternalServerError",
                };
                AwsError::new(503, code, "The service is temporarily unavailable.")
            }
            Self::AccessDenied if is_ec2 => AwsError::new(
                403,
                "UnauthorizedOperation",
                format!("You are not authorized to perform this operation: ec2:{operation}."),
            ),
            Self::AccessDenied => {
                let query = matches!(service, Service::Sts | Service::AutoScaling);
                let (status, code) = if query {
                    (403, "AccessDenied")
                } else {
                    (400, "AccessDeniedException")
                };
                let status = if service == Service::Eks { 403 } else { status };
                let text = format!(
                    "User is not authorized to perform: {}:{operation}",
                    service.name()
                );
                AwsError::new(status, code, text)
            }
        };
        Some(error)
    }
}

/// An operation that is refused for want of permission, at every call.
#[derive(Clone, Debug, PartialEq)]
pub struct Denial {
    pub service: Service,
    pub operation: String,
    /// in this region alone
    pub region: Option<String>,
}

impl Denial {
    pub fn strikes(&self, service: Service, operation: &str, region: &str) -> bool {
        self.service == service
            && self.operation == operation
            && self.region.as_deref().is_none_or(|only| only == region)
    }
}

impl FromStr for Denial {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let (target, region) = match text.split_once('@') {
            Some((target, region)) => (target, Some(region)),
            None => (text, None),
        };
        if let Some(region) = region.filter(|region| !is_region(region)) {
            return Err(TargetError::Region(region.to_owned()));
        }
        let Target { service, operation } = target.parse()?;
        Ok(Self {
            service,
            operation,
            region: region.map(str::to_owned),
        })
    }
}

/// An operation, as the command line names it: `ec2:DescribeImages`.
pub(super) struct Target {
    pub service: Service,
    pub operation: String,
}

/// Why a text names no operation.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error("expected SERVICE:OPERATION, such as ec2:DescribeImages")]
    Form,
    #[error("no service {name} here: {}", Service::ALL.map(Service::name).join(", "))]
    Service { name: String },
    #[error("no operation {operation} of {service} here: {}", known.join(", "))]
    Operation {
        service: &'static str,
        operation: String,
        known: Vec<&'static str>,
    },
    #[error("{0:?} is not a region's name, such as eu-west-1")]
    Region(String),
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let (service, operation) = text.split_once(':').ok_or(TargetError::Form)?;
        let unknown = || TargetError::Service {
            name: service.to_owned(),
        };
        let service = Service::named(service).ok_or_else(unknown)?;
        let operations = &Model::of(service).operations;
        if !operations.contains_key(operation) {
            return Err(TargetError::Operation {
                service: service.name(),
                operation: operation.to_owned(),
                known: operations.keys().map(String::as_str).collect(),
            });
        }
        Ok(Self {
            service,
            operation: operation.to_owned(),
        })
    }
}

#[derive(Default)]
pub struct Faults {
    /// each with the calls that it has seen
    planned: Vec<(Fault, u64)>,
}

impl Faults {
    pub fn new(faults: Vec<Fault>) -> Self {
        Self {
            planned: faults.into_iter().map(|fault| (fault, 0)).collect(),
        }
    }

    pub fn add(&mut self, fault: Fault) {
        self.planned.push((fault, 0));
    }

    /// Counts a call, and tells what strikes it.
    pub fn strike(&mut self, service: Service, operation: &str) -> Option<FaultKind> {
        let mut struck = None;
        for (fault, seen) in &mut self.planned {
            if fault.service == service && fault.operation == operation {
                *seen += 1;
                if *seen == fault.nth {
                    struck = struck.or(Some(fault.kind));
                }
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_is_read_from_the_command_line_and_strikes_where_it_says() {
        let everywhere: Denial = "eks:DescribeCluster".parse().expect("a denial");
        let in_one: Denial = "eks:DescribeCluster@eu-west-1".parse().expect("a denial");
        for (operation, region, by_everywhere, by_one) in [
            ("DescribeCluster", "eu-west-1", true, true),
            ("DescribeCluster", "us-east-1", true, false),
            ("ListClusters", "eu-west-1", false, false),
        ] {
            let struck =
                [&everywhere, &in_one].map(|it| it.strikes(Service::Eks, operation, region));
            assert_eq!(struck, [by_everywhere, by_one], "{operation} {region}");
        }
        for (text, expected) in [
            ("eks", "expected SERVICE:OPERATION"),
            (
                "iam:GetRole",
                "no service iam here: ec2, eks, ssm, sts, autoscaling",
            ),
            ("sts:GetCaller", "here: AssumeRole, GetCallerIdentity"),
            ("sts:AssumeRole@Mars", "\"Mars\" is not a region's name"),
            ("sts:AssumeRole@", "\"\" is not a region's name"),
        ] {
            let error = text.parse::<Denial>().expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
