//! The only crate that names the AWS SDK: it implements the ports of nodemint-engine.
//!
//! [`AwsClouds`] is the door. Behind it: [`mod@config`] (settings, an SDK configuration for each access,
//! a client set for each site), `profiles` (what is refused of the AWS configuration files), `limits` (request
//! rates), `transport` (HTTP, TLS, proxies), one module a service with its verbs, `convert` (launch-template
//! data, field by field), `errors` (the one place that classifies AWS's error codes) and [`permissions`] (what IAM
//! must allow for each call).

// A `CloudError` is made once a failed call over the network; its size is not what costs.
#![allow(clippy::result_large_err)]

pub mod config;
pub mod permissions;

mod autoscaling;
mod convert;
mod ec2;
mod ec2_catalogue;
mod ec2_versions;
mod eks;
mod eks_write;
mod errors;
mod limits;
mod profiles;
mod region;
mod ssm;
mod sts;
mod transport;

pub use config::{AwsClouds, Settings, configured_region};

/// The most that the SDK's own crates may log. At `trace` they print requests, and with an environment
/// variable of theirs (LOG_SENSITIVE_BODIES) whole answers with the user data in them. So whoever sets up
/// logging appends this to the filter, last.
pub const LOG_CEILING: &str = "aws_smithy_runtime=info,aws_smithy_runtime_api=info,aws_smithy_http_client=info,\
     aws_runtime=info,aws_config=info,aws_sigv4=info,aws_sdk_autoscaling=info,aws_sdk_ec2=info,aws_sdk_eks=info,aws_sdk_ssm=info,aws_sdk_sts=info,\
     aws_sdk_sso=info,aws_sdk_ssooidc=info,hyper=info,hyper_util=info,rustls=info";
