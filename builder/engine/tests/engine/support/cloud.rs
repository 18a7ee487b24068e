//! The ports over the world in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use nodemint_core::ami_source::ImageQuery;
use nodemint_core::observed::{
    Identity, Image, Instance, InstanceType, ObservedCluster, ObservedGroup, ObservedTemplate,
    ObservedUpdate, ObservedVersion, Subnet,
};
use nodemint_core::site::{Access, Site};
use nodemint_core::uses::AutoScalingGroup;
use nodemint_engine::ports::{
    Cloud, CloudError, Clouds, ConfigUpdate, DeletedVersions, ErrorKind, Minted, NewLaunchTemplate,
    NewNodeGroup, NewVersion, VersionUpdate,
};

use super::Shared;
use super::calls::FakeCloud;
use super::ec2::{check_version, delete_versions, minted, once, push_version};
use super::eks::{begin_deletion, begin_update, new_group};
use super::shop::{fits, picked};
use super::world::subnet;

/// The world of each account that is reached with credentials of its own, and one for all others.
pub struct FakeClouds {
    pub own: Shared,
    pub others: BTreeMap<Access, Shared>,
}

#[async_trait]
impl Clouds for FakeClouds {
    async fn at(&self, site: &Site) -> Result<Arc<dyn Cloud>, CloudError> {
        Ok(Arc::new(FakeCloud {
            world: self.others.get(&site.access).unwrap_or(&self.own).clone(),
            region: site.region.clone(),
        }))
    }
}

#[async_trait]
impl Cloud for FakeCloud {
    async fn identity(&self) -> Result<Identity, CloudError> {
        self.call("identity", |world| {
            Ok(Identity {
                account: world.account.to_owned(),
                arn: "arn".to_owned(),
            })
        })
        .await
    }

    async fn parameters(&self, names: &[String]) -> Result<BTreeMap<String, String>, CloudError> {
        self.call("parameters", |world| {
            world.asked.extend(names.iter().cloned());
            let shop = world.shop(&self.region);
            Ok(picked(&shop.parameters, names))
        })
        .await
    }

    async fn images(&self, ids: &[String]) -> Result<BTreeMap<String, Image>, CloudError> {
        self.call("images", |world| {
            Ok(picked(&world.shop(&self.region).images, ids))
        })
        .await
    }

    async fn find_images(&self, query: &ImageQuery) -> Result<Vec<Image>, CloudError> {
        self.call("find_images", |world| {
            let images = world.shop(&self.region).images.values();
            Ok(images.filter(|image| fits(query, image)).cloned().collect())
        })
        .await
    }

    async fn instance_types(
        &self,
        names: &[String],
    ) -> Result<BTreeMap<String, InstanceType>, CloudError> {
        self.call("instance_types", |world| {
            Ok(picked(&world.instance_types, names))
        })
        .await
    }

    async fn offered_zones(
        &self,
        types: &[String],
    ) -> Result<BTreeMap<String, BTreeSet<String>>, CloudError> {
        self.call("offered_zones", |world| Ok(picked(&world.offerings, types)))
            .await
    }

    async fn cluster(&self, name: &str) -> Result<Option<ObservedCluster>, CloudError> {
        self.call("cluster", |world| Ok(world.clusters.get(name).cloned()))
            .await
    }

    async fn launch_template(&self, name: &str) -> Result<Option<ObservedTemplate>, CloudError> {
        self.call("launch_template", |world| {
            Ok(world.templates.get(name).cloned())
        })
        .await
    }

    async fn launch_templates(
        &self,
        names: &[String],
    ) -> Result<BTreeMap<String, ObservedTemplate>, CloudError> {
        self.call("launch_templates", |world| {
            let earlier = world.earlier.take();
            Ok(picked(earlier.as_ref().unwrap_or(&world.templates), names))
        })
        .await
    }

    async fn launch_template_by_id(
        &self,
        id: &str,
    ) -> Result<Option<ObservedTemplate>, CloudError> {
        self.call("launch_template_by_id", |world| {
            let mut templates = world.templates.values();
            Ok(templates.find(|template| template.id == id).cloned())
        })
        .await
    }

