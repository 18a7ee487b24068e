//! What a rolling update will do to a group's size, and about how long it takes.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::observed::{Observed, ObservedGroup, Subnet};
use crate::site::Site;
use crate::spec::{MaxUnavailable, UpdateSettings, UpdateStrategy};

/// The shape of a roll, told before it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// What the two are the sum of.
    pub estimate: Estimate,
    /// free addresses in the group's subnets, if they could be read
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_addresses: Option<i32>,
    /// The group's subnets, as far as they could be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<SubnetForecast>,
}

/// The time that a roll may take: `joins × join + batches × (drain + pause + terminate) + surplus × scaleDown`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Estimate {
    /// For nodes to be launched and to join.
    pub join: Minutes,
    /// How often that is waited for: once, or with the strategy MINIMAL for every batch.
    pub joins: i32,
    pub batches: i32,
    /// For a batch's pods to be evicted.
    pub drain: Minutes,
    /// minutes that EKS waits after a drain
    pub pause: i32,
    pub terminate: Minutes,
    /// Nodes that are taken away one by one at the end.
    pub surplus: i32,
    pub scale_down: Minutes,
}

/// The low and the high case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Minutes {
    pub low: i32,
    pub high: i32,
}

/// What may be needed of a subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubnetForecast {
    pub id: String,
    pub zone: String,
    pub free_addresses: i32,
    /// nodes that may start here besides those that run, at the most: an even share of its zone. Each takes one
    /// address; what its pods take is not known.
    pub may_take: i32,
}

const fn minutes(low: i32, high: i32) -> Minutes {
    Minutes { low, high }
}

/// Launching, joining and the set-up phase. EKS gives a node 15 minutes to join.
const JOIN: Minutes = minutes(5, 20);
/// EKS gives the drain of a batch 15 minutes before it fails; users report about 5 minutes a node without trouble
/// (aws-quickstart #377).
const DRAIN: Minutes = minutes(1, 15);
/// The 60 s between a drain and the termination.
const PAUSE: i32 = 1;
const TERMINATE: Minutes = minutes(1, 1);
/// To take one surge node away again.
const SCALE_DOWN: Minutes = minutes(1, 1);

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.low == self.high {
            true => write!(f, "{}", self.low),
            false => write!(f, "{}–{}", self.low, self.high),
        }
    }
}

impl fmt::Display for Estimate {
    /// The formula with its numbers: `join 5–20 + 2 × (drain 1–15 + pause 1 + terminate 1) + 6 × scale-down 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let once = self.joins == 1;
        if once {
            write!(f, "join {} + ", self.join)?;
        }
        let batch = format!(
            "drain {} + pause {} + terminate {}",
            self.drain, self.pause, self.terminate
        );
        match once {
            true => write!(f, "{} × ({batch})", self.batches)?,
            false => write!(f, "{} × ({batch} + join {})", self.batches, self.join)?,
        }
        match self.surplus {
            0 => Ok(()),
            surplus => write!(f, " + {surplus} × scale-down {}", self.scale_down),
        }
    }
}

impl Estimate {
    fn new(nodes: i32, at_a_time: i32, surge: i32, strategy: UpdateStrategy) -> Self {
        let batches = (nodes + at_a_time - 1) / at_a_time.max(1);
        Self {
            join: JOIN,
            // With MINIMAL the old nodes go first, so a batch's new ones are waited for before the next. This
            // follows from what the strategy promises; EKS does not spell it out.
            joins: match strategy {
                UpdateStrategy::Default => 1,
                UpdateStrategy::Minimal => batches,
            },
            batches,
            drain: DRAIN,
            pause: PAUSE,
            terminate: TERMINATE,
            surplus: surge,
            scale_down: SCALE_DOWN,
        }
    }

