//! The versions of a launch template: numbered from 1, never changed, and their numbers never given again.

use serde_json::{Map, Value, json};

use super::filters::Filters;
use super::templates::{find, remember, remembered};
use super::{invalid, refuse, region, template_data};
use crate::input::{Paging, page, text, texts};
use crate::sts::caller_arn;
use crate::world::{LaunchTemplate, LaunchTemplateVersion, Region, World};
use crate::{Answer, AwsError, Call};

/// EC2 API reference, DeleteLaunchTemplateVersions.
const MAX_DELETED_AT_ONCE: usize = 200;

/// What EC2 says to a DescribeLaunchTemplateVersions that names no template and asks for more than the
/// latest and default versions.
const ALL_TEMPLATES: &str = "To describe the launch template data for all your launch templates, for \
    ‘--versions’ specify ‘$Latest’, ‘$Default’, or both, and omit ‘--launch-template-id’, \
    ‘--launch-template-name’, and version numbers. To describe the launch template data for a specific launch \
    template, specify ‘--launch-template-id’ or ‘--launch-template-name’, and for ‘--versions’ specify one or \
    more of the following values: ‘$Latest’, ‘$Default’, or one or more version numbers.";

pub fn create(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    refuse(input, &["ResolveAlias"])?;
    if let Some(answer) = remembered(world, call)? {
        return Ok(answer);
    }
    let now = world.now;
    let empty = Region::default();
    let region = region(world, call, &empty);
    let template = find(region, input)?;
    let given = &input["LaunchTemplateData"];
    template_data::check(given)?;
    let data = match text(input, "SourceVersion") {
        None => given.clone(),
        Some(source) => {
            let source = resolve(template, source)?;
            merge(&source.data, given)
        }
    };
    let most = region.quotas.launch_template_versions;
    if template.versions.len() >= most {
        // the code is of the EC2 API reference, "Error codes"; the text is not attested
        let text =
            format!("You have reached the maximum of {most} versions of this launch template.");
        return Err(AwsError::new(400, "MaxTemplateVersionLimitExceeded", text));
    }
    let id = template.id.clone();
    let region = world.region_mut(call.account, call.region);
    let Some(template) = region.launch_templates.get_mut(&id) else {
        return Err(not_found(&id, "1"));
    };
    template.latest_version += 1;
    let version = LaunchTemplateVersion {
        number: template.latest_version,
        description: text(input, "VersionDescription").map(str::to_owned),
        created_at: now,
        created_by: caller_arn(call),
        data,
    };
    let answer = json!({"LaunchTemplateVersion": show(template, &version)});
    template.versions.insert(version.number, version);
    remember(world, call, &answer);
    Ok(answer)
}

/// A new parameter replaces the source's of the same name whole.
fn merge(source: &Value, given: &Value) -> Value {
    let mut merged: Map<String, Value> = source.as_object().cloned().unwrap_or_default();
    merged.extend(given.as_object().cloned().unwrap_or_default());
    Value::Object(merged)
}

pub fn delete(world: &mut World, call: &Call<'_>) -> Answer {
    let empty = Region::default();
    let template = find(region(world, call, &empty), &call.input)?;
    let wanted = texts(&call.input, "Versions");
    if wanted.len() > MAX_DELETED_AT_ONCE {
        return Err(invalid(format!(
            "At most {MAX_DELETED_AT_ONCE} versions can be deleted at once."
        )));
    }
    let numbers = wanted
        .into_iter()
        .map(number)
        .collect::<Result<Vec<_>, _>>()?;
    let id = template.id.clone();
    let region = world.region_mut(call.account, call.region);
    let (mut deleted, mut failed) = (Vec::new(), Vec::new());
    if let Some(template) = region.launch_templates.get_mut(&id) {
        for number in numbers {
            let mut item = json!({
                "LaunchTemplateId": id,
                "LaunchTemplateName": template.name,
                "VersionNumber": number,
            });
            match remove(template, number) {
                Ok(()) => deleted.push(item),
                Err(refusal) => {
                    item["ResponseError"] = refusal;
                    failed.push(item);
                }
            }
        }
    }
    Ok(json!({
        "SuccessfullyDeletedLaunchTemplateVersions": deleted,
        "UnsuccessfullyDeletedLaunchTemplateVersions": failed,
    }))
}

/// Removes one version, or says why not as EC2 does for each item.
fn remove(template: &mut LaunchTemplate, number: i64) -> Result<(), Value> {
    let id = &template.id;
    // that it fails is documented, how is not: no code of the model is for it
    if number == template.default_version {
        let text = format!(
            "Version {number} is the default version of launch template {id}: it cannot be deleted."
        );
        return Err(json!({"Code": "unexpectedError", "Message": text}));
    }
    if template.versions.remove(&number).is_none() {
        let text = not_found(id, &number.to_string()).message;
        return Err(json!({"Code": "launchTemplateVersionDoesNotExist", "Message": text}));
    }
    Ok(())
}

