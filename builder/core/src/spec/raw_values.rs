//! The values of the raw spec that serde's derives do not fit: lists that keep their indices, shorthands,
//! and enums that are read from text alone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// A list whose items are null where they were wrong, so that the others keep their index.
#[derive(Clone, Debug)]
pub struct List<T>(pub Vec<Option<T>>);

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(List)
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        Vec::<T>::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}

/// `ami-…`, or a mapping from region to id.
#[derive(Clone, Debug)]
pub enum AmiId {
    One(String),
    ByRegion(BTreeMap<String, String>),
}

impl<'de> Deserialize<'de> for AmiId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;
        impl<'de> Visitor<'de> for IdVisitor {
            type Value = AmiId;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an AMI id, or a mapping from region to AMI id")
            }
            fn visit_str<E: Error>(self, id: &str) -> Result<AmiId, E> {
                Ok(AmiId::One(id.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AmiId, A::Error> {
                let mut ids = BTreeMap::new();
                while let Some((region, id)) = map.next_entry()? {
                    ids.insert(region, id);
                }
                Ok(AmiId::ByRegion(ids))
            }
        }
        deserializer.deserialize_any(IdVisitor)
    }
}

impl JsonSchema for AmiId {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "AmiId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let id = r"^ami-([0-9a-f]{8}|[0-9a-f]{17})$";
        json_schema!({"anyOf": [
            {"type": "string", "pattern": id},
            {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string", "pattern": id}},
        ]})
    }
}

/// A value as the spec writes it.
pub trait Name {
    fn as_str(&self) -> &str;
}

/// An enum of the spec: names, read from text alone (serde's own would take `{name: null}` too). Names after
/// `later:` are known, so that they are refused as not supported yet, and left out of the schema.
macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($variant:ident = $name:literal),+ $(,)? } $(later: [$($later:literal),+ $(,)?])?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $type {
            $($variant,)+
            /// Known, and not supported yet.
            Later(String),
        }

        impl $type {
            const NAMES: &'static [&'static str] = &[$($name),+];
            const ALL: &'static [&'static str] = &[$($name,)+ $($($later,)+)?];
        }

        impl Name for $type {
            fn as_str(&self) -> &str {
                match self {
                    $($type::$variant => $name,)+
                    $type::Later(name) => name,
                }
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                match text.as_str() {
                    $($name => Ok($type::$variant),)+
                    other if Self::ALL.contains(&other) => Ok($type::Later(text)),
                    other => Err(D::Error::unknown_variant(other, Self::ALL)),
                }
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "enum": Self::NAMES})
            }
        }
    };
}

names!(RawFamily {
    AL2 = "AL2",
    AL2023 = "AL2023",
    Bottlerocket = "Bottlerocket",
    Windows2019Core = "Windows2019Core",
    Windows2019Full = "Windows2019Full",
    Windows2022Core = "Windows2022Core",
    Windows2022Full = "Windows2022Full",
    Windows2025Core = "Windows2025Core",
    Windows2025Full = "Windows2025Full",
    Ubuntu2004 = "Ubuntu2004",
    Ubuntu2204 = "Ubuntu2204",
    Ubuntu2404 = "Ubuntu2404",
    Ubuntu2604 = "Ubuntu2604",
    Custom = "Custom",
});
names!(RawArch { X86_64 = "x86_64", Arm64 = "arm64" });
names!(RawVariant {
    Standard = "standard", Nvidia = "nvidia", Neuron = "neuron", Fips = "fips",
    NvidiaFips = "nvidia-fips", Pro = "pro",
});
names!(RawIpFamily { Ipv4 = "ipv4", Ipv6 = "ipv6" });
names!(RawPinnedBy { LaunchTemplate = "launchTemplate", ReleaseVersion = "releaseVersion" });
names!(RawVolumeType {
    Gp2 = "gp2", Gp3 = "gp3", Io1 = "io1", Io2 = "io2", St1 = "st1", Sc1 = "sc1", Standard = "standard",
});
names!(RawHttpTokens {
    Required = "required", Optional = "optional", NoPreference = "no-preference",
});
names!(RawSwitch { Enabled = "enabled", Disabled = "disabled" });
names!(RawTaintEffect {
    NoSchedule = "NoSchedule", PreferNoSchedule = "PreferNoSchedule", NoExecute = "NoExecute",
});
names!(RawCapacityType { OnDemand = "ON_DEMAND", Spot = "SPOT", CapacityBlock = "CAPACITY_BLOCK" });
names!(RawLocalDisks { Raid0 = "raid0", Raid10 = "raid10", Mount = "mount" });
names!(RawCompress { Never = "never", Auto = "auto", Always = "always" });
names!(
    /// The rules of [`crate::lint::Rule`] that judge by looks, and can be wrong about user data that is right.
    RawRule {
        TouchesKubelet = "touches-kubelet",
        StartsBootstrap = "starts-bootstrap",
        BootstrapArgument = "bootstrap-argument",
        NodeConfig = "node-config",
        Secret = "secret",
        ClusterSecurityGroup = "cluster-security-group",
        HopLimit = "hop-limit",
        SlowBoot = "slow-boot",
        UnpinnedDownload = "unpinned-download",
    }
);
names!(RawUpdateStrategy { Default = "DEFAULT", Minimal = "MINIMAL" });
