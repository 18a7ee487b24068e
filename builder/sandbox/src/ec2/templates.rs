//! Launch templates themselves: create, delete, set the default version, describe.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::filters::Filters;
use super::{invalid, is_id, refuse, region, tags, template_data, versions};
use crate::input::{Paging, page, text, texts};
use crate::sts::caller_arn;
use crate::world::{ClientToken, LaunchTemplate, LaunchTemplateVersion, Region, World};
use crate::{Answer, AwsError, Call};

impl LaunchTemplate {
    /// The highest number that is left. `latest_version` counts deleted ones too, whose numbers are never
    /// given again.
    pub fn latest(&self) -> i64 {
        self.versions
            .keys()
            .next_back()
            .copied()
            .unwrap_or(self.latest_version)
    }
}

pub fn create(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    refuse(input, &["Operator"])?;
    let name = text(input, "LaunchTemplateName").unwrap_or_default();
    check_name(name)?;
    let data = &input["LaunchTemplateData"];
    template_data::check(data)?;
    let tags = tags::of_creation(input, "launch-template")?;
    if let Some(answer) = remembered(world, call)? {
        return Ok(answer);
    }
    let empty = Region::default();
    has_room(region(world, call, &empty), name)?;
    let id = world.id("lt");
    let version = LaunchTemplateVersion {
        number: 1,
        description: text(input, "VersionDescription").map(str::to_owned),
        created_at: world.now,
        created_by: caller_arn(call),
        data: data.clone(),
    };
    let template = LaunchTemplate {
        id: id.clone(),
        name: name.to_owned(),
        created_at: world.now,
        created_by: caller_arn(call),
        default_version: 1,
        latest_version: 1,
        tags,
        versions: BTreeMap::from([(1, version)]),
    };
    let answer = json!({"LaunchTemplate": show(&template)});
    world
        .region_mut(call.account, call.region)
        .launch_templates
        .insert(id, template);
    remember(world, call, &answer);
    Ok(answer)
}

/// Whether another template of that name can be made.
fn has_room(region: &Region, name: &str) -> Result<(), AwsError> {
    let refused = |code, text: String| Err(AwsError::new(400, code, text));
    if region.launch_template_named(name).is_some() {
        let text = "Launch template name already in use.";
        return refused(
            "InvalidLaunchTemplateName.AlreadyExistsException",
            text.to_owned(),
        );
    }
    let most = region.quotas.launch_templates;
    if region.launch_templates.len() >= most {
        // the code is of the EC2 API reference, "Error codes"; the text is not attested
        let text =
            format!("You have reached the maximum of {most} launch templates in this Region.");
        return refused("MaxTemplateLimitExceeded", text);
    }
    Ok(())
}

pub fn delete(world: &mut World, call: &Call<'_>) -> Answer {
    let empty = Region::default();
    let id = find(region(world, call, &empty), &call.input)?.id.clone();
    let deleted = world
        .region_mut(call.account, call.region)
        .launch_templates
        .remove(&id);
    Ok(json!({"LaunchTemplate": deleted.as_ref().map(show)}))
}

pub fn modify(world: &mut World, call: &Call<'_>) -> Answer {
    let empty = Region::default();
    let template = find(region(world, call, &empty), &call.input)?;
    let wanted = text(&call.input, "DefaultVersion").ok_or_else(|| missing("SetDefaultVersion"))?;
    let number = versions::number(wanted)?;
    let id = template.id.clone();
    if !template.versions.contains_key(&number) {
        return Err(versions::not_found(&id, wanted));
    }
    if let Some(answer) = remembered(world, call)? {
        return Ok(answer);
    }
    let region = world.region_mut(call.account, call.region);
    let Some(template) = region.launch_templates.get_mut(&id) else {
        return Err(id_not_found(&id));
    };
    template.default_version = number;
    let answer = json!({"LaunchTemplate": show(template)});
    remember(world, call, &answer);
    Ok(answer)
}