pub fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    refuse(input, &["ResolveAlias"])?;
    let known = [
        "create-time",
        "ebs-optimized",
        "http-endpoint",
        "http-tokens",
        "image-id",
        "instance-type",
        "is-default-version",
        "kernel-id",
        "ram-disk-id",
    ];
    let filters = Filters::read(input, &known, false)?;
    let empty = Region::default();
    let region = region(world, call, &empty);
    let mut chosen = choose(region, input)?;
    chosen.retain(|(template, version)| {
        filters.accept(&std::collections::BTreeMap::new(), |name| {
            field(template, version, name)
        })
    });
    let shown = chosen
        .into_iter()
        .map(|(template, version)| show(template, version))
        .collect();
    let paging = Paging {
        size: "MaxResults",
        min: 1,
        max: 200,
        default: 200,
    };
    let (shown, next): (Vec<Value>, _) = page(shown, input, &paging)?;
    Ok(json!({"LaunchTemplateVersions": shown, "NextToken": next}))
}

type Chosen<'r> = Vec<(&'r LaunchTemplate, &'r LaunchTemplateVersion)>;

/// What a DescribeLaunchTemplateVersions asks for, newest first.
fn choose<'r>(region: &'r Region, input: &Value) -> Result<Chosen<'r>, AwsError> {
    let versions = texts(input, "Versions");
    let one = text(input, "LaunchTemplateId").or(text(input, "LaunchTemplateName"));
    if one.is_none() {
        return of_all(region, &versions);
    }
    let template = find(region, input)?;
    let bound = |name| text(input, name).map(number).transpose();
    let (min, max) = (bound("MinVersion")?, bound("MaxVersion")?);
    if !versions.is_empty() {
        if min.is_some() || max.is_some() {
            let text = "Versions cannot be given together with MinVersion or MaxVersion.";
            return Err(AwsError::new(400, "InvalidParameterCombination", text));
        }
        let mut chosen = Vec::new();
        for version in versions {
            chosen.push(resolve(template, version)?);
        }
        chosen.sort_by_key(|version| -version.number);
        chosen.dedup_by_key(|version| version.number);
        return Ok(chosen
            .into_iter()
            .map(|version| (template, version))
            .collect());
    }
    let (min, max) = (min.unwrap_or(1), max.unwrap_or(i64::MAX));
    let within = |version: &&LaunchTemplateVersion| (min..=max).contains(&version.number);
    Ok(template
        .versions
        .values()
        .rev()
        .filter(within)
        .map(|version| (template, version))
        .collect())
}

/// The latest or default versions of every template.
fn of_all<'r>(region: &'r Region, versions: &[&str]) -> Result<Chosen<'r>, AwsError> {
    if versions.is_empty() {
        return Err(AwsError::new(400, "MissingParameter", ALL_TEMPLATES));
    }
    if versions
        .iter()
        .any(|version| !["$Latest", "$Default"].contains(version))
    {
        return Err(invalid(ALL_TEMPLATES));
    }
    let mut chosen = Vec::new();
    for template in region.launch_templates.values() {
        let mut numbers: Vec<i64> = Vec::new();
        for version in versions {
            numbers.push(if *version == "$Latest" {
                template.latest()
            } else {
                template.default_version
            });
        }
        numbers.sort_unstable_by_key(|number| -number);
        numbers.dedup();
        chosen.extend(
            numbers
                .iter()
                .filter_map(|number| Some((template, template.versions.get(number)?))),
        );
    }
    Ok(chosen)
}

/// The version that a text names: a number, `$Latest` or `$Default`.
fn resolve<'r>(
    template: &'r LaunchTemplate,
    version: &str,
) -> Result<&'r LaunchTemplateVersion, AwsError> {
    let number = match version {
        "$Latest" => template.latest(),
        "$Default" => template.default_version,
        other => number(other)?,
    };
    template
        .versions
        .get(&number)
        .ok_or_else(|| not_found(&template.id, version))
}

pub fn number(text: &str) -> Result<i64, AwsError> {
    let number = text
        .parse::<i64>()
        .ok()
        .filter(|number| *number > 0 && !text.starts_with('+'));
    number.ok_or_else(|| {
        invalid(format!(
            "The launch template version '{text}' is not valid."
        ))
    })
}

pub fn not_found(id: &str, version: &str) -> AwsError {
    let text = format!(
        "Could not find the specified version {version} for the launch template with ID {id}."
    );
    AwsError::new(400, "InvalidLaunchTemplateId.VersionNotFound", text)
}

fn show(template: &LaunchTemplate, version: &LaunchTemplateVersion) -> Value {
    json!({
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionNumber": version.number,
        "VersionDescription": version.description,
        "CreateTime": version.created_at,
        "CreatedBy": version.created_by,
        "DefaultVersion": template.default_version == version.number,
        // every member of the request's shape is one of the answer's too
        "LaunchTemplateData": version.data,
    })
}

fn field(template: &LaunchTemplate, version: &LaunchTemplateVersion, name: &str) -> Vec<String> {
    let data = &version.data;
    let value = match name {
        "create-time" => return vec![version.created_at.to_string()],
        "is-default-version" => {
            return vec![(template.default_version == version.number).to_string()];
        }
        "ebs-optimized" => &data["EbsOptimized"],
        "http-endpoint" => &data["MetadataOptions"]["HttpEndpoint"],
        "http-tokens" => &data["MetadataOptions"]["HttpTokens"],
        "image-id" => &data["ImageId"],
        "instance-type" => &data["InstanceType"],
        "kernel-id" => &data["KernelId"],
        _ => &data["RamDiskId"],
    };
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Bool(flag) => vec![flag.to_string()],
        _ => Vec::new(),
    }
}
