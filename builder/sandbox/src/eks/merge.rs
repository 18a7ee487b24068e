//! The user data that EKS makes for nodes of its own images: the user's, merged with what starts the node.
//! Nothing in the API shows it but EKS's own launch template.
//!
//! For Amazon Linux 2 the order and the form are attested (terraform-aws-eks#2955, #2297): the user's parts
//! first, the boundary `//`, and no empty line before EKS's own script. That AL2023 gets EKS's NodeConfig
//! first is inferred from awslabs/amazon-eks-ami#1988. The words of EKS's parts are inferred throughout, and
//! what EKS works out of an instance type (`maxPods`) is left out.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use toml::Table;

use super::user_data::text;
use crate::ec2::{MAX_USER_DATA, TOO_LARGE};
use crate::node::mime;
use crate::world::{Cluster, Image, Taint};

/// What starts a node, and so how EKS merges.
#[derive(Clone, Copy)]
pub(super) enum System {
    Al2,
    Al2023,
    Bottlerocket,
    Windows,
}

/// What EKS tells a node of the group that it is in.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    pub cluster: &'a Cluster,
    pub name: &'a str,
    pub capacity_type: &'a str,
    pub labels: &'a BTreeMap<String, String>,
    pub taints: &'a [Taint],
    /// the user's launch template and its version
    pub template: Option<(&'a str, i64)>,
}

/// The merged user data in base64. The user's, if any, is such as EKS can merge.
pub(super) fn merged(system: System, group: &Group<'_>, image: &Image, user: &str) -> String {
    let user = text(user).unwrap_or_default();
    let merged = match system {
        System::Al2 => {
            let parts = mime::raw_parts(&user);
            multipart(parts.into_iter().chain([group.al2(image)]))
        }
        System::Al2023 => {
            let parts = mime::raw_parts(&user);
            multipart(std::iter::once(group.node_config(image)).chain(parts))
        }
        System::Bottlerocket => toml::to_string(&group.settings(image, &user)).unwrap_or_default(),
        System::Windows => group.powershell(image, &user),
    };
    STANDARD.encode(merged)
}

/// What EC2 says when EKS makes its own launch template with more than the limit. That EKS shows it as a
/// problem of the user's template is inferred.
pub(super) fn refusal(merged: &str) -> Option<&'static str> {
    let size = STANDARD.decode(merged).map_or(0, |bytes| bytes.len());
    (size > MAX_USER_DATA).then_some(TOO_LARGE)
}

fn multipart(parts: impl Iterator<Item = String>) -> String {
    let parts: String = parts.map(|part| format!("--//\n{part}")).collect();
    format!("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n{parts}--//--\n")
}

