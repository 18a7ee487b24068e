//! The clients of one site, and the port that they implement. Every verb is in its service's module.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use aws_config::{Region, SdkConfig};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use nodemint_core::ami_source::ImageQuery;
use nodemint_core::observed::{
    Identity, Image, Instance, InstanceType, ObservedCluster, ObservedGroup, ObservedTemplate,
    ObservedUpdate, Subnet,
};
use nodemint_core::site::Site;
use nodemint_core::uses::AutoScalingGroup;
use nodemint_engine::ports::{
    Cloud, CloudError, ConfigUpdate, DeletedVersions, Minted, NewLaunchTemplate, NewNodeGroup,
    NewVersion, VersionUpdate,
};

use crate::errors::Call;
use crate::limits::{Limited, Limits, Service};
use crate::transport::{NoRetryOfDeadEndpoint, Transport};
use crate::{autoscaling, ec2, ec2_catalogue, ec2_versions, eks, eks_write, ssm, sts};

#[derive(Debug)]
pub(crate) struct AwsCloud {
    pub(crate) autoscaling: aws_sdk_autoscaling::Client,
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) eks: aws_sdk_eks::Client,
    pub(crate) ssm: aws_sdk_ssm::Client,
    pub(crate) sts: aws_sdk_sts::Client,
    site: Site,
    profile: Option<String>,
}

/// The configuration builders are different types with the same methods.
macro_rules! client {
    ($sdk:ident, $config:expr, $region:expr, $transport:expr) => {
        $sdk::Client::from_conf(
            $sdk::config::Builder::from($config)
                .region(Region::new($region.to_owned()))
                .http_client($transport)
                .retry_classifier(NoRetryOfDeadEndpoint)
                .build(),
        )
    };
}

impl AwsCloud {
    pub(crate) fn new(
        config: &SdkConfig,
        site: &Site,
        profile: Option<&str>,
        transport: &Transport,
        limits: Limits,
    ) -> Self {
        let (region, limits) = (site.region.as_str(), Arc::new(limits));
        let limited = |service| Limited {
            transport: SharedHttpClient::new(transport.clone()),
            limits: Arc::clone(&limits),
            service,
        };
        AwsCloud {
            autoscaling: client!(
                aws_sdk_autoscaling,
                config,
                region,
                limited(Service::AutoScaling)
            ),
            ec2: client!(aws_sdk_ec2, config, region, limited(Service::Ec2)),
            eks: client!(aws_sdk_eks, config, region, limited(Service::Eks)),
            ssm: client!(aws_sdk_ssm, config, region, limited(Service::Ssm)),
            sts: client!(aws_sdk_sts, config, region, limited(Service::Sts)),
            site: site.clone(),
            profile: profile.map(str::to_owned),
        }
    }

    pub(crate) fn read(&self, service: &'static str, operation: &'static str) -> Call {
        Call {
            service,
            operation,
            region: self.site.to_string(),
            profile: self.profile.clone(),
            role: self.site.access.assume_role_arn.clone(),
            writes: false,
        }
    }

    pub(crate) fn write(&self, service: &'static str, operation: &'static str) -> Call {
        Call {
            writes: true,
            ..self.read(service, operation)
        }
    }
}

#[async_trait]
impl Cloud for AwsCloud {
    async fn identity(&self) -> Result<Identity, CloudError> {
        sts::identity(self).await
    }

    async fn parameters(&self, names: &[String]) -> Result<BTreeMap<String, String>, CloudError> {
        ssm::parameters(self, names).await
    }

    async fn images(&self, ids: &[String]) -> Result<BTreeMap<String, Image>, CloudError> {
        ec2_catalogue::images(self, ids).await
    }

    async fn find_images(&self, query: &ImageQuery) -> Result<Vec<Image>, CloudError> {
        ec2_catalogue::find_images(self, query).await
    }

    async fn instance_types(
        &self,
        names: &[String],
    ) -> Result<BTreeMap<String, InstanceType>, CloudError> {
        ec2_catalogue::instance_types(self, names).await
    }