pub fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    let empty = Region::default();
    let region = region(world, call, &empty);
    let known = ["create-time", "launch-template-name"];
    let filters = Filters::read(input, &known, true)?;
    let (ids, names) = (
        texts(input, "LaunchTemplateIds"),
        texts(input, "LaunchTemplateNames"),
    );
    for id in &ids {
        by_id(region, id)?;
    }
    for name in &names {
        check_name(name)?;
        if region.launch_template_named(name).is_none() {
            let text =
                "At least one of the launch templates specified in the request does not exist.";
            return Err(AwsError::new(
                400,
                "InvalidLaunchTemplateName.NotFoundException",
                text,
            ));
        }
    }
    let everything = ids.is_empty() && names.is_empty();
    let wanted = |template: &&LaunchTemplate| {
        let asked = everything
            || ids.contains(&template.id.as_str())
            || names.contains(&template.name.as_str());
        asked
            && filters.accept(&template.tags, |name| match name {
                "create-time" => vec![template.created_at.to_string()],
                _ => vec![template.name.clone()],
            })
    };
    let found: Vec<Value> = region
        .launch_templates
        .values()
        .filter(wanted)
        .map(show)
        .collect();
    let paging = Paging {
        size: "MaxResults",
        min: 1,
        max: 200,
        default: 200,
    };
    let (shown, next) = page(found, input, &paging)?;
    Ok(json!({"LaunchTemplates": shown, "NextToken": next}))
}

fn show(template: &LaunchTemplate) -> Value {
    json!({
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "CreateTime": template.created_at,
        "CreatedBy": template.created_by,
        "DefaultVersionNumber": template.default_version,
        "LatestVersionNumber": template.latest(),
        "Tags": tags::show(&template.tags),
    })
}

/// The template that a request names, by its id or its name.
pub fn find<'r>(region: &'r Region, input: &Value) -> Result<&'r LaunchTemplate, AwsError> {
    match (
        text(input, "LaunchTemplateId"),
        text(input, "LaunchTemplateName"),
    ) {
        (Some(_), Some(_)) => Err(AwsError::new(
            400,
            "InvalidParameterCombination",
            "Either provide launch template ID or launch template name, but not both.",
        )),
        (Some(id), None) => by_id(region, id),
        (None, Some(name)) => {
            check_name(name)?;
            region.launch_template_named(name).ok_or_else(|| {
                let text = format!(
                    "The specified launch template, with template name {name}, does not exist."
                );
                AwsError::new(400, "InvalidLaunchTemplateName.NotFoundException", text)
            })
        }
        (None, None) => Err(missing("launch template ID or launch template name")),
    }
}

fn by_id<'r>(region: &'r Region, id: &str) -> Result<&'r LaunchTemplate, AwsError> {
    if !is_id("lt", id) {
        let text = format!("Invalid id: \"{id}\" (expecting \"lt-...\")");
        return Err(AwsError::new(
            400,
            "InvalidLaunchTemplateId.Malformed",
            text,
        ));
    }
    region
        .launch_templates
        .get(id)
        .ok_or_else(|| id_not_found(id))
}

fn id_not_found(id: &str) -> AwsError {
    let text = format!("The specified launch template, with template ID {id}, does not exist.");
    AwsError::new(400, "InvalidLaunchTemplateId.NotFound", text)
}

fn missing(parameter: &str) -> AwsError {
    AwsError::new(
        400,
        "MissingParameter",
        format!("The request must contain the parameter {parameter}"),
    )
}

fn check_name(name: &str) -> Result<(), AwsError> {
    let allowed = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"()./_-".contains(&b));
    if allowed && (3..=128).contains(&name.len()) {
        return Ok(());
    }
    let text = "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, \
                and the following characters: - ( ) . / _.";
    Err(AwsError::new(
        400,
        "InvalidLaunchTemplateName.MalformedException",
        text,
    ))
}

/// The answer that a client token already got, if it came with the same parameters.
pub fn remembered(world: &World, call: &Call<'_>) -> Result<Option<Value>, AwsError> {
    let Some(token) = text(&call.input, "ClientToken") else {
        return Ok(None);
    };
    if token.len() > 128 || !token.is_ascii() {
        return Err(invalid(
            "The client token is invalid. It may have 128 ASCII characters at most.",
        ));
    }
    let region = world.region(call.account, call.region);
    match region.and_then(|region| region.client_tokens.get(&token_key(call, token))) {
        Some(used) if used.request_digest == digest(&call.input) => Ok(Some(used.answer.clone())),
        Some(_) => Err(AwsError::new(
            400,
            "IdempotentParameterMismatch",
            "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
        )),
        None => Ok(None),
    }
}

pub fn remember(world: &mut World, call: &Call<'_>, answer: &Value) {
    if let Some(token) = text(&call.input, "ClientToken") {
        let used = ClientToken {
            request_digest: digest(&call.input),
            answer: answer.clone(),
        };
        world
            .region_mut(call.account, call.region)
            .client_tokens
            .insert(token_key(call, token), used);
    }
}

fn token_key(call: &Call<'_>, token: &str) -> String {
    format!("{}/{token}", call.operation)
}

/// Objects are sorted by their keys, so the same parameters are the same text.
fn digest(input: &Value) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(input.to_string().as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
