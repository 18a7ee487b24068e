//! What a node is made of besides its image: instance types, how capacity is bought, and EC2's own options.

use serde_json::{Value, json};

use super::draft::{InstanceName, Metadata};
use super::mapping::{Mapping, node_group, template};
use crate::spec::{CapacityType, rules};

/// eksctl's instance type where nothing is said (`DefaultNodeType`).
const DEFAULT_TYPE: &str = "m5.large";
/// CreateNodegroup takes at most 20 instance types.
const MOST_TYPES: usize = 20;

/// Where one image's instance types stand.
const LISTS: [&str; 2] = ["instanceTypes", "instancesDistribution.instanceTypes"];

impl Mapping<'_> {
    /// All instance types that the group names.
    pub fn instance_types(&self) -> Vec<String> {
        let one = self
            .group
            .text("instanceType")
            .filter(|name| *name != "mixed");
        let lists = LISTS.into_iter().flat_map(|list| self.group.texts(list));
        let mut types: Vec<String> = Vec::new();
        for name in one.map(str::to_owned).into_iter().chain(lists) {
            if !types.contains(&name) && rules::instance_type(&name).is_ok() {
                types.push(name);
            }
        }
        types
    }

    pub fn machine(&mut self) {
        self.existing_template();
        self.types();
        self.capacity();
        self.ec2_options();
        self.reserved();
        self.metadata();
        self.instance_name();
    }

    /// A launch template that eksctl was given: its content is not in the file.
    fn existing_template(&mut self) {
        let Some(id) = self.group.text("launchTemplate.id") else {
            let what = "a version of a launch template that has no `id`: eksctl refuses this, too";
            if self.group.has("launchTemplate.version") {
                self.by_hand("launchTemplate.version", what);
            }
            return;
        };
        let version = self.group.text("launchTemplate.version");
        let shown = match version {
            Some(version) => format!("{id}, version {version}"),
            None => format!("{id}, its default version"),
        };
        let what = format!(
            "eksctl ran this group on {shown}: what that version holds is not in its file. Put it here: \
             `aws ec2 describe-launch-template-versions --launch-template-id {id}` prints it, and its name"
        );
        self.template.existing = Some(shown);
        self.by_hand_template("launchTemplate.id", "family", what);
        if version.is_some() {
            let what = "nodemint mints versions itself: pin this one with `launchTemplateVersion` once the template is under its own name";
            self.by_hand("launchTemplate.version", what);
        }
    }

    fn types(&mut self) {
        let given = self.group.text("instanceType").map(str::to_owned);
        let listed = LISTS.into_iter().filter(|list| self.group.has(list));
        let listed: Vec<&str> = listed.collect();
        if !listed.is_empty() {
            self.several_types(&listed);
            match given.as_deref() {
                Some("mixed") => self.left_out("instanceType", "the types are in the list"),
                Some(name) if rules::instance_type(name).is_err() => {
                    self.by_hand_group("instanceType", "instanceTypes", BAD_TYPE);
                }
                _ => self.mapped("instanceType", [node_group("instanceTypes")]),
            }
            return;
        }
        match given {
            Some(name) if rules::instance_type(&name).is_ok() => {
                self.template.instance_type = Some(name);
                self.mapped("instanceType", [template("instanceType")]);
            }
            Some(_) => self.by_hand_template("instanceType", "instanceType", BAD_TYPE),
            None if self.template.existing.is_some() => {}
            None => self.no_type(),
        }
    }

    fn several_types(&mut self, listed: &[&str]) {
        let types = self.instance_types();
        self.node_group.instance_types = types.iter().take(MOST_TYPES).cloned().collect();
        for list in listed {
            let given = self.group.texts(list);
            if given.iter().any(|name| rules::instance_type(name).is_err()) {
                self.by_hand_group(list, "instanceTypes", BAD_TYPE);
            } else if types.len() > MOST_TYPES {
                let what = format!("EKS takes {MOST_TYPES} instance types; the rest is left out");
                self.by_hand_group(list, "instanceTypes", what);
            } else {
                self.mapped(list, [node_group("instanceTypes")]);
            }
        }
    }

    fn no_type(&mut self) {
        let selected = self
            .group
            .fields
            .keys()
            .find(|path| path.starts_with("instanceSelector."));
        match selected.cloned() {
            Some(field) => self.by_hand_group(
                &field,
                "instanceTypes",
                "list the instance types here: `eksctl create nodegroup --dry-run -f FILE` prints those that `instanceSelector` takes",
            ),
            None => self.template.instance_type = Some(DEFAULT_TYPE.to_owned()),
        }
    }

    /// EKS buys a group's nodes one way or the other.
    fn capacity(&mut self) {
        if let Some(spot) = self.group.flag("spot") {
            self.node_group.capacity_type = bought(spot);
            self.mapped("spot", [node_group("capacityType")]);
        }
        const BASE: &str = "instancesDistribution.onDemandBaseCapacity";
        const SHARE: &str = "instancesDistribution.onDemandPercentageAboveBaseCapacity";
        if !self
            .group
            .fields
            .keys()
            .any(|path| path.starts_with("instancesDistribution."))
        {
            return;
        }
        let base = self.group.whole(BASE).unwrap_or(0);
        let share = self.group.whole(SHARE).unwrap_or(100);
        self.node_group.capacity_type = bought(base == 0 && share == 0);
        let mixed = "a managed group is all on-demand or all spot: this one is on-demand; add a second one with \
                     `capacityType: SPOT` for the rest";
        for field in [BASE, SHARE] {
            match share < 100 && (base > 0 || share > 0) {
                true => self.by_hand_group(field, "capacityType", mixed),
                false => self.mapped(field, [node_group("capacityType")]),
            }
        }
    }

    /// What EC2 takes in its own names.
    fn ec2_options(&mut self) {
        let data = |field: &str| [template(&format!("launchTemplateData.{field}"))];
        if let Some(on) = self.group.flag("ebsOptimized") {
            self.template.data.insert("EbsOptimized", Value::from(on));
            self.mapped("ebsOptimized", data("EbsOptimized"));
        }
        if let Some(on) = self.group.flag("enableDetailedMonitoring") {
            self.template
                .data
                .insert("Monitoring", json!({"Enabled": on}));
            self.mapped("enableDetailedMonitoring", data("Monitoring.Enabled"));
        }
        if let Some(credits) = self.group.text("cpuCredits").map(str::to_owned) {
            match credits.as_str() {
                "standard" | "unlimited" => {
                    let value = json!({"CpuCredits": credits});
                    self.template.data.insert("CreditSpecification", value);
                    self.mapped("cpuCredits", data("CreditSpecification.CpuCredits"));
                }
                _ => self.by_hand("cpuCredits", "EC2 knows `standard` and `unlimited`"),
            }
        }
        if let Some(name) = self.group.text("placement.groupName").map(str::to_owned) {
            if name.is_empty() {
                self.by_hand("placement.groupName", "a placement group has a name");
            } else {
                let value = json!({"GroupName": name});
                self.template.data.insert("Placement", value);
                self.mapped("placement.groupName", data("Placement.GroupName"));
            }
        }
    }

    /// eksctl asks for tokens, and lets pods reach the service unless told otherwise.
    fn metadata(&mut self) {
        let closed = self.group.flag("disablePodIMDS").unwrap_or(false);
        let tokens = self.group.flag("disableIMDSv1").unwrap_or(true);
        self.template.metadata = Metadata {
            tokens_required: tokens || closed,
            hop_limit: if closed { 1 } else { 2 },
        };
        self.mapped("disableIMDSv1", [template("metadataOptions.httpTokens")]);
        let hops = template("metadataOptions.httpPutResponseHopLimit");
        self.mapped("disablePodIMDS", [hops]);
    }

    fn instance_name(&mut self) {
        let prefix = self.group.text("instancePrefix").map(str::to_owned);
        self.template.instance_name = match (self.group.text("instanceName"), prefix) {
            (Some(name), Some(prefix)) => InstanceName::Given(format!("{prefix}-{name}")),
            (Some(name), None) => InstanceName::Given(name.to_owned()),
            (None, prefix) => InstanceName::Own { prefix },
        };
        for field in ["instanceName", "instancePrefix"] {
            self.mapped(field, [template("tags.Name")]);
        }
    }
}

const BAD_TYPE: &str = "EC2 has no instance types of such a name: correct it";

fn bought(spot: bool) -> CapacityType {
    match spot {
        true => CapacityType::Spot,
        false => CapacityType::OnDemand,
    }
}