    async fn offered_zones(
        &self,
        types: &[String],
    ) -> Result<BTreeMap<String, BTreeSet<String>>, CloudError> {
        ec2_catalogue::offered_zones(self, types).await
    }

    async fn cluster(&self, name: &str) -> Result<Option<ObservedCluster>, CloudError> {
        eks::cluster(self, name).await
    }

    async fn launch_template(&self, name: &str) -> Result<Option<ObservedTemplate>, CloudError> {
        ec2::launch_template(self, name).await
    }

    async fn launch_templates(
        &self,
        names: &[String],
    ) -> Result<BTreeMap<String, ObservedTemplate>, CloudError> {
        ec2::launch_templates(self, names).await
    }

    async fn launch_template_by_id(
        &self,
        id: &str,
    ) -> Result<Option<ObservedTemplate>, CloudError> {
        ec2::launch_template_by_id(self, id).await
    }

    async fn cluster_names(&self) -> Result<Vec<String>, CloudError> {
        eks::cluster_names(self).await
    }

    async fn node_group_names(&self, cluster: &str) -> Result<Vec<String>, CloudError> {
        eks::node_group_names(self, cluster).await
    }

    async fn node_group(
        &self,
        cluster: &str,
        name: &str,
    ) -> Result<Option<ObservedGroup>, CloudError> {
        eks::node_group(self, cluster, name).await
    }

    async fn update_ids(&self, cluster: &str, group: &str) -> Result<Vec<String>, CloudError> {
        eks::update_ids(self, cluster, group).await
    }

    async fn update(
        &self,
        cluster: &str,
        group: &str,
        id: &str,
    ) -> Result<ObservedUpdate, CloudError> {
        eks::update(self, cluster, group, id).await
    }

    async fn group_instances(
        &self,
        cluster: &str,
        group: &str,
    ) -> Result<Vec<Instance>, CloudError> {
        ec2::group_instances(self, cluster, group).await
    }

    async fn auto_scaling_groups(&self) -> Result<Vec<AutoScalingGroup>, CloudError> {
        autoscaling::groups(self).await
    }

    async fn template_instances(&self, template_id: &str) -> Result<Vec<Instance>, CloudError> {
        ec2::template_instances(self, template_id).await
    }

    async fn subnets(&self, ids: &[String]) -> Result<Vec<Subnet>, CloudError> {
        ec2::subnets(self, ids).await
    }

    async fn create_launch_template(
        &self,
        request: &NewLaunchTemplate,
    ) -> Result<Minted, CloudError> {
        ec2::create_launch_template(self, request).await
    }

    async fn create_launch_template_version(
        &self,
        request: &NewVersion,
    ) -> Result<Minted, CloudError> {
        ec2::create_launch_template_version(self, request).await
    }

    async fn tag_launch_template(
        &self,
        template_id: &str,
        set: &BTreeMap<String, String>,
    ) -> Result<(), CloudError> {
        ec2::tag_launch_template(self, template_id, set).await
    }

    async fn delete_launch_template_versions(
        &self,
        template_id: &str,
        versions: &[i64],
    ) -> Result<DeletedVersions, CloudError> {
        ec2_versions::delete(self, template_id, versions).await
    }

    async fn create_node_group(&self, request: &NewNodeGroup) -> Result<(), CloudError> {
        eks_write::create_node_group(self, request).await
    }

    async fn update_node_group_version(
        &self,
        request: &VersionUpdate,
    ) -> Result<String, CloudError> {
        eks_write::update_node_group_version(self, request).await
    }

    async fn update_node_group_config(&self, request: &ConfigUpdate) -> Result<String, CloudError> {
        eks_write::update_node_group_config(self, request).await
    }

    async fn delete_node_group(&self, cluster: &str, name: &str) -> Result<(), CloudError> {
        eks_write::delete_node_group(self, cluster, name).await
    }

    async fn tag(&self, arn: &str, set: &BTreeMap<String, String>) -> Result<(), CloudError> {
        eks_write::tag(self, arn, set).await
    }
}
