//! Reserved capacity and Elastic Fabric Adapters: what eksctl writes into its launch templates for them.

use serde_json::{Value, json};

use super::instances::network_cards;
use super::mapping::{Mapping, node_group, template};
use crate::import::Fate;
use crate::spec::{CapacityType, rules};

const PREFERENCE: &str = "capacityReservation.capacityReservationPreference";
const RESERVATION: &str = "capacityReservation.capacityReservationTarget.capacityReservationID";
const GROUP: &str =
    "capacityReservation.capacityReservationTarget.capacityReservationResourceGroupARN";
const MARKET: &str = "instanceMarketOptions.marketType";
const BLOCK: &str = "capacity-block";

impl Mapping<'_> {
    /// After the instance types, and before the security groups.
    pub fn reserved(&mut self) {
        self.reservation();
        self.market();
        self.efa();
    }

    fn reservation(&mut self) {
        let mut whole = serde_json::Map::new();
        let mut target = serde_json::Map::new();
        if let Some(preference) = self.group.text(PREFERENCE).map(str::to_owned) {
            if ["open", "none", "capacity-reservations-only"].contains(&preference.as_str()) {
                whole.insert(
                    "CapacityReservationPreference".to_owned(),
                    json!(preference),
                );
                self.goes_to(
                    PREFERENCE,
                    "CapacityReservationSpecification.CapacityReservationPreference",
                );
            } else {
                self.by_hand(
                    PREFERENCE,
                    "EC2 knows `open`, `none` and `capacity-reservations-only`",
                );
            }
        }
        if let Some(id) = self.group.text(RESERVATION).map(str::to_owned) {
            if rules::resource_id("cr-", &id).is_ok() {
                target.insert("CapacityReservationId".to_owned(), json!(id));
                self.goes_to(RESERVATION, &targeted("CapacityReservationId"));
            } else {
                self.by_hand(RESERVATION, "this is not the id of a Capacity Reservation");
            }
        }
        if let Some(arn) = self.group.text(GROUP).map(str::to_owned) {
            if arn.starts_with("arn:aws") && arn.splitn(6, ':').count() == 6 {
                target.insert("CapacityReservationResourceGroupArn".to_owned(), json!(arn));
                self.goes_to(GROUP, &targeted("CapacityReservationResourceGroupArn"));
            } else {
                self.by_hand(GROUP, "this is not the ARN of a resource group");
            }
        }
        if !target.is_empty() {
            whole.insert(
                "CapacityReservationTarget".to_owned(),
                Value::Object(target),
            );
        }
        if !whole.is_empty() {
            let data = &mut self.template.data;
            data.insert("CapacityReservationSpecification", Value::Object(whole));
        }
    }

    /// EKS takes a Capacity Block with one instance type and the block's id, both in the launch template.
    fn market(&mut self) {
        let Some(market) = self.group.text(MARKET).map(str::to_owned) else {
            return;
        };
        if market != BLOCK {
            let what =
                "managed node groups take `capacity-block` here, and spot by `capacityType: SPOT`";
            return self.by_hand_group(MARKET, "capacityType", what);
        }
        let reservation = self.template.data.get("CapacityReservationSpecification");
        let reserved = reservation.is_some_and(|it| {
            it.pointer("/CapacityReservationTarget/CapacityReservationId")
                .is_some()
        });
        let free = self.node_group.capacity_type == CapacityType::OnDemand;
        if !reserved || !free || self.template.instance_type.is_none() {
            let what = "`capacityType: CAPACITY_BLOCK` needs one `instanceType` in the launch template, and in its \
                        `launchTemplateData` the market type `capacity-block` and the block's `CapacityReservationId`: \
                        they are not all in this file";
            return self.by_hand_group(MARKET, "capacityType", what);
        }
        let data = &mut self.template.data;
        data.insert("InstanceMarketOptions", json!({"MarketType": BLOCK}));
        self.node_group.capacity_type = CapacityType::CapacityBlock;
        let to = [
            template("launchTemplateData.InstanceMarketOptions.MarketType"),
            node_group("capacityType"),
        ];
        self.mapped(MARKET, to);
    }

    /// eksctl asks EC2 how many network cards the types have, and gives each card an adapter. It also makes a
    /// security group and a placement group, which are not nodemint's to make.
    fn efa(&mut self) {
        match self.group.flag("efaEnabled") {
            Some(true) => {}
            Some(false) => return self.left_out("efaEnabled", "there is none without asking"),
            None => return,
        }
        let types = self.instance_types();
        let known = types.iter().filter_map(|name| network_cards(name));
        let cards = match known.clone().count() == types.len() {
            true => known.min(),
            false => None,
        };
        let interfaces = (0..cards.unwrap_or(1)).map(|card| {
            let device = if card == 0 { 0 } else { 1 };
            json!({"DeviceIndex": device, "InterfaceType": "efa", "NetworkCardIndex": card})
        });
        let data = &mut self.template.data;
        data.insert("NetworkInterfaces", interfaces.collect());
        self.goes_to("efaEnabled", "NetworkInterfaces");
        let mut todo = "eksctl made a security group for EFA: put one that lets all traffic to and from itself through, and \
                        the cluster's own, into the interfaces' `Groups`"
            .to_owned();
        if !self.group.has("placement.groupName") {
            todo += "; it also made a placement group: make one, and name it in `Placement: {GroupName: …}`";
        }
        if cards.is_none() {
            todo += "; give each network card of the instance type an interface (`aws ec2 describe-instance-types` tells how \
                     many it has)";
        }
        self.comment_template("launchTemplateData", &todo);
        self.also("efaEnabled", None, Fate::ToDo { what: todo });
    }

    fn goes_to(&mut self, field: &str, path: &str) {
        self.mapped(field, [template(&format!("launchTemplateData.{path}"))]);
    }
}

fn targeted(field: &str) -> String {
    format!("CapacityReservationSpecification.CapacityReservationTarget.{field}")
}
