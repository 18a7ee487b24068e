//! What a world begins as: a strict YAML document, and the built-in one of the lab's account.
//!
//! [`Seed::parse`] reads and checks a document; only what passed can become a [`World`], so planting
//! (`plant.rs`) cannot fail.

mod accounts;
mod check;
mod plant;
mod types;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::public::Catalogue;
use crate::public::{Architecture, BootMode};
use crate::world::{FailureMoment, Quotas, World};
use accounts::{AccountSeed, RoleSeed};
use types::InstanceFamily;

const BUILTIN: &str = include_str!("../../seed/eksworkshop.yaml");

/// Why a document is not a seed.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// Not of the schema. The text names the path inside the document.
    #[error("seed, line {line}, column {column}: {message}")]
    Malformed {
        line: usize,
        column: usize,
        message: String,
    },
    /// Of the schema, but something in it does not go with the rest.
    #[error("seed, {}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Inconsistent { problems: Vec<Problem> },
}

/// One thing that is wrong with a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `regions.us-east-1.clusters[0].vpc`
    pub path: String,
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// A checked seed.
#[derive(Clone, Debug)]
pub struct Seed(SeedDocument);

impl Seed {
    /// Reads and checks a YAML document.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        let document: SeedDocument = serde_yaml::from_str(text).map_err(|error| {
            let (line, column) = error
                .location()
                .map_or((1, 1), |at| (at.line(), at.column()));
            SeedError::Malformed {
                line,
                column,
                message: without_place(&error.to_string()),
            }
        })?;
        let problems = check::problems(&document);
        if problems.is_empty() {
            Ok(Self(document))
        } else {
            Err(SeedError::Inconsistent { problems })
        }
    }

    /// The lab's account: what the sandbox starts with when nobody says otherwise.
    pub fn builtin() -> Self {
        // not input: the text is part of the program, and a test parses it
        Self::parse(BUILTIN).expect("the built-in seed is valid")
    }

    /// The text of the built-in seed, as an example to start from.
    pub fn builtin_text() -> &'static str {
        BUILTIN
    }
}

impl World {
    /// The world as the seed describes it, at the seed's time.
    pub fn from_seed(seed: &Seed) -> Self {
        plant::plant(&seed.0)
    }
}

/// The JSON Schema of a seed, for editors.
pub fn seed_schema() -> serde_json::Value {
    schemars::schema_for!(SeedDocument).to_value()
}

/// The parser repeats the place at the end of its text; we say it once, in front.
fn without_place(message: &str) -> String {
    message
        .rsplit_once(" at line ")
        .map_or(message, |(before, _)| before)
        .to_owned()
}

/// Accounts at a point in time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeedDocument {
    /// twelve digits; the account of callers who name no other
    account: String,
    /// when the world begins, by its own clock
    #[schemars(with = "String")]
    start: Timestamp,
    /// ids and random choices come from this number
    seed: u64,
    /// offered in every zone of every region, unless `notIn` says otherwise
    #[serde(default)]
    instance_types: Vec<InstanceFamily>,
    /// the images that are public, with the SSM parameters that name them, in every region
    #[serde(default)]
    public_images: Catalogue,
    /// of the account, that can be assumed
    #[serde(default)]
    roles: Vec<RoleSeed>,
    /// by name: `us-east-1`
    regions: BTreeMap<String, RegionSeed>,
    /// more accounts, by id
    #[serde(default)]
    accounts: BTreeMap<String, AccountSeed>,
}

impl SeedDocument {
    /// Every account with its regions, the main one first.
    fn accounts(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, RegionSeed>)> {
        let more = self
            .accounts
            .iter()
            .map(|(id, it)| (id.as_str(), &it.regions));
        [(self.account.as_str(), &self.regions)]
            .into_iter()
            .chain(more)
    }

