//! Subnets and security groups of a group.

use serde_json::Value;

use super::mapping::{Mapping, node_group, template};
use crate::spec::rules;

impl Mapping<'_> {
    pub fn network(&mut self) {
        self.subnets();
        self.security_groups();
    }

    /// Named subnets, or those of the zones, or all of the file; without any id in it somebody has to say.
    fn subnets(&mut self) {
        let private = self.group.flag("privateNetworking").unwrap_or(false);
        let side = if private { "private" } else { "public" };
        let zones = self.group.texts("availabilityZones");
        let named = self.group.texts("subnets");
        let (found, missing) = if !named.is_empty() {
            self.config.subnets_named(&named)
        } else if !zones.is_empty() {
            self.config.subnets_in(private, &zones)
        } else {
            (self.config.all_subnets(private), Vec::new())
        };
        let field = match (named.is_empty(), zones.is_empty()) {
            (false, _) => "subnets",
            (true, false) => "availabilityZones",
            (true, true) => "privateNetworking",
        };
        let complete = !found.is_empty() && missing.is_empty();
        self.node_group.subnets = found;
        if complete {
            self.mapped(field, [node_group("subnets")]);
        } else {
            let which = match missing.is_empty() {
                true => format!("the {side} subnets"),
                false => missing.join(", "),
            };
            let what = format!(
                "the ids of {which} are not in this file, and EKS needs them to create the group: put them under `subnets`"
            );
            let hint =
                format!("`subnets: [subnet-…]`, {which}, which EKS needs to create the group");
            self.comment_group("subnets", &hint);
            self.by_hand(field, what);
        }
        self.told_by(field, side);
    }

    /// What the other fields about subnets were good for.
    fn told_by(&mut self, field: &str, side: &str) {
        if field != "availabilityZones" {
            self.left_out("availabilityZones", "the subnets say it");
        }
        match field {
            "subnets" => self.left_out("privateNetworking", "the subnets say it"),
            "availabilityZones" => {
                let note = format!("the {side} ones of the zones");
                self.noted("privateNetworking", [node_group("subnets")], note);
            }
            _ => {}
        }
    }

    fn security_groups(&mut self) {
        let given = self.group.texts("securityGroups.attachIDs");
        if given.is_empty() {
            return;
        }
        let good = |id: &String| rules::resource_id("sg-", id).is_ok();
        let mut ids: Vec<String> = given.iter().filter(|id| good(id)).cloned().collect();
        ids.dedup();
        let key = self.attach(ids);
        if !given.iter().all(good) {
            let what = "only ids of security groups were taken";
            self.by_hand_template("securityGroups.attachIDs", key, what);
            return;
        }
        let what = "add the cluster security group, which eksctl put beside these: with groups of its own a node gets no other \
                    (`aws eks describe-cluster` names it)";
        self.by_hand_template("securityGroups.attachIDs", key, what);
    }

    /// Security groups stand at the interfaces, if there are any. Gives the key that they went to.
    fn attach(&mut self, ids: Vec<String>) -> &'static str {
        let interfaces = self.template.data.get_mut("NetworkInterfaces");
        let Some(interfaces) = interfaces.and_then(Value::as_array_mut) else {
            self.template.security_group_ids = ids;
            return "securityGroupIds";
        };
        for interface in interfaces.iter_mut().filter(|_| !ids.is_empty()) {
            interface["Groups"] = Value::from(ids.clone());
        }
        "launchTemplateData"
    }
}

impl Mapping<'_> {
    /// Roles and SSH keys: who the nodes are, and who may come in.
    pub fn access(&mut self) {
        self.role();
        self.ssh();
    }

    fn role(&mut self) {
        let role = self.group.text("iam.instanceRoleARN").map(str::to_owned);
        match role {
            Some(role) if rules::role_arn(&role, "eks-node").is_ok() => {
                self.node_group.node_role = Some(role);
                self.mapped("iam.instanceRoleARN", [node_group("nodeRole")]);
            }
            Some(_) => self.by_hand_group(
                "iam.instanceRoleARN",
                "nodeRole",
                "this is not the ARN of a role",
            ),
            None => {
                let what = "`nodeRole` is missing, and EKS needs it to create the group: eksctl made a role in its own stack, and it goes with it";
                self.comment_group(
                    "nodeRole",
                    "`nodeRole: arn:…`, which EKS needs to create the group",
                );
                self.by_hand("", what);
            }
        }
    }

    /// eksctl opens port 22 by a security group of its own; the key pair is EC2's.
    fn ssh(&mut self) {
        const KEYS: [&str; 3] = ["ssh.publicKeyName", "ssh.publicKeyPath", "ssh.publicKey"];
        let given = KEYS.into_iter().any(|key| self.group.has(key));
        let allowed = self.group.flag("ssh.allow").unwrap_or(given);
        if !allowed {
            self.left_out("ssh.allow", "nobody is let in unless the spec says so");
            for field in KEYS.into_iter().chain(["ssh.sourceSecurityGroupIds"]) {
                self.left_out(field, "eksctl takes no key where `ssh.allow` is false");
            }
        } else {
            self.ssh_key(given);
            let open = "eksctl opened port 22 by a security group of its own: let it in by one that the nodes have";
            match self.group.has("ssh.sourceSecurityGroupIds") {
                true => {
                    self.by_hand_template("ssh.sourceSecurityGroupIds", "securityGroupIds", open);
                    self.mapped("ssh.allow", [template("keyName")]);
                }
                false if self.group.has("ssh.allow") => self.by_hand("ssh.allow", open),
                false => {}
            }
        }
        match self.group.flag("ssh.enableSsm") {
            Some(true) => self.by_hand(
                "ssh.enableSsm",
                "see that the role in `nodeRole` has AmazonSSMManagedInstanceCore",
            ),
            _ => self.left_out("ssh.enableSsm", "the role's policies decide"),
        }
    }

    fn ssh_key(&mut self, given: bool) {
        if let Some(name) = self.group.text("ssh.publicKeyName").map(str::to_owned) {
            self.template.key_name = Some(name);
            self.mapped("ssh.publicKeyName", [template("keyName")]);
        }
        let what = "`keyName: NAME`: EC2 takes a key pair by its name, and `aws ec2 import-key-pair` makes one of the public key";
        for field in ["ssh.publicKeyPath", "ssh.publicKey"] {
            if self.group.has(field) {
                self.by_hand_template(field, "keyName", what);
            }
        }
        if !given {
            // eksctl takes ~/.ssh/id_rsa.pub then.
            self.by_hand_template("ssh.allow", "keyName", what);
        }
    }
}