    async fn cluster_names(&self) -> Result<Vec<String>, CloudError> {
        self.call("cluster_names", |world| {
            Ok(world.clusters.keys().cloned().collect())
        })
        .await
    }

    async fn node_group_names(&self, cluster: &str) -> Result<Vec<String>, CloudError> {
        self.call("node_group_names", |world| {
            let groups = world.groups.values().map(|group| &group.shown);
            let here = groups.filter(|group| group.cluster == cluster);
            Ok(here.map(|group| group.name.clone()).collect())
        })
        .await
    }

    async fn node_group(
        &self,
        _cluster: &str,
        name: &str,
    ) -> Result<Option<ObservedGroup>, CloudError> {
        self.call("node_group", |world| {
            Ok(world.groups.get(name).map(|group| group.shown.clone()))
        })
        .await
    }

    async fn update_ids(&self, _cluster: &str, group: &str) -> Result<Vec<String>, CloudError> {
        self.call("update_ids", |world| {
            let group = world.groups.get(group).ok_or(ErrorKind::NotFound)?;
            Ok(group
                .updates
                .iter()
                .map(|update| update.id.clone())
                .collect())
        })
        .await
    }

    async fn update(
        &self,
        _cluster: &str,
        group: &str,
        id: &str,
    ) -> Result<ObservedUpdate, CloudError> {
        self.call("update", |world| {
            let group = world.groups.get(group).ok_or(ErrorKind::NotFound)?;
            group
                .updates
                .iter()
                .find(|update| update.id == id)
                .cloned()
                .ok_or(ErrorKind::NotFound)
        })
        .await
    }

    async fn group_instances(
        &self,
        _cluster: &str,
        group: &str,
    ) -> Result<Vec<Instance>, CloudError> {
        self.call("group_instances", |world| {
            Ok(world
                .groups
                .get(group)
                .map(|group| group.nodes.clone())
                .unwrap_or_default())
        })
        .await
    }

    async fn auto_scaling_groups(&self) -> Result<Vec<AutoScalingGroup>, CloudError> {
        self.call("auto_scaling_groups", |world| {
            Ok(world.auto_scaling_groups.clone())
        })
        .await
    }

    async fn template_instances(&self, template_id: &str) -> Result<Vec<Instance>, CloudError> {
        self.call("template_instances", |world| {
            let found = world.template_instances.get(template_id);
            Ok(found.cloned().unwrap_or_default())
        })
        .await
    }

    async fn subnets(&self, ids: &[String]) -> Result<Vec<Subnet>, CloudError> {
        self.call("subnets", |_| Ok(ids.iter().map(|id| subnet(id)).collect()))
            .await
    }

    async fn create_launch_template(
        &self,
        request: &NewLaunchTemplate,
    ) -> Result<Minted, CloudError> {
        self.call("create_launch_template", |world| {
            let id = once(
                world,
                &request.client_token,
                format!("{request:?}"),
                |world| {
                    if world.templates.contains_key(&request.name) {
                        return Err(ErrorKind::AlreadyExists);
                    }
                    let id = world.id("lt");
                    let mut template = ObservedTemplate {
                        id: id.clone(),
                        name: request.name.clone(),
                        default_version: 1,
                        latest_version: 0,
                        tags: request.tags.clone(),
                        versions: Vec::new(),
                    };
                    let (_, first) =
                        push_version(&mut template, &request.description, &request.data);
                    world.ever.insert((id.clone(), 1), first);
                    world.templates.insert(request.name.clone(), template);
                    Ok(id)
                },
            )?;
            minted(world, &id, "1")
        })
        .await
    }

