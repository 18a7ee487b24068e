//! EC2 verbs: launch templates, instances, subnets.

use std::collections::BTreeMap;

use aws_sdk_ec2::operation::describe_launch_templates::builders::DescribeLaunchTemplatesFluentBuilder;
use aws_sdk_ec2::types::{self, Filter, ResourceType};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use nodemint_core::observed::{Instance, ObservedTemplate, ObservedVersion, Subnet};
use nodemint_engine::ports::{CloudError, ErrorKind, Minted, NewLaunchTemplate, NewVersion};

use crate::convert::{from_response, sdk_tag, timestamp, to_request};
use crate::errors::Call;
use crate::region::AwsCloud;

/// All the filters of a call take 200 values together (EC2: "The maximum number of filter values specified on a
/// single call is 200"), so this is for a call with one filter; the values of others are to be subtracted.
pub(crate) const VALUES_A_CALL: usize = 200;

/// What DescribeLaunchTemplateVersions gives at most (EC2 API reference, MaxResults). Unasked it may give less.
const VERSIONS_A_PAGE: i32 = 200;

/// Launch templates whose versions are read at a time: 18 a second are allowed (`limits.rs`), and a page of large
/// user data is a megabyte.
const TEMPLATES_AT_A_TIME: usize = 8;

pub(crate) fn filter(name: &str, values: &[String]) -> Filter {
    Filter::builder()
        .name(name)
        .set_values(Some(values.to_vec()))
        .build()
}

pub(crate) async fn launch_template(
    cloud: &AwsCloud,
    name: &str,
) -> Result<Option<ObservedTemplate>, CloudError> {
    let request = cloud.ec2.describe_launch_templates();
    described(cloud, request.launch_template_names(name)).await
}

pub(crate) async fn launch_template_by_id(
    cloud: &AwsCloud,
    id: &str,
) -> Result<Option<ObservedTemplate>, CloudError> {
    let request = cloud.ec2.describe_launch_templates();
    described(cloud, request.launch_template_ids(id)).await
}

/// The one template that is asked for, with all its versions.
async fn described(
    cloud: &AwsCloud,
    request: DescribeLaunchTemplatesFluentBuilder,
) -> Result<Option<ObservedTemplate>, CloudError> {
    let call = cloud.read("EC2", "DescribeLaunchTemplates");
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => return absent(call.failed(error)),
    };
    match answer
        .launch_templates
        .unwrap_or_default()
        .into_iter()
        .next()
    {
        Some(template) => with_versions(cloud, &call, template).await,
        None => Ok(None),
    }
}

/// By filter: of names, one that does not exist fails the whole call.
pub(crate) async fn launch_templates(
    cloud: &AwsCloud,
    names: &[String],
) -> Result<BTreeMap<String, ObservedTemplate>, CloudError> {
    let call = cloud.read("EC2", "DescribeLaunchTemplates");
    let mut heads = Vec::new();
    for names in names.chunks(VALUES_A_CALL) {
        let request = cloud
            .ec2
            .describe_launch_templates()
            .filters(filter("launch-template-name", names));
        let mut pages = request.into_paginator().items().send();
        while let Some(template) = pages.next().await {
            heads.push(template.map_err(|error| call.failed(error))?);
        }
    }
    let reads = heads
        .into_iter()
        .map(|head| with_versions(cloud, &call, head));
    let read: Vec<Option<ObservedTemplate>> = stream::iter(reads)
        .buffered(TEMPLATES_AT_A_TIME)
        .try_collect()
        .await?;
    let read = read.into_iter().flatten();
    Ok(read
        .map(|template| (template.name.clone(), template))
        .collect())
}

/// None: deleted between the two calls.
async fn with_versions(
    cloud: &AwsCloud,
    call: &Call,
    template: types::LaunchTemplate,
) -> Result<Option<ObservedTemplate>, CloudError> {
    let id = call.required(template.launch_template_id, "LaunchTemplateId")?;
    let versions = match versions(cloud, &id).await {
        Ok(versions) => versions,
        Err(error) => return absent(error),
    };
    let tags = template.tags.unwrap_or_default().into_iter();
    Ok(Some(ObservedTemplate {
        id,
        name: call.required(template.launch_template_name, "LaunchTemplateName")?,
        default_version: call.required(template.default_version_number, "DefaultVersionNumber")?,
        latest_version: call.required(template.latest_version_number, "LatestVersionNumber")?,
        tags: tags.map(read_tag).collect(),
        versions,
    }))
}

