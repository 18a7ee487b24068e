//! What the world is made of: a cluster, a subnet, an error.

use nodemint_core::observed::{ObservedCluster, Subnet};
use nodemint_engine::ports::{CloudError, Effect, ErrorKind};

use super::world::ACCOUNT;

pub fn cluster(name: &str) -> ObservedCluster {
    ObservedCluster {
        name: name.to_owned(),
        arn: format!("arn:aws:eks:us-east-1:{ACCOUNT}:cluster/{name}"),
        status: "ACTIVE".to_owned(),
        version: "1.34".to_owned(),
        endpoint: Some("https://example.eks.amazonaws.com".to_owned()),
        certificate_authority: Some("Y2VydGlmaWNhdGU=".to_owned()),
        service_cidr_v4: Some("10.100.0.0/16".to_owned()),
        service_cidr_v6: None,
        ip_family: "ipv4".to_owned(),
        security_group_id: Some("sg-0123456789abcdef0".to_owned()),
    }
}

pub fn subnet(id: &str) -> Subnet {
    Subnet {
        id: id.to_owned(),
        zone: format!("us-east-1{}", &id[8..9]),
        free_addresses: 200,
    }
}

pub fn error(operation: &'static str, region: &str, kind: ErrorKind, effect: Effect) -> CloudError {
    CloudError {
        service: "EKS",
        operation,
        region: region.to_owned(),
        kind,
        code: Some(format!("{kind:?}Exception")),
        message: "as the test wants it".to_owned(),
        request_id: None,
        effect,
    }
}
