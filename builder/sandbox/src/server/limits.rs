//! Request rates, as AWS limits them: a token bucket for each account, region and group of operations.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use super::faults::{Target, TargetError};
use crate::Service;

/// At most so many calls a second. The bucket holds as many as come in a second.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    pub service: Service,
    pub operation: String,
    pub per_second: u32,
}

/// Why a text such as `ssm:GetParameters=40` is no limit.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    #[error("expected SERVICE:OPERATION=RATE, such as ssm:GetParameters=40")]
    Form,
    #[error("the rate is a whole number of calls a second, 1 or more, not {0:?}")]
    Rate(String),
    // transparent, because clap prints an error and not what it came from
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let (target, rate) = text.split_once('=').ok_or(LimitError::Form)?;
        let per_second = rate.parse().ok().filter(|rate| *rate > 0);
        let Target { service, operation } = target.parse()?;
        Ok(Self {
            service,
            operation,
            per_second: per_second.ok_or_else(|| LimitError::Rate(rate.to_owned()))?,
        })
    }
}

/// The operations whose calls are counted together: Parameter Store's reads share one quota (Systems
/// Manager endpoints and quotas, "Max throughput"); EC2 and the others count each operation for itself.
fn group(service: Service, operation: &str) -> &str {
    match (service, operation) {
        (Service::Ssm, "GetParameter" | "GetParameters" | "GetParametersByPath") => "GetParameter*",
        _ => operation,
    }
}

/// (limit, account, region)
type Key = (usize, String, String);

#[derive(Default)]
pub struct Limits {
    limits: Vec<Limit>,
    buckets: BTreeMap<Key, Bucket>,
}

struct Bucket {
    /// calls that may come at once
    tokens: f64,
    /// when that was so
    at: Duration,
}

impl Limits {
    pub fn new(limits: Vec<Limit>) -> Self {
        Self {
            limits,
            buckets: BTreeMap::new(),
        }
    }

    /// Takes a token for a call at a time; false if a bucket is empty. A refused call takes none.
    pub fn take(
        &mut self,
        service: Service,
        operation: &str,
        (account, region): (&str, &str),
        now: Duration,
    ) -> bool {
        let counted = |limit: &Limit| {
            limit.service == service
                && group(service, &limit.operation) == group(service, operation)
        };
        let mut keys = Vec::new();
        for (i, limit) in self.limits.iter().enumerate().filter(|(_, it)| counted(it)) {
            let rate = f64::from(limit.per_second);
            let key = (i, account.to_owned(), region.to_owned());
            let bucket = self.buckets.entry(key.clone()).or_insert(Bucket {
                tokens: rate,
                at: now,
            });
            let passed = now.saturating_sub(bucket.at).as_secs_f64();
            bucket.tokens = (bucket.tokens + passed * rate).min(rate);
            bucket.at = bucket.at.max(now);
            keys.push(key);
        }
        let has_room = |key: &Key| self.buckets.get(key).is_some_and(|it| it.tokens >= 1.0);
        if !keys.iter().all(has_room) {
            return false;
        }
        for key in &keys {
            if let Some(bucket) = self.buckets.get_mut(key) {
                bucket.tokens -= 1.0;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_from_the_command_line() {
        let parsed: Limit = "ssm:GetParameters=40".parse().expect("a limit");
        let expected = Limit {
            service: Service::Ssm,
            operation: "GetParameters".to_owned(),
            per_second: 40,
        };
        assert_eq!(parsed, expected);
        for (text, expected) in [
            ("ssm:GetParameters", "expected SERVICE:OPERATION=RATE"),
            ("ssm:GetParameters=0", "not \"0\""),
            ("ssm:GetParameters=1.5", "not \"1.5\""),
            ("ssm:GetParameters=-1", "not \"-1\""),
            ("GetParameters=4", "expected SERVICE:OPERATION"),
            ("s3:GetObject=4", "no service s3"),
            ("ssm:GetParams=4", "no operation GetParams"),
        ] {
            let error = text.parse::<Limit>().expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_bucket_empties_and_fills_for_its_account_region_and_group() {
        const HERE: (&str, &str) = ("1", "us-east-1");
        /// (service, operation, account and region, milliseconds, whether it passes)
        type Row = (
            Service,
            &'static str,
            (&'static str, &'static str),
            u64,
            bool,
        );
        let limit = "ssm:GetParameters=2".parse().expect("a limit");
        let mut limits = Limits::new(vec![limit]);
        let rows: [Row; 13] = [
            (Service::Ssm, "GetParameters", HERE, 0, true),
            (Service::Ssm, "GetParameter", HERE, 0, true),
            (Service::Ssm, "GetParametersByPath", HERE, 0, false),
            // of another group, account, region or service
            (Service::Ssm, "PutParameter", HERE, 0, true),
            (Service::Ssm, "GetParameter", ("2", "us-east-1"), 0, true),
            (Service::Ssm, "GetParameter", ("1", "eu-west-1"), 0, true),
            (Service::Ec2, "DescribeImages", HERE, 0, true),
            // half a second is one token, and what is refused takes none
            (Service::Ssm, "GetParameter", HERE, 499, false),
            (Service::Ssm, "GetParameter", HERE, 500, true),
            (Service::Ssm, "GetParameter", HERE, 500, false),
            // never more than a second's worth
            (Service::Ssm, "GetParameter", HERE, 60_000, true),
            (Service::Ssm, "GetParameter", HERE, 60_000, true),
            (Service::Ssm, "GetParameter", HERE, 60_000, false),
        ];
        for (i, (service, operation, place, at, expected)) in rows.into_iter().enumerate() {
            let taken = limits.take(service, operation, place, Duration::from_millis(at));
            assert_eq!(taken, expected, "row {i}");
        }
    }

    #[test]
    fn of_two_limits_the_lower_one_counts() {
        let parse = |text: &str| text.parse().expect("a limit");
        let mut limits = Limits::new(vec![
            parse("ec2:DescribeImages=5"),
            parse("ec2:DescribeImages=1"),
        ]);
        let mut take = |ms| {
            let here = ("1", "us-east-1");
            limits.take(
                Service::Ec2,
                "DescribeImages",
                here,
                Duration::from_millis(ms),
            )
        };
        assert_eq!(
            [0, 0, 1000, 1000].map(&mut take),
            [true, false, true, false]
        );
    }
}
