//! UpdateNodegroupVersion: another launch template version, release or Kubernetes version, by rolling
//! update. An update to what the group already runs is taken too: it rolls the nodes.

use serde::Deserialize;

use super::ami_types;
use super::error::EksError;
use super::merge::Group;
use super::target::{self, Kind, Parts};
use super::template::{self, Chosen, TemplateInput};
use super::tokens::{self, Token};
use super::{Outcome, cluster, input, node_group, settled, show};
use crate::Call;
use crate::simulate::{Scene, UPDATE_SETUP};
use crate::world::{
    Change, Cluster, NodeGroup, NodeGroupStep, Region, Roll, Target, Update, View, World,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VersionInput {
    cluster_name: String,
    nodegroup_name: String,
    version: Option<String>,
    release_version: Option<String>,
    launch_template: Option<TemplateInput>,
    #[serde(default)]
    force: bool,
    #[serde(rename = "clientRequestToken")]
    _client_request_token: Option<String>,
}

pub(super) fn update_nodegroup_version(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: VersionInput = input(call)?;
    let group = node_group(world, call, &given.cluster_name, &given.nodegroup_name)?;
    let token = Token::of(call);
    if let Some(id) = tokens::known(world, call, token.as_ref())? {
        return show::update_answer(group, &id);
    }
    settled(group)?;
    let cluster = cluster(world, call, &given.cluster_name)?;
    let view = world.view(call.account, call.region);
    let target = wanted(view, cluster, group, &given)?;
    let params = params(group, &given, &target);
    let id = world.uuid();
    tokens::remember(world, call, token, &id);
    begin(world, call, &given, &id, target, params);
    show::update_answer(
        node_group(world, call, &given.cluster_name, &given.nodegroup_name)?,
        &id,
    )
}

/// What the nodes are to run, by the kind of group.
fn wanted(
    view: View<'_>,
    cluster: &Cluster,
    group: &NodeGroup,
    given: &VersionInput,
) -> Result<Target, EksError> {
    let chosen = template(view.own, group, given)?;
    let kind;
    let kubernetes;
    if target::is_custom(&group.ami_type) {
        custom_rules(given)?;
        kind = Kind::Custom;
        kubernetes = cluster.version.as_str();
    } else {
        if target::image_id(chosen.as_ref()).is_some() {
            // seen in a lab, not in AWS's documentation
            return Err(EksError::InvalidParameter(
                "You cannot specify an image id within the launch template, since your nodegroup is \
                 configured to use an Amazon EKS optimized AMI."
                    .to_owned(),
            ));
        }
        kubernetes = kubernetes_version(cluster, group, given)?;
        let release = given.release_version.as_deref();
        kind = Kind::Optimized(ami_types::find(&group.ami_type)?, release);
    }
    if target::instance_type(chosen.as_ref()).is_some() && !group.instance_types.is_empty() {
        let text = "Cannot specify instance types in launch template and API Request";
        return Err(EksError::InvalidRequest(text.to_owned()));
    }
    if target::instance_type(chosen.as_ref()).is_none() && group.instance_types.is_empty() {
        // the group has its types from its launch template and from nowhere else; the text is not attested
        let text = "The request must contain the parameter InstanceType";
        return Err(EksError::InvalidParameter(text.to_owned()));
    }
    target::assemble(Parts {
        view,
        chosen,
        kind,
        group: Group {
            cluster,
            name: &group.name,
            capacity_type: &group.capacity_type,
            labels: &group.labels,
            taints: &group.taints,
            template: None,
        },
        kubernetes,
        instance_types: &group.instance_types,
        disk_size: group.disk_size,
        // what EKS gives in an update (terraform-provider-aws#15007)
        late_code: "Unknown",
    })
}

/// The launch template version that is asked for, else the group's own.
fn template(
    region: &Region,
    group: &NodeGroup,
    given: &VersionInput,
) -> Result<Option<Chosen>, EksError> {
    match (&given.launch_template, &group.launch_template) {
        (None, None) => Ok(None),
        (None, Some((id, _, version))) => {
            let own = TemplateInput {
                id: Some(id.clone()),
                name: None,
                version: Some(version.to_string()),
            };
            template::choose(region, &own).map(Some)
        }
        // the rule is the user guide's; the text is not attested
        (Some(_), None) => Err(EksError::InvalidParameter(
            "You cannot specify a launch template for a node group that was created without one"
                .to_owned(),
        )),
        (Some(asked), Some((id, name, _))) => {
            let chosen = template::choose(region, asked)?;
            if chosen.id == *id {
                return Ok(Some(chosen));
            }
            // the rule is the user guide's; the text is not attested
            Err(EksError::InvalidParameter(format!(
                "You cannot change the launch template of a node group: it was created with {id} ({name})"
            )))
        }
    }
}

fn custom_rules(given: &VersionInput) -> Result<(), EksError> {
    let text = if given.version.is_some() {
        "You cannot specify the field kubernetesVersion when using custom AMIs."
    } else if given.release_version.is_some() {
        // not attested
        "You cannot specify the field releaseVersion when using custom AMIs."
    } else if given.launch_template.is_none() {
        "Launch template details can't be null for Custom ami type node group"
    } else {
        return Ok(());
    };
    Err(EksError::InvalidParameter(text.to_owned()))
}

/// The cluster's version, or the one that the group has; without any, the group's.
fn kubernetes_version<'a>(
    cluster: &'a Cluster,
    group: &'a NodeGroup,
    given: &VersionInput,
) -> Result<&'a str, EksError> {
    match given.version.as_deref() {
        None => Ok(&group.version),
        Some(asked) if asked == group.version => Ok(&group.version),
        Some(asked) if asked == cluster.version => Ok(&cluster.version),
        Some(_) => Err(EksError::InvalidParameter(format!(
            "Nodegroup Kubernetes version should be equal to Cluster kubernetes version {} or NodeGroup \
             kubernetes version {}",
            cluster.version, group.version
        ))),
    }
}

fn params(group: &NodeGroup, given: &VersionInput, target: &Target) -> Vec<(String, String)> {
    let mut params = Vec::new();
    let mut add = |kind: &str, value: &str| params.push((kind.to_owned(), value.to_owned()));
    if !target::is_custom(&group.ami_type) {
        add("Version", &target.version);
        add("ReleaseVersion", &target.release_version);
    }
    if let (Some(_), Some((_, name, version))) = (&given.launch_template, &target.launch_template) {
        add("LaunchTemplateName", name);
        add("LaunchTemplateVersion", &version.to_string());
    }
    params
}

fn begin(
    world: &mut World,
    call: &Call<'_>,
    given: &VersionInput,
    id: &str,
    target: Target,
    params: Vec<(String, String)>,
) {
    let now = world.now;
    let (cluster, name) = (&given.cluster_name, &given.nodegroup_name);
    let mut scene = Scene::new(world, call.account, call.region, cluster, name);
    let from_version = scene
        .auto_scaling_group()
        .map_or(1, |group| group.launch_template.1);
    let Some(group) = scene.group() else { return };
    group.status = "UPDATING".to_owned();
    group.modified_at = now;
    group.change = Some(Change::Roll(Roll {
        update: id.to_owned(),
        target,
        force: given.force,
        old: Vec::new(),
        replaced: 0,
        from_version,
    }));
    group.updates.push(Update {
        id: id.to_owned(),
        status: "InProgress".to_owned(),
        kind: "VersionUpdate".to_owned(),
        params,
        created_at: now,
        errors: Vec::new(),
    });
    scene.next(
        UPDATE_SETUP,
        NodeGroupStep::UpdateSetup {
            update: id.to_owned(),
        },
    );
}
