//! Looking things up in the world.

use super::{Instance, LaunchTemplate, NodeGroup, Region, World};

impl World {
    /// A region of an account, if anything was ever put there.
    pub fn region(&self, account: &str, region: &str) -> Option<&Region> {
        self.accounts.get(account)?.get(region)
    }

    /// A region of an account, empty if nothing was ever put there.
    pub fn region_mut(&mut self, account: &str, region: &str) -> &mut Region {
        self.accounts
            .entry(account.to_owned())
            .or_default()
            .entry(region.to_owned())
            .or_default()
    }

    /// The account that a caller without one of its own acts in: the seed's, else the first.
    pub fn default_account(&self) -> Option<&str> {
        let first = || self.accounts.keys().next();
        self.main_account
            .as_ref()
            .or_else(first)
            .map(String::as_str)
    }
}

impl Region {
    pub fn launch_template_named(&self, name: &str) -> Option<&LaunchTemplate> {
        self.launch_templates
            .values()
            .find(|template| template.name == name)
    }

    pub fn node_group(&self, cluster: &str, name: &str) -> Option<&NodeGroup> {
        self.node_groups.get(cluster)?.get(name)
    }

    pub fn node_group_mut(&mut self, cluster: &str, name: &str) -> Option<&mut NodeGroup> {
        self.node_groups.get_mut(cluster)?.get_mut(name)
    }

    /// The instances of an Auto Scaling group that count towards its size, by id.
    pub fn members<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Instance> + 'a {
        self.instances.values().filter(move |instance| {
            instance.auto_scaling_group.as_deref() == Some(group)
                && matches!(instance.state.as_str(), "pending" | "running")
        })
    }
}
