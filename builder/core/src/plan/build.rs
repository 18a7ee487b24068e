//! The one way from what should be and what is to a plan.

use jiff::Timestamp;

use super::group::plan_group;
use super::replace::strays;
use super::template::plan_templates;
use super::user_data::check_user_data;
use super::{Adopt, capacity, drift, facts, fitness, images, limits, owner};
use super::{Base, Finding, FindingKind, Plan, Purpose, SCHEMA, Scope};
use crate::desired::{Desired, DesiredTemplate};
use crate::lint::Rule;
use crate::observed::Observed;
use crate::site::Site;

/// What a plan takes from its surroundings.
#[derive(Clone, Debug)]
pub struct Context {
    pub now: Timestamp,
    /// The version of the nodemint that plans.
    pub nodemint: String,
    /// Where the spec comes from, as a label in the versions: a git commit.
    pub origin: Option<String>,
    /// What the plan may take over.
    pub adopt: Adopt,
}

/// Plans the way from `observed` to `desired`.
pub fn plan(desired: &Desired, observed: &Observed, context: &Context) -> Plan {
    let scope = Scope::of(desired);
    let templates = plan_templates(desired, observed, context.origin.as_deref());
    let mut plan = Plan::empty(Purpose::Apply, &desired.fleet, &scope, observed, context);
    plan.launch_templates = templates.outlooks;
    plan.steps = templates.steps;
    for (cluster, site) in &scope.clusters {
        check_cluster(cluster, site, desired, observed, &mut plan);
    }
    limits::check(observed, &mut plan);
    check_security_groups(desired, observed, &mut plan);
    check_user_data(desired, &mut plan);
    for group in &desired.groups {
        plan_group(group, desired, observed, &templates.versions, &mut plan);
    }
    capacity::check(observed, &mut plan);
    plan.warnings.extend(strays(&desired.fleet, observed));
    facts::check(desired, observed, &mut plan);
    fitness::check(desired, observed, context.now, &mut plan);
    drift::check(desired, observed, &mut plan);
    let locked: Vec<_> = desired.templates.iter().map(|one| &one.image).collect();
    images::name(&mut plan, &locked, observed);
    owner::settle(&mut plan, observed, &context.adopt);
    plan
}

impl Plan {
    /// A plan to begin with: what it is made from, and what could not be read.
    pub(super) fn empty(
        purpose: Purpose,
        fleet: &str,
        scope: &Scope,
        observed: &Observed,
        context: &Context,
    ) -> Self {
        let gaps = observed.gaps.iter();
        Self {
            schema: SCHEMA.to_owned(),
            nodemint: context.nodemint.clone(),
            purpose,
            fleet: fleet.to_owned(),
            accounts: observed.accounts.clone(),
            created: context.now,
            base: Base::new(scope, observed),
            launch_templates: Vec::new(),
            node_groups: Vec::new(),
            steps: Vec::new(),
            blockers: Vec::new(),
            warnings: gaps
                .map(|gap| Finding::new(FindingKind::Warning, "permissions", gap))
                .collect(),
        }
    }
}

/// With security groups in the launch template EKS adds none of its own, and a node outside the cluster's
/// may not reach the API server (EKS user guide, "Customize managed nodes with launch templates").
fn check_security_groups(desired: &Desired, observed: &Observed, plan: &mut Plan) {
    let told =
        |template: &&DesiredTemplate| !template.allowed.contains(&Rule::ClusterSecurityGroup);
    for template in desired.templates.iter().filter(told) {
        let groups: Vec<&str> = template.data.all_security_group_ids().collect();
        let cluster = observed.clusters.get(&template.cluster);
        let own = cluster.and_then(|cluster| cluster.security_group_id.as_ref());
        let Some(own) = own.filter(|own| !groups.is_empty() && !groups.contains(&own.as_str()))
        else {
            continue;
        };
        plan.warnings.push(
            Finding::new(
                FindingKind::Warning,
                format!("launch template {}/{}", template.site, template.name),
                format!(
                    "EKS adds no security group to its own, and that of cluster {}, {own}, is not among them: nodes may not join",
                    template.cluster
                ),
            )
            .hint(format!("add {own} to the launch template's security groups, or make sure that one of them is let in")),
        );
    }
}

fn check_cluster(name: &str, site: &Site, desired: &Desired, observed: &Observed, plan: &mut Plan) {
    let subject = format!("cluster {name}");
    let used = desired
        .groups
        .iter()
        .find(|group| group.spec.cluster == name);
    match (observed.clusters.get(name), used) {
        (None, Some(_)) => plan.blockers.push(
            Finding::new(FindingKind::Preflight, subject, format!("EKS has no cluster of this name in {site}"))
                .hint("check the name and the region in `clusters`, and which account the credentials are for"),
        ),
        (Some(cluster), Some(group)) => {
            if cluster.status != "ACTIVE" && cluster.status != "UPDATING" {
                let message = format!("the cluster is {}, and node groups need it ACTIVE", cluster.status);
                plan.blockers.push(Finding::new(FindingKind::Preflight, subject.clone(), message));
            }
            if cluster.version != group.kubernetes_version {
                plan.warnings.push(
                    Finding::new(
                        FindingKind::Warning,
                        subject,
                        format!(
                            "it runs Kubernetes {} now, and the lock has {}: images are chosen for {}",
                            cluster.version, group.kubernetes_version, group.kubernetes_version
                        ),
                    )
                    .hint("run `nodemint resolve --update` to move to images of the cluster's version"),
                );
            }
        }
        (_, None) => {}
    }
}
