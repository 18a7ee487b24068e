//! Deletes versions that were judged superfluous, after another look: between the question and the answer a
//! node group may have moved.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nodemint_core::observed::ObservedTemplate;
use nodemint_core::prune::{MOST_AT_ONCE, Policy, Reason, Verdict, Wishes, judge};
use nodemint_core::uses::{Survey, Uses};

use crate::ports::{Cloud, CloudError};
use crate::survey::{Wanted, survey};

/// What was agreed to for one template.
pub struct Order<'a> {
    pub template: &'a ObservedTemplate,
    /// the versions that may go
    pub agreed: &'a BTreeSet<i64>,
    pub wishes: &'a Wishes,
}

/// What holds for all of them.
pub struct Terms<'a> {
    pub policy: &'a Policy,
    /// clusters that are known of
    pub clusters: &'a BTreeSet<String>,
    pub now: Timestamp,
}

/// What became of it. Every agreed version is in one of these, unless the run stopped before it.
#[derive(Debug, Default, PartialEq)]
pub struct Pruned {
    pub deleted: BTreeSet<i64>,
    /// They do not exist any more, and not by this run's doing, as far as it knows.
    pub gone: BTreeSet<i64>,
    /// version → what EC2 said
    pub refused: BTreeMap<i64, String>,
    /// version → why it stays after all
    pub kept: BTreeMap<i64, Vec<Reason>>,
}

/// Why the rest was left alone.
#[derive(Debug, PartialEq)]
pub enum Stop {
    /// Who uses what can no longer be read whole.
    Unknown(CloudError),
    Cloud(CloudError),
}

/// Deletes in batches of as many as EC2 takes: in rounds of one batch a template, with another look before each
/// round. What became of each order is at its place; and why the rest was left alone, if it was.
pub async fn prune(
    cloud: &dyn Cloud,
    orders: &[Order<'_>],
    terms: &Terms<'_>,
) -> (Vec<Pruned>, Option<Stop>) {
    let mut pruned: Vec<Pruned> = orders.iter().map(|_| Pruned::default()).collect();
    let batches = orders
        .iter()
        .map(|order| order.agreed.len().div_ceil(MOST_AT_ONCE));
    for round in 0..batches.max().unwrap_or(0) {
        if let Err(stop) = one_round(cloud, orders, terms, round, &mut pruned).await {
            return (pruned, Some(stop));
        }
    }
    (pruned, None)
}

async fn one_round(
    cloud: &dyn Cloud,
    orders: &[Order<'_>],
    terms: &Terms<'_>,
    round: usize,
    pruned: &mut [Pruned],
) -> Result<(), Stop> {
    let batch = |order: &Order<'_>| -> Vec<i64> {
        let agreed = order.agreed.iter().skip(round * MOST_AT_ONCE);
        agreed.take(MOST_AT_ONCE).copied().collect()
    };
    let at_work = orders.iter().filter(|order| !batch(order).is_empty());
    let templates: BTreeSet<String> = at_work.map(|order| order.template.id.clone()).collect();
    let survey = look(cloud, &templates, terms).await?;
    for (order, pruned) in orders.iter().zip(pruned) {
        let batch = batch(order);
        if !batch.is_empty() {
            delete(cloud, order, terms, &survey, &batch, pruned).await?;
        }
    }
    Ok(())
}

/// Everybody who may use the templates, as of now.
async fn look(
    cloud: &dyn Cloud,
    templates: &BTreeSet<String>,
    terms: &Terms<'_>,
) -> Result<Survey, Stop> {
    let wanted = Wanted {
        templates,
        updates: true,
        clusters: terms.clusters,
    };
    let surveyed = survey(cloud, &wanted).await.map_err(Stop::Cloud)?;
    match surveyed.denied.into_iter().next() {
        Some(denied) => Err(Stop::Unknown(denied)),
        None => Ok(surveyed.survey),
    }
}

async fn delete(
    cloud: &dyn Cloud,
    order: &Order<'_>,
    terms: &Terms<'_>,
    survey: &Survey,
    batch: &[i64],
    pruned: &mut Pruned,
) -> Result<(), Stop> {
    let verdicts = verdicts(cloud, order, terms, survey).await?;
    let mut going = Vec::new();
    for number in batch {
        match verdicts.iter().find(|verdict| verdict.version == *number) {
            Some(verdict) if verdict.may_go() => going.push(*number),
            Some(verdict) => {
                pruned.kept.insert(*number, verdict.reasons.clone());
            }
            None => {
                pruned.gone.insert(*number);
            }
        }
    }
    if going.is_empty() {
        return Ok(());
    }
    let id = &order.template.id;
    let told = cloud.delete_launch_template_versions(id, &going).await;
    let told = told.map_err(Stop::Cloud)?;
    pruned.deleted.extend(told.deleted);
    pruned.gone.extend(told.gone);
    pruned.refused.extend(told.refused);
    Ok(())
}

/// Judges the template as it is now; no verdicts if it is gone. It is read after its users, so that `$Latest` and
/// `$Default` are resolved by what they mean last.
async fn verdicts(
    cloud: &dyn Cloud,
    order: &Order<'_>,
    terms: &Terms<'_>,
    survey: &Survey,
) -> Result<Vec<Verdict>, Stop> {
    let template = cloud.launch_template_by_id(&order.template.id).await;
    let Some(template) = template.map_err(Stop::Cloud)? else {
        return Ok(Vec::new());
    };
    let uses = Uses::of(&template, survey);
    Ok(judge(
        &template,
        &uses,
        order.wishes,
        terms.policy,
        terms.now,
    ))
}