fn read_tag(tag: types::Tag) -> (String, String) {
    (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())
}

/// What does not exist is an answer, not a failure.
pub(crate) fn absent<T>(error: CloudError) -> Result<Option<T>, CloudError> {
    if error.kind == ErrorKind::NotFound {
        Ok(None)
    } else {
        Err(error)
    }
}

async fn versions(cloud: &AwsCloud, id: &str) -> Result<Vec<ObservedVersion>, CloudError> {
    let call = cloud.read("EC2", "DescribeLaunchTemplateVersions");
    let mut pages = cloud
        .ec2
        .describe_launch_template_versions()
        .launch_template_id(id)
        .max_results(VERSIONS_A_PAGE)
        .into_paginator()
        .items()
        .send();
    let mut versions = Vec::new();
    while let Some(version) = pages.next().await {
        versions.push(read_version(
            &call,
            version.map_err(|error| call.failed(error))?,
        )?);
    }
    versions.sort_by_key(|version| std::cmp::Reverse(version.number));
    Ok(versions)
}

fn read_version(
    call: &Call,
    version: types::LaunchTemplateVersion,
) -> Result<ObservedVersion, CloudError> {
    let data = call.required(version.launch_template_data, "LaunchTemplateData")?;
    let (data, unread) = from_response(&data);
    Ok(ObservedVersion {
        number: call.required(version.version_number, "VersionNumber")?,
        description: version.version_description.filter(|text| !text.is_empty()),
        created_at: timestamp(version.create_time.as_ref()),
        created_by: version.created_by,
        data,
        unread,
    })
}

/// The tag that EC2 puts on what is launched from a template.
const TEMPLATE_ID: &str = "tag:aws:ec2launchtemplate:id";

pub(crate) async fn group_instances(
    cloud: &AwsCloud,
    cluster: &str,
    group: &str,
) -> Result<Vec<Instance>, CloudError> {
    let filters = [
        filter("tag:eks:cluster-name", &[cluster.to_owned()]),
        filter("tag:eks:nodegroup-name", &[group.to_owned()]),
    ];
    instances(cloud, filters.into()).await
}

pub(crate) async fn template_instances(
    cloud: &AwsCloud,
    template_id: &str,
) -> Result<Vec<Instance>, CloudError> {
    instances(cloud, vec![filter(TEMPLATE_ID, &[template_id.to_owned()])]).await
}

async fn instances(cloud: &AwsCloud, filters: Vec<Filter>) -> Result<Vec<Instance>, CloudError> {
    let call = cloud.read("EC2", "DescribeInstances");
    let request = cloud.ec2.describe_instances().set_filters(Some(filters));
    let mut pages = request.into_paginator().send();
    let mut instances = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| call.failed(error))?;
        for instance in page
            .reservations
            .unwrap_or_default()
            .into_iter()
            .flat_map(|it| it.instances.unwrap_or_default())
        {
            instances.push(read_instance(&call, instance)?);
        }
    }
    instances.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(instances)
}

fn read_instance(call: &Call, instance: types::Instance) -> Result<Instance, CloudError> {
    let state = call.required(instance.state.and_then(|state| state.name), "State")?;
    Ok(Instance {
        id: call.required(instance.instance_id, "InstanceId")?,
        instance_type: call
            .required(instance.instance_type, "InstanceType")?
            .as_str()
            .to_owned(),
        image_id: call.required(instance.image_id, "ImageId")?,
        zone: instance
            .placement
            .and_then(|placement| placement.availability_zone)
            .unwrap_or_default(),
        state: state.as_str().to_owned(),
        launched_at: timestamp(instance.launch_time.as_ref()),
        template_version: instance
            .tags
            .unwrap_or_default()
            .into_iter()
            .find(|tag| tag.key.as_deref() == Some("aws:ec2launchtemplate:version"))
            .and_then(|tag| tag.value),
    })
}

