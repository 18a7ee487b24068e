//! What goes wrong on purpose, for tests of retries and recovery.

use serde::{Deserialize, Serialize};

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