impl Group<'_> {
    /// The labels of the group, and those that EKS gives of itself (EKS user guide, "Customize managed nodes
    /// with launch templates").
    fn labels(&self, image: &Image) -> BTreeMap<String, String> {
        let eks = |name: &str| format!("eks.amazonaws.com/{name}");
        let mut labels = self.labels.clone();
        labels.insert(eks("nodegroup"), self.name.to_owned());
        labels.insert(eks("nodegroup-image"), image.id.clone());
        labels.insert(eks("capacityType"), self.capacity_type.to_owned());
        if let Some((id, version)) = self.template {
            labels.insert(eks("sourceLaunchTemplateId"), id.to_owned());
            labels.insert(eks("sourceLaunchTemplateVersion"), version.to_string());
        }
        labels
    }

    fn kubelet_flags(&self, image: &Image) -> Vec<String> {
        let labels = self.labels(image);
        let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let mut flags = vec![format!("--node-labels={}", labels.join(","))];
        if !self.taints.is_empty() {
            let taints: Vec<String> = self.taints.iter().map(written).collect();
            flags.push(format!("--register-with-taints={}", taints.join(",")));
        }
        flags
    }

    /// The tenth address of the service CIDR, which is what cluster DNS listens on.
    fn dns(&self) -> String {
        let address = self.cluster.service_cidr.split('/').next();
        let address = address.unwrap_or_default();
        match address.rsplit_once('.') {
            Some((network, _)) => format!("{network}.10"),
            None => format!("{address}a"),
        }
    }

    fn al2(&self, image: &Image) -> String {
        let Cluster {
            name,
            endpoint,
            certificate_authority,
            ..
        } = self.cluster;
        format!(
            "Content-Type: text/x-shellscript; charset=\"us-ascii\"\n#!/bin/bash\nset -ex\n\
             B64_CLUSTER_CA={certificate_authority}\nAPI_SERVER_URL={endpoint}\nK8S_CLUSTER_DNS_IP={}\n\
             /etc/eks/bootstrap.sh {name} --kubelet-extra-args '{}' --b64-cluster-ca $B64_CLUSTER_CA \
             --apiserver-endpoint $API_SERVER_URL --dns-cluster-ip $K8S_CLUSTER_DNS_IP\n\n",
            self.dns(),
            self.kubelet_flags(image).join(" "),
        )
    }

    fn node_config(&self, image: &Image) -> String {
        let config = json!({
            "apiVersion": "node.eks.aws/v1alpha1",
            "kind": "NodeConfig",
            "spec": {
                "cluster": {
                    "name": self.cluster.name,
                    "apiServerEndpoint": self.cluster.endpoint,
                    "certificateAuthority": self.cluster.certificate_authority,
                    "cidr": self.cluster.service_cidr,
                },
                "kubelet": {
                    "config": {"clusterDNS": [self.dns()]},
                    "flags": self.kubelet_flags(image),
                },
            },
        });
        let yaml = serde_yaml::to_string(&config).unwrap_or_default();
        format!("Content-Type: application/node.eks.aws\n\n---\n{yaml}\n")
    }

    /// The user's settings, and EKS's where the user has none.
    fn settings(&self, image: &Image, user: &str) -> Table {
        let mut taints: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for taint in self.taints {
            let written = written(taint);
            let value = written.split_once('=').map_or("", |(_, value)| value);
            let of_key = taints.entry(&taint.key).or_default();
            of_key.push(value.to_owned());
        }
        let mut kubernetes = json!({
            "cluster-name": self.cluster.name,
            "api-server": self.cluster.endpoint,
            "cluster-certificate": self.cluster.certificate_authority,
            "cluster-dns-ip": self.dns(),
            "node-labels": self.labels(image),
        });
        if !taints.is_empty() {
            kubernetes["node-taints"] = json!(taints);
        }
        let ours = json!({"settings": {"kubernetes": kubernetes}});
        let ours: Table = serde_json::from_value(ours).unwrap_or_default();
        let mut settings: Table = user.parse().unwrap_or_default();
        add_missing(&mut settings, ours);
        settings
    }

    /// The user's commands, then EKS's, in one tag.
    fn powershell(&self, image: &Image, user: &str) -> String {
        let lower = user.to_ascii_lowercase();
        let (open, close) = ("<powershell>", "</powershell>");
        let inside = lower.find(open).zip(lower.rfind(close));
        let (own, rest) = inside.map_or(("", ""), |(from, to)| {
            let own = user.get(from + open.len()..to).unwrap_or_default();
            (own.trim(), user.get(to + close.len()..).unwrap_or_default())
        });
        let own = if own.is_empty() {
            String::new()
        } else {
            format!("{own}\n")
        };
        let Cluster {
            name,
            endpoint,
            certificate_authority,
            ..
        } = self.cluster;
        format!(
            "{open}\n{own}[string]$EKSBootstrapScriptFile = \"$env:ProgramFiles\\Amazon\\EKS\\Start-EKSBootstrap.ps1\"\n\
             & $EKSBootstrapScriptFile -EKSClusterName \"{name}\" -APIServerEndpoint \"{endpoint}\" \
             -Base64ClusterCA \"{certificate_authority}\" -DNSClusterIP \"{}\" -KubeletExtraArgs \"{}\" \
             3>&1 4>&1 5>&1 6>&1\n{close}{rest}",
            self.dns(),
            self.kubelet_flags(image).join(" "),
        )
    }
}

/// A taint as the kubelet takes it. EKS's API has another spelling of the effects.
fn written(taint: &Taint) -> String {
    let effect = match taint.effect.as_str() {
        "NO_SCHEDULE" => "NoSchedule",
        "NO_EXECUTE" => "NoExecute",
        _ => "PreferNoSchedule",
    };
    let value = taint.value.as_deref().unwrap_or_default();
    format!("{}={value}:{effect}", taint.key)
}

fn add_missing(settings: &mut Table, ours: Table) {
    for (key, value) in ours {
        match (settings.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(value)) => {
                add_missing(inner, value);
            }
            (Some(_), _) => {}
            (None, value) => {
                settings.insert(key, value);
            }
        }
    }
}
