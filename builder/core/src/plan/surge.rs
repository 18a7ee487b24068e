//! What a rolling update will do to a group's size, and about how long it takes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::observed::{Observed, ObservedGroup, Subnet};
use crate::site::Site;
use crate::spec::{MaxUnavailable, UpdateSettings, UpdateStrategy};

/// The shape of a roll, told before it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollForecast {
    /// nodes to replace: the group's desired size when the plan was made
    pub nodes: i32,
    /// zones that the group's subnets are in
    pub zones: i32,
    /// nodes replaced at a time
    pub at_a_time: i32,
    /// nodes above the desired size while the roll goes on, at the most
    pub surge: i32,
    pub strategy: UpdateStrategy,
    /// minutes; an estimate of ours, AWS gives none
    pub minutes_low: i32,
    pub minutes_high: i32,
    /// free addresses in the group's subnets, if they could be read
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_addresses: Option<i32>,
}

/// Minutes that launching, joining and the set-up phase take: the low and the high case.
const START_MINUTES: (i32, i32) = (5, 20);
/// Minutes for draining, the 60 s pause and termination of one batch. EKS gives a drain 15 minutes
/// before it fails; users report about 5 minutes a node without trouble (aws-quickstart #377).
const BATCH_MINUTES: (i32, i32) = (3, 16);
/// Minutes to take one surge node away again.
const SCALE_DOWN_MINUTES: (i32, i32) = (1, 1);

/// Forecasts a roll of `group` under `settings`.
///
/// The surge is EKS's documented rule for the DEFAULT strategy: the larger of twice the number of zones
/// and max unavailable, "up to". MINIMAL never exceeds the desired size.
pub fn forecast(
    group: &ObservedGroup,
    settings: &UpdateSettings,
    site: &Site,
    observed: &Observed,
) -> RollForecast {
    let nodes = group.scaling.map_or(0, |scaling| scaling.desired);
    let known: Vec<&Subnet> = group
        .subnets
        .iter()
        .filter_map(|id| observed.subnet(site, id))
        .collect();
    let zones = known
        .iter()
        .map(|subnet| subnet.zone.as_str())
        .collect::<BTreeSet<_>>()
        .len();
    // Without the subnets' zones, one zone a subnet is the most there can be.
    let zones = if known.is_empty() {
        group.subnets.len()
    } else {
        zones
    } as i32;
    let at_a_time = at_a_time(settings.max_unavailable, nodes);
    let surge = match settings.strategy {
        _ if nodes == 0 => 0,
        UpdateStrategy::Default => (2 * zones).max(at_a_time),
        UpdateStrategy::Minimal => 0,
    };
    let batches = if nodes == 0 {
        0
    } else {
        (nodes + at_a_time - 1) / at_a_time
    };
    let minutes = |start: i32, batch: i32, down: i32| match nodes {
        0 => 1,
        _ => start + batches * batch + surge * down,
    };
    RollForecast {
        nodes,
        zones,
        at_a_time,
        surge,
        strategy: settings.strategy,
        minutes_low: minutes(START_MINUTES.0, BATCH_MINUTES.0, SCALE_DOWN_MINUTES.0),
        minutes_high: minutes(START_MINUTES.1, BATCH_MINUTES.1, SCALE_DOWN_MINUTES.1),
        free_addresses: (!known.is_empty())
            .then(|| known.iter().map(|subnet| subnet.free_addresses).sum()),
    }
}

/// Nodes at a time. How EKS rounds a percentage is not documented; down, and at least one, is the
/// cautious reading.
fn at_a_time(max: MaxUnavailable, nodes: i32) -> i32 {
    match max {
        MaxUnavailable::Count(count) => count.max(1),
        MaxUnavailable::Percentage(percent) => (nodes.saturating_mul(percent) / 100).clamp(1, 100),
    }
}