    /// Every account with its roles.
    fn roles(&self) -> impl Iterator<Item = (&str, &[RoleSeed])> {
        let more = self
            .accounts
            .iter()
            .map(|(id, it)| (id.as_str(), it.roles.as_slice()));
        [(self.account.as_str(), self.roles.as_slice())]
            .into_iter()
            .chain(more)
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RegionSeed {
    zones: Vec<String>,
    #[serde(default)]
    vpcs: Vec<VpcSeed>,
    #[serde(default)]
    key_pairs: Vec<String>,
    /// images beside the public ones; one with the id of a public image stands in its place
    #[serde(default)]
    images: Vec<ImageSeed>,
    /// SSM parameters beside the public ones: name → value; one with the name of a public one stands in its
    /// place
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    #[serde(default)]
    clusters: Vec<ClusterSeed>,
    /// what is to go wrong
    #[serde(default)]
    failures: Vec<FailureSeed>,
    /// what EC2 allows at most; left out: the documented quotas
    #[serde(default)]
    quotas: Quotas,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VpcSeed {
    id: String,
    cidr: String,
    #[serde(default)]
    subnets: Vec<SubnetSeed>,
    #[serde(default)]
    security_groups: Vec<SecurityGroupSeed>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SubnetSeed {
    id: String,
    zone: String,
    cidr: String,
    available_ips: i64,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SecurityGroupSeed {
    id: String,
    name: String,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ImageSeed {
    id: String,
    name: String,
    architecture: Architecture,
    /// the account that owns it; left out: the seed's own
    owner: Option<String>,
    /// accounts that may use it too
    #[serde(default)]
    shared_with: Vec<String>,
    /// `amazon`, `aws-marketplace`; left out: none
    owner_alias: Option<String>,
    /// whether every account sees it
    #[serde(default)]
    public: bool,
    boot_mode: Option<BootMode>,
    /// `windows`, or left out
    platform: Option<String>,
    /// `hvm` unless said otherwise
    virtualization: Option<Virtualization>,
    #[serde(default)]
    description: String,
    /// `available` unless said otherwise
    state: Option<String>,
    /// `/dev/xvda` unless said otherwise
    root_device: Option<String>,
    #[serde(rename = "rootSizeGiB")]
    root_size_gib: Option<i64>,
    #[schemars(with = "Option<String>")]
    created_at: Option<Timestamp>,
    #[schemars(with = "Option<String>")]
    deprecation_time: Option<Timestamp>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Virtualization {
    Hvm,
    Paravirtual,
}

impl Virtualization {
    fn name(self) -> &'static str {
        match self {
            Self::Hvm => "hvm",
            Self::Paravirtual => "paravirtual",
        }
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClusterSeed {
    name: String,
    /// Kubernetes minor, quoted: `"1.34"`
    version: String,
    platform_version: String,
    #[schemars(with = "String")]
    created_at: Timestamp,
    endpoint: String,
    /// base64 of the PEM certificate
    certificate_authority: String,
    role: String,
    vpc: String,
    subnets: Vec<String>,
    cluster_security_group: String,
    #[serde(default)]
    security_groups: Vec<String>,
    #[serde(default)]
    ip_family: IpFamily,
    service_cidr: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum IpFamily {
    #[default]
    Ipv4,
    Ipv6,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FailureSeed {
    cluster: String,
    node_group: String,
    on: FailureMoment,
    /// an error code of EKS: `PodEvictionFailure`, `NodeCreationFailure`, …
    code: String,
    message: Option<String>,
    /// nodes that are replaced before it strikes (only `on: drain`)
    #[serde(default)]
    after_nodes: i64,
    /// how often it strikes
    #[serde(default = "once")]
    times: i64,
}

fn once() -> i64 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "account: \"123456789012\"\nstart: 2026-01-01T00:00:00Z\nseed: 1\nregions:\n  us-east-1:\n    zones: [us-east-1a]\n";

    #[test]
    fn a_small_seed_is_enough() {
        let world = World::from_seed(&Seed::parse(SMALL).expect("a valid seed"));
        assert_eq!(world.default_account(), Some("123456789012"));
        assert_eq!(world.now.to_string(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_wrong_with_a_seed_is_told_with_its_place() {
        let cluster = "    clusters:\n      - {name: a, version: \"1.34\", platformVersion: eks.1, createdAt: 2026-01-01T00:00:00Z, endpoint: e, certificateAuthority: c, role: r, vpc: vpc-1, subnets: [subnet-1], clusterSecurityGroup: sg-1, serviceCidr: 10.100.0.0/16}\n";
        let failure = "    failures: [{cluster: nope, nodeGroup: n, on: drain, code: AmiIdNotFound, times: 0}]\n";
        let image = "    images: [{id: ami-1, name: n, architecture: arm64, owner: me, state: done, platform: linux}]\n";
        let cases = [
            (
                format!("{SMALL}{image}"),
                "images[0].owner: an account id has twelve digits, not \"me\"",
            ),
            (
                format!("{SMALL}{image}"),
                "images[0].state: no state of an image: done",
            ),
            (
                format!("{SMALL}{image}"),
                "regions.us-east-1.images[0].platform: windows, or left out, not linux",
            ),
            (
                format!("{SMALL}{failure}"),
                "regions.us-east-1.failures[0].cluster: no cluster nope",
            ),
            (
                format!("{SMALL}{failure}"),
                "failures[0].code: EKS has no code AmiIdNotFound for this",
            ),
            (format!("{SMALL}{failure}"), "failures[0].times: at least 1"),
            (
                SMALL.replace("zones", "zonen"),
                "line 6, column 5: regions.us-east-1: unknown field `zonen`",
            ),
            (
                SMALL.replace("seed: 1", "seed: one"),
                "line 3, column 7: seed: invalid type",
            ),
            (
                SMALL.replace("2026-01-01T00:00:00Z", "yesterday"),
                "line 2, column 8: start:",
            ),
            (
                SMALL.replace("123456789012", "12345"),
                "account: an account id has twelve digits, not \"12345\"",
            ),
            (
                format!("{SMALL}{cluster}"),
                "regions.us-east-1.clusters[0].vpc: no VPC vpc-1 in this region",
            ),
            (
                format!("{SMALL}{cluster}"),
                "regions.us-east-1.clusters[0].subnets[0]: no subnet subnet-1 in this region",
            ),
        ];
        for (text, expected) in cases {
            let error = Seed::parse(&text).expect_err(expected).to_string();
            assert!(
                error.contains(expected),
                "expected {expected:?} in {error:?}"
            );
        }
    }

    #[test]
    fn the_schema_knows_every_key_of_the_built_in_seed() {
        let schema = seed_schema().to_string();
        for key in [
            "publicImages",
            "notIn",
            "goneFrom",
            "ownerAlias",
            "certificateAuthority",
            "availableIps",
            "memoryGiB",
            "failures",
        ] {
            assert!(schema.contains(&format!("\"{key}\"")), "{key}");
        }
        assert!(schema.contains("\"additionalProperties\":false"));
    }
}
