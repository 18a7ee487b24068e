//! EC2 verbs: launch templates, instances, subnets.

use aws_sdk_ec2::types::{self, Filter, ResourceType};
use nodemint_core::observed::{Instance, ObservedTemplate, ObservedVersion, Subnet};
use nodemint_engine::ports::{CloudError, ErrorKind, Minted, NewLaunchTemplate, NewVersion};

use crate::convert::{from_response, sdk_tag, timestamp, to_request};
use crate::errors::Call;
use crate::region::AwsCloud;

/// All the filters of a call take 200 values together (EC2: "The maximum number of filter values specified on a
/// single call is 200"), so this is for a call with one filter; the values of others are to be subtracted.
pub(crate) const VALUES_A_CALL: usize = 200;

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
    let call = cloud.read("EC2", "DescribeLaunchTemplates");
    let answer = match cloud
        .ec2
        .describe_launch_templates()
        .launch_template_names(name)
        .send()
        .await
    {
        Ok(answer) => answer,
        Err(error) => return absent(call.failed(error)),
    };
    let Some(template) = answer
        .launch_templates
        .unwrap_or_default()
        .into_iter()
        .next()
    else {
        return Ok(None);
    };
    let id = call.required(template.launch_template_id, "LaunchTemplateId")?;
    let versions = match versions(cloud, &id).await {
        Ok(versions) => versions,
        // deleted between the two calls
        Err(error) => return absent(error),
    };
    Ok(Some(ObservedTemplate {
        id,
        name: call.required(template.launch_template_name, "LaunchTemplateName")?,
        default_version: call.required(template.default_version_number, "DefaultVersionNumber")?,
        latest_version: call.required(template.latest_version_number, "LatestVersionNumber")?,
        tags: template
            .tags
            .unwrap_or_default()
            .into_iter()
            .map(read_tag)
            .collect(),
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

pub(crate) async fn group_instances(
    cloud: &AwsCloud,
    cluster: &str,
    group: &str,
) -> Result<Vec<Instance>, CloudError> {
    let call = cloud.read("EC2", "DescribeInstances");
    let request = cloud
        .ec2
        .describe_instances()
        .filters(filter("tag:eks:cluster-name", &[cluster.to_owned()]))
        .filters(filter("tag:eks:nodegroup-name", &[group.to_owned()]));
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
