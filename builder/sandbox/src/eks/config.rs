//! UpdateNodegroupConfig: sizes, labels, taints and the limits of updates. No node is replaced for it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::EksError;
use super::labels::{self, TaintInput};
use super::scaling::{self, ScalingInput, Sizes, UpdateConfigInput};
use super::tokens::{self, Token};
use super::{Outcome, input, node_group, settled, show, unsupported};
use crate::Call;
use crate::simulate::{CONFIG, Scene};
use crate::world::{Change, NodeGroup, NodeGroupStep, Settings, Update, World};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConfigInput {
    cluster_name: String,
    nodegroup_name: String,
    labels: Option<LabelsInput>,
    taints: Option<TaintsInput>,
    scaling_config: Option<ScalingInput>,
    update_config: Option<UpdateConfigInput>,
    node_repair_config: Option<Value>,
    warm_pool_config: Option<Value>,
    #[serde(rename = "clientRequestToken")]
    _client_request_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LabelsInput {
    #[serde(default)]
    add_or_update_labels: BTreeMap<String, String>,
    #[serde(default)]
    remove_labels: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TaintsInput {
    #[serde(default)]
    add_or_update_taints: Vec<TaintInput>,
    #[serde(default)]
    remove_taints: Vec<TaintInput>,
}

/// (type, value), as an update shows them
type Params = Vec<(String, String)>;

pub(super) fn update_nodegroup_config(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: ConfigInput = input(call)?;
    unsupported(&[
        ("nodeRepairConfig", given.node_repair_config.is_some()),
        ("warmPoolConfig", given.warm_pool_config.is_some()),
    ])?;
    let group = node_group(world, call, &given.cluster_name, &given.nodegroup_name)?;
    let token = Token::of(call);
    if let Some(id) = tokens::known(world, call, token.as_ref())? {
        return show::update_answer(group, &id);
    }
    settled(group)?;
    let (settings, params) = wanted(group, &given)?;
    let id = world.uuid();
    tokens::remember(world, call, token, &id);
    begin(world, call, &given, &id, settings, params);
    show::update_answer(
        node_group(world, call, &given.cluster_name, &given.nodegroup_name)?,
        &id,
    )
}

fn wanted(group: &NodeGroup, given: &ConfigInput) -> Result<(Settings, Params), EksError> {
    let mut settings = Settings {
        min: group.min,
        max: group.max,
        desired: group.desired,
        labels: group.labels.clone(),
        taints: group.taints.clone(),
        max_unavailable: group.max_unavailable,
        max_unavailable_percentage: group.max_unavailable_percentage,
        update_strategy: group.update_strategy.clone(),
    };
    let mut params = Vec::new();
    if let Some(scaling) = given.scaling_config {
        resize(&mut settings, &mut params, scaling)?;
    }
    if let Some(labels) = &given.labels {
        relabel(&mut settings, &mut params, labels)?;
    }
    if let Some(taints) = &given.taints {
        retaint(&mut settings, &mut params, taints)?;
    }
    if let Some(update) = &given.update_config {
        limit(&mut settings, &mut params, update)?;
    }
    if params.is_empty() {
        // not attested
        return Err(EksError::InvalidParameter(
            "The request contains no changes".to_owned(),
        ));
    }
    Ok((settings, params))
}

fn resize(
    settings: &mut Settings,
    params: &mut Params,
    given: ScalingInput,
) -> Result<(), EksError> {
    let before = Sizes {
        min: settings.min,
        max: settings.max,
        desired: settings.desired,
    };
    let sizes = scaling::sizes(given, Some(before))?;
    (settings.min, settings.max, settings.desired) = (sizes.min, sizes.max, sizes.desired);
    let shown = [
        ("MinSize", given.min_size),
        ("MaxSize", given.max_size),
        ("DesiredSize", given.desired_size),
    ];
    params.extend(
        shown
            .into_iter()
            .filter_map(|(kind, size)| Some((kind.to_owned(), size?.to_string()))),
    );
    Ok(())
}

fn relabel(
    settings: &mut Settings,
    params: &mut Params,
    given: &LabelsInput,
) -> Result<(), EksError> {
    labels::check(&given.add_or_update_labels)?;
    for key in &given.remove_labels {
        if given.add_or_update_labels.contains_key(key) {
            // not attested
            let text = format!("Label {key} cannot be both updated and removed");
            return Err(EksError::InvalidParameter(text));
        }
        settings.labels.remove(key);
    }
    settings.labels.extend(given.add_or_update_labels.clone());
    if !given.add_or_update_labels.is_empty() {
        params.push((
            "LabelsToAdd".to_owned(),
            json!(given.add_or_update_labels).to_string(),
        ));
    }
    if !given.remove_labels.is_empty() {
        params.push((
            "LabelsToRemove".to_owned(),
            json!(given.remove_labels).to_string(),
        ));
    }
    Ok(())
}

fn retaint(
    settings: &mut Settings,
    params: &mut Params,
    given: &TaintsInput,
) -> Result<(), EksError> {
    let removed = labels::taints(&given.remove_taints)?;
    let added = labels::taints(&given.add_or_update_taints)?;
    // a taint is known by its key and effect, as in Kubernetes
    let among = |taints: &[crate::world::Taint], taint: &crate::world::Taint| {
        taints
            .iter()
            .any(|other| other.key == taint.key && other.effect == taint.effect)
    };
    if let Some(taint) = added.iter().find(|taint| among(&removed, taint)) {
        // not attested
        let text = format!(
            "Taint with key {} and effect {} cannot be both updated and removed",
            taint.key, taint.effect
        );
        return Err(EksError::InvalidParameter(text));
    }
    settings
        .taints
        .retain(|taint| !among(&removed, taint) && !among(&added, taint));
    settings.taints.extend(added.iter().cloned());
    labels::few_enough(&settings.taints)?;
    for (kind, taints) in [("TaintsToAdd", &added), ("TaintsToRemove", &removed)] {
        if !taints.is_empty() {
            let shown: Vec<Value> = taints.iter().map(show::taint).collect();
            params.push((kind.to_owned(), json!(shown).to_string()));
        }
    }
    Ok(())
}

fn limit(
    settings: &mut Settings,
    params: &mut Params,
    given: &UpdateConfigInput,
) -> Result<(), EksError> {
    scaling::update_config(given)?;
    if given.max_unavailable.is_some() || given.max_unavailable_percentage.is_some() {
        settings.max_unavailable = given.max_unavailable;
        settings.max_unavailable_percentage = given.max_unavailable_percentage;
    }
    let numbers = [
        ("MaxUnavailable", given.max_unavailable),
        ("MaxUnavailablePercentage", given.max_unavailable_percentage),
    ];
    params.extend(
        numbers
            .into_iter()
            .filter_map(|(kind, n)| Some((kind.to_owned(), n?.to_string()))),
    );
    if let Some(strategy) = &given.update_strategy {
        settings.update_strategy = strategy.clone();
        params.push(("UpdateStrategy".to_owned(), strategy.clone()));
    }
    Ok(())
}

fn begin(
    world: &mut World,
    call: &Call<'_>,
    given: &ConfigInput,
    id: &str,
    settings: Settings,
    params: Params,
) {
    let now = world.now;
    let (cluster, name) = (&given.cluster_name, &given.nodegroup_name);
    let mut scene = Scene::new(world, call.account, call.region, cluster, name);
    let Some(group) = scene.group() else { return };
    group.status = "UPDATING".to_owned();
    group.modified_at = now;
    group.change = Some(Change::Config(Box::new(settings)));
    group.updates.push(Update {
        id: id.to_owned(),
        status: "InProgress".to_owned(),
        kind: "ConfigUpdate".to_owned(),
        params,
        created_at: now,
        errors: Vec::new(),
    });
    scene.next(
        CONFIG,
        NodeGroupStep::ConfigDone {
            update: id.to_owned(),
        },
    );
}