    fn sum(&self, pick: impl Fn(Minutes) -> i32) -> i32 {
        let batch = pick(self.drain) + self.pause + pick(self.terminate);
        self.joins * pick(self.join) + self.batches * batch + self.surplus * pick(self.scale_down)
    }
}

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
    let known = known(&group.subnets, site, observed);
    let zones = zones(&known);
    // Without the subnets' zones, one zone a subnet is the most there can be.
    let zones = if known.is_empty() {
        group.subnets.len() as i32
    } else {
        zones
    };
    let at_a_time = at_a_time(settings.max_unavailable, nodes);
    let surge = match settings.strategy {
        _ if nodes == 0 => 0,
        UpdateStrategy::Default => (2 * zones).max(at_a_time),
        UpdateStrategy::Minimal => 0,
    };
    let estimate = Estimate::new(nodes, at_a_time, surge, settings.strategy);
    let minutes = |pick: fn(Minutes) -> i32| match nodes {
        0 => 1,
        _ => estimate.sum(pick),
    };
    RollForecast {
        nodes,
        zones,
        at_a_time,
        surge,
        strategy: settings.strategy,
        minutes_low: minutes(|minutes| minutes.low),
        minutes_high: minutes(|minutes| minutes.high),
        free_addresses: (!known.is_empty())
            .then(|| known.iter().map(|subnet| subnet.free_addresses).sum()),
        subnets: shares(&known, surge),
        estimate,
    }
}

fn known<'a>(ids: &[String], site: &Site, observed: &'a Observed) -> Vec<&'a Subnet> {
    let known = ids.iter().filter_map(|id| observed.subnet(site, id));
    known.collect()
}

fn zones(subnets: &[&Subnet]) -> i32 {
    let zones: BTreeSet<&str> = subnets.iter().map(|subnet| subnet.zone.as_str()).collect();
    zones.len() as i32
}

/// What `nodes` more may take of each subnet: Auto Scaling spreads over zones evenly, and within a zone any of
/// its subnets may be the one.
pub(super) fn shares(subnets: &[&Subnet], nodes: i32) -> Vec<SubnetForecast> {
    let zones = zones(subnets).max(1);
    let share = |subnet: &&Subnet| SubnetForecast {
        id: subnet.id.clone(),
        zone: subnet.zone.clone(),
        free_addresses: subnet.free_addresses,
        may_take: (nodes + zones - 1) / zones,
    };
    let mut shares: Vec<SubnetForecast> = subnets.iter().map(share).collect();
    shares.sort_by(|a, b| (&a.zone, &a.id).cmp(&(&b.zone, &b.id)));
    shares
}

/// The same for a group that is created with `nodes`.
pub(super) fn shares_of(
    ids: &[String],
    nodes: i32,
    site: &Site,
    observed: &Observed,
) -> Vec<SubnetForecast> {
    shares(&known(ids, site, observed), nodes)
}

/// The subnets that have fewer addresses than may be needed, as `subnet-a (us-east-1a) has 1 free, and up to 2
/// nodes start there`.
pub(super) fn short(subnets: &[SubnetForecast]) -> Option<String> {
    let short = subnets
        .iter()
        .filter(|subnet| subnet.free_addresses < subnet.may_take);
    let told: Vec<String> = short
        .map(|subnet| {
            let (nodes, start) = match subnet.may_take {
                1 => ("node", "starts"),
                _ => ("nodes", "start"),
            };
            format!(
                "{} ({}) has {} free, and up to {} {nodes} {start} there",
                subnet.id, subnet.zone, subnet.free_addresses, subnet.may_take
            )
        })
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// Nodes at a time. How EKS rounds a percentage is not documented; down, and at least one, is the
/// cautious reading.
fn at_a_time(max: MaxUnavailable, nodes: i32) -> i32 {
    match max {
        MaxUnavailable::Count(count) => count.max(1),
        MaxUnavailable::Percentage(percent) => (nodes.saturating_mul(percent) / 100).clamp(1, 100),
    }
}