    async fn create_launch_template_version(
        &self,
        request: &NewVersion,
    ) -> Result<Minted, CloudError> {
        self.call("create_launch_template_version", |world| {
            if let Some(number) = world.replay.take() {
                let version = ObservedVersion {
                    number,
                    ..minted(world, &request.template_id, "1")?.version
                };
                return Ok(Minted {
                    template_id: request.template_id.clone(),
                    version,
                    warning: None,
                });
            }
            let number = once(
                world,
                &request.client_token,
                format!("{request:?}"),
                |world| {
                    let mut templates = world.templates.values_mut();
                    let template = templates
                        .find(|template| template.id == request.template_id)
                        .ok_or(ErrorKind::NotFound)?;
                    let (number, version) =
                        push_version(template, &request.description, &request.data);
                    if world.vanishing > 0 {
                        world.vanishing -= 1;
                        template.versions.remove(0);
                    }
                    let key = (request.template_id.clone(), version.number);
                    world.ever.insert(key, version);
                    Ok(number)
                },
            )?;
            minted(world, &request.template_id, &number)
        })
        .await
    }

    async fn tag_launch_template(
        &self,
        template_id: &str,
        set: &BTreeMap<String, String>,
    ) -> Result<(), CloudError> {
        self.call("tag_launch_template", |world| {
            let mut templates = world.templates.values_mut();
            let template = templates
                .find(|template| template.id == template_id)
                .ok_or(ErrorKind::NotFound)?;
            template.tags.extend(set.clone());
            Ok(())
        })
        .await
    }

    async fn delete_launch_template_versions(
        &self,
        template_id: &str,
        versions: &[i64],
    ) -> Result<DeletedVersions, CloudError> {
        self.call("delete_launch_template_versions", |world| {
            delete_versions(world, template_id, versions)
        })
        .await
    }

    async fn create_node_group(&self, request: &NewNodeGroup) -> Result<(), CloudError> {
        self.call("create_node_group", |world| {
            check_version(world, &request.template_id, request.template_version)?;
            once(
                world,
                &request.client_token,
                format!("{request:?}"),
                |world| {
                    if world.groups.contains_key(&request.name) {
                        return Err(ErrorKind::AlreadyExists);
                    }
                    let group = new_group(world, request);
                    world.groups.insert(request.name.clone(), group);
                    world.begin_creation(&request.name);
                    Ok(String::new())
                },
            )?;
            Ok(())
        })
        .await
    }

    async fn update_node_group_version(
        &self,
        request: &VersionUpdate,
    ) -> Result<String, CloudError> {
        self.call("update_node_group_version", |world| {
            check_version(world, &request.template_id, request.template_version)?;
            once(
                world,
                &request.client_token,
                format!("{request:?}"),
                |world| {
                    let mut params = BTreeMap::from([(
                        "LaunchTemplateVersion".to_owned(),
                        request.template_version.to_string(),
                    )]);
                    params.extend(
                        request
                            .release_version
                            .clone()
                            .map(|release| ("ReleaseVersion".to_owned(), release)),
                    );
                    let id = begin_update(world, &request.group, "VersionUpdate", params)?;
                    world.begin_roll(&request.group);
                    Ok(id)
                },
            )
        })
        .await
    }

    async fn update_node_group_config(&self, request: &ConfigUpdate) -> Result<String, CloudError> {
        let nothing = ConfigUpdate {
            cluster: request.cluster.clone(),
            group: request.group.clone(),
            client_token: request.client_token.clone(),
            ..ConfigUpdate::default()
        };
        assert_ne!(*request, nothing, "an update that changes nothing");
        self.call("update_node_group_config", |world| {
            once(
                world,
                &request.client_token,
                format!("{request:?}"),
                |world| {
                    let id = begin_update(world, &request.group, "ConfigUpdate", BTreeMap::new())?;
                    world.begin_config(request);
                    Ok(id)
                },
            )
        })
        .await
    }

    async fn delete_node_group(&self, _cluster: &str, name: &str) -> Result<(), CloudError> {
        self.call("delete_node_group", |world| begin_deletion(world, name))
            .await
    }

    async fn tag(&self, arn: &str, set: &BTreeMap<String, String>) -> Result<(), CloudError> {
        self.call("tag", |world| {
            let group = world
                .groups
                .values_mut()
                .find(|group| group.shown.arn == arn)
                .ok_or(ErrorKind::NotFound)?;
            group.shown.tags.extend(set.clone());
            Ok(())
        })
        .await
    }
}