/// By filter, for the same reason as images.
pub(crate) async fn subnets(cloud: &AwsCloud, ids: &[String]) -> Result<Vec<Subnet>, CloudError> {
    let call = cloud.read("EC2", "DescribeSubnets");
    let mut found = Vec::new();
    for ids in ids.chunks(VALUES_A_CALL) {
        let request = cloud
            .ec2
            .describe_subnets()
            .filters(filter("subnet-id", ids));
        let mut pages = request.into_paginator().items().send();
        while let Some(subnet) = pages.next().await {
            let subnet = subnet.map_err(|error| call.failed(error))?;
            found.push(Subnet {
                id: call.required(subnet.subnet_id, "SubnetId")?,
                zone: call.required(subnet.availability_zone, "AvailabilityZone")?,
                free_addresses: call
                    .required(subnet.available_ip_address_count, "AvailableIpAddressCount")?,
            });
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

pub(crate) async fn create_launch_template(
    cloud: &AwsCloud,
    request: &NewLaunchTemplate,
) -> Result<Minted, CloudError> {
    let call = cloud.write("EC2", "CreateLaunchTemplate");
    let tags = request
        .tags
        .iter()
        .map(|(key, value)| sdk_tag(key, value))
        .collect();
    let tags = types::TagSpecification::builder()
        .resource_type(ResourceType::LaunchTemplate)
        .set_tags(Some(tags))
        .build();
    let answer = cloud
        .ec2
        .create_launch_template()
        .launch_template_name(&request.name)
        .version_description(&request.description)
        .launch_template_data(to_request(&request.data))
        .set_tag_specifications((!request.tags.is_empty()).then(|| vec![tags]))
        .client_token(&request.client_token)
        .send()
        .await
        .map_err(|error| call.failed(error))?;
    let template = call.required(answer.launch_template, "LaunchTemplate")?;
    Ok(Minted {
        template_id: call.required(template.launch_template_id, "LaunchTemplateId")?,
        // The answer describes the template and not its version, which is what was sent.
        version: ObservedVersion {
            number: 1,
            description: Some(request.description.clone()).filter(|text| !text.is_empty()),
            created_at: timestamp(template.create_time.as_ref()),
            created_by: template.created_by,
            data: request.data.clone(),
            unread: false,
        },
        warning: warning(answer.warning),
    })
}

pub(crate) async fn create_launch_template_version(
    cloud: &AwsCloud,
    request: &NewVersion,
) -> Result<Minted, CloudError> {
    let call = cloud.write("EC2", "CreateLaunchTemplateVersion");
    let answer = cloud
        .ec2
        .create_launch_template_version()
        .launch_template_id(&request.template_id)
        .version_description(&request.description)
        .launch_template_data(to_request(&request.data))
        .client_token(&request.client_token)
        .send()
        .await
        .map_err(|error| call.failed(error))?;
    let version = call.required(answer.launch_template_version, "LaunchTemplateVersion")?;
    Ok(Minted {
        template_id: request.template_id.clone(),
        version: read_version(&call, version)?,
        warning: warning(answer.warning),
    })
}

/// Tags of the launch template itself: its versions have none.
pub(crate) async fn tag_launch_template(
    cloud: &AwsCloud,
    template_id: &str,
    set: &BTreeMap<String, String>,
) -> Result<(), CloudError> {
    let call = cloud.write("EC2", "CreateTags");
    let tags = set.iter().map(|(key, value)| sdk_tag(key, value));
    cloud
        .ec2
        .create_tags()
        .resources(template_id)
        .set_tags(Some(tags.collect()))
        .send()
        .await
        .map_err(|error| call.failed(error))?;
    Ok(())
}

fn warning(warning: Option<types::ValidationWarning>) -> Option<String> {
    let shown = |error: types::ValidationError| match (error.code, error.message) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (code, message) => code.or(message).unwrap_or_default(),
    };
    let texts: Vec<String> = warning?
        .errors
        .unwrap_or_default()
        .into_iter()
        .map(shown)
        .collect();
    Some(texts.join("; ")).filter(|text| !text.is_empty())
}
